using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Syslog;

/// <summary>
/// The two framings of RFC 6587, told apart message by message: a count of bytes, a space and a message that begins with its priority or is compressed; or messages that end
/// with a line feed (or with the zero byte that some senders write).
/// </summary>
internal sealed class SyslogFraming : IFraming
{
    /// <summary>Digits of a count: a longer one is over every limit.</summary>
    private const int MaxCountDigits = 10;

    /// <summary>There is no state.</summary>
    public static SyslogFraming Instance { get; } = new();

    public byte Delimiter => (byte)'\n';

    public Frame Next(ReadOnlySpan<byte> buffer, bool ended, int maxBytes)
    {
        if (buffer[0] is >= (byte)'1' and <= (byte)'9')
        {
            var digits = 1;
            while (digits < buffer.Length && digits <= MaxCountDigits && buffer[digits] is >= (byte)'0' and <= (byte)'9')
            {
                digits++;
            }

            if (digits + 1 >= buffer.Length && digits <= MaxCountDigits && (digits == buffer.Length || buffer[digits] == ' ') && !ended)
            {
                return default;
            }

            if (digits <= MaxCountDigits && digits + 1 < buffer.Length && buffer[digits] == ' ' && buffer[digits + 1] == 'z' && digits + 4 >= buffer.Length && !ended)
            {
                return default;
            }

            if (digits <= MaxCountDigits && digits + 1 < buffer.Length && buffer[digits] == ' ' && (buffer[digits + 1] == '<' || SyslogInflater.IsCompressed(buffer[(digits + 1)..])))
            {
                return Counted(buffer, digits, ended, maxBytes);
            }
        }

        var end = buffer.IndexOfAny((byte)'\n', (byte)0);
        if (end < 0)
        {
            return ended ? new Frame(0, buffer.Length, buffer.Length) : default;
        }

        return new Frame(0, end, end + 1);
    }

    private static Frame Counted(ReadOnlySpan<byte> buffer, int digits, bool ended, int maxBytes)
    {
        long count = 0;
        foreach (var digit in buffer[..digits])
        {
            count = (count * 10) + digit - '0';
        }

        if (count > maxBytes)
        {
            return new Frame(0, 0, 0, digits + 1 + count);
        }

        var whole = digits + 1 + (int)count;
        return whole <= buffer.Length ? new Frame(digits + 1, (int)count, whole)
            : ended ? new Frame(digits + 1, buffer.Length - digits - 1, buffer.Length)
            : default;
    }
}
