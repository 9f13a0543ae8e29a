using System.IO.Compression;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Bodies;

namespace Sightglass.Ingest.Syslog;

/// <summary>Messages that rsyslog sends compressed one by one: a <c>z</c> and a zlib stream, in a datagram or behind a count. Not thread-safe.</summary>
internal sealed class SyslogInflater(IngestLimits limits) : IDisposable
{
    private readonly ByteWriter _text = new(1024);

    /// <summary>Whether a message begins as compressed ones do; text does not.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> message) =>
        message.Length > 3 && message[0] == 'z' && message[1] == 0x78 && ((message[1] << 8) | message[2]) % 31 == 0;

    /// <summary>The text of a compressed message, until the next call; false with the reason where it has none or is longer than a line may be.</summary>
    public bool TryInflate(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> text, out string wrong)
    {
        text = default;
        wrong = string.Empty;
        _text.Clear();
        try
        {
            using var memory = new ReadOnlyMemoryStream(message[1..].ToArray());
            using var stream = new ZLibStream(memory, CompressionMode.Decompress);
            while (stream.Read(_text.GetSpan(1024)) is > 0 and var read)
            {
                _text.Advance(read);
                if (_text.Length > limits.MaxLogLineBytes)
                {
                    wrong = $"more than {limits.MaxLogLineBytes} bytes when decompressed, limit {nameof(IngestLimits.MaxLogLineBytes)}";
                    return false;
                }
            }
        }
        // An IOException is zlib's own: a preset dictionary, which nobody has.
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            wrong = "it does not decompress";
            return false;
        }

        text = _text.Written;
        return true;
    }

    public void Dispose() => _text.Dispose();
}
