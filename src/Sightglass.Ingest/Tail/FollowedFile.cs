using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tail;

/// <summary>One open file that is read as it grows. Used by one thread.</summary>
internal sealed class FollowedFile : IDisposable
{
    private const int ReadBytes = 256 << 10;
    private const int MaxLinesPerBatch = 2_000;
    private static readonly byte[] CutMark = " … (cut)"u8.ToArray();

    private readonly SafeFileHandle _handle;
    private readonly TailConfiguration _configuration;
    private readonly LabelSet _labels;
    private readonly IngestLimits _limits;
    private readonly LineParser _parser;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private DateTimeOffset _lastGrowth;

    public FollowedFile(string path, SafeFileHandle handle, FileIdentity identity, long offset, TailConfiguration configuration, IngestLimits limits, DateTimeOffset now, LineParser parser)
    {
        Path = path;
        Identity = identity;
        Offset = offset;
        _handle = handle;
        _configuration = configuration;
        _limits = limits;
        _parser = parser;
        Mark = FileMark.Of(handle, offset);
        _lastGrowth = now;
        var labels = new LabelSetBuilder(configuration.Labels);
        if (labels.Get("job").Length == 0)
        {
            labels.Set("job", configuration.Name);
        }

        _labels = labels.Set("filename", path).Build();
    }

    /// <summary>The path under which it was found; a rename does not change it.</summary>
    public string Path { get; }

    public FileIdentity Identity { get; }

    /// <summary>The first byte that is not stored yet; always the start of a line.</summary>
    public long Offset { get; private set; }

    /// <summary>What stands right before <see cref="Offset"/>, by which a file is known that was truncated and grew again since.</summary>
    public ulong Mark { get; private set; }

    public TailConfiguration Configuration => _configuration;

    public long Lines { get; private set; }

    public long Bytes { get; private set; }

    public long Unparsed => _parser.Unparsed;

    public DateTimeOffset? LastLine { get; private set; }

    /// <summary>When nothing was read any more.</summary>
    public DateTimeOffset LastGrowth => _lastGrowth;

    /// <summary>Stores what is new. <paramref name="takePartial"/> also takes a last line without a line break.</summary>
    /// <returns>True when something was stored.</returns>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing was stored; the same lines are read again next time.</exception>
    public bool Read(IBatchSink sink, DateTimeOffset now, bool takePartial)
    {
        var length = RandomAccess.GetLength(_handle);
        if (length < Offset || (length > Offset && FileMark.Of(_handle, Offset) != Mark))
        {
            // Truncated in place (copytruncate), perhaps grown beyond the old end already: what is there now is new.
            Offset = 0;
        }

        var any = false;
        while (Offset < length)
        {
            var read = RandomAccess.Read(_handle, _buffer, Offset);
            if (read == 0)
            {
                break;
            }

            var taken = Store(_buffer.AsSpan(0, read), sink, now, takePartial && Offset + read >= length);
            if (taken == 0)
            {
                if (read < _buffer.Length || _buffer.Length >= _limits.MaxLogLineBytes * 2)
                {
                    if (_buffer.Length < _limits.MaxLogLineBytes * 2 || read < _limits.MaxLogLineBytes)
                    {
                        break;
                    }

                    taken = SkipLongLine(sink, now);
                }
                else
                {
                    ArrayPool<byte>.Shared.Return(_buffer);
                    _buffer = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                    continue;
                }
            }

            any = true;
            _lastGrowth = now;
            Offset += taken;
            Mark = FileMark.Of(_handle, Offset);
        }

        return any;
    }

    public void Dispose()
    {
        _handle.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private int Store(ReadOnlySpan<byte> bytes, IBatchSink sink, DateTimeOffset now, bool takePartial)
    {
        using var batch = LogBatch.Rent();
        var resource = AddResource(batch);
        var taken = 0;
        while (taken < bytes.Length && batch.Count < MaxLinesPerBatch)
        {
            var rest = bytes[taken..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0 && !takePartial)
            {
                break;
            }

            var line = end < 0 ? rest : rest[..end];
            taken += end < 0 ? rest.Length : end + 1;
            Add(batch, resource, line, now);
        }

        if (batch.Count > 0)
        {
            sink.Append(batch);
            Lines += batch.Count;
            LastLine = now;
        }

        Bytes += taken;
        return taken;
    }

    // A line longer than the limit: its beginning is kept with a mark, the rest is passed over.
    private int SkipLongLine(IBatchSink sink, DateTimeOffset now)
    {
        using var batch = LogBatch.Rent();
        Add(batch, AddResource(batch), _buffer.AsSpan(0, _limits.MaxLogLineBytes + 1), now);
        sink.Append(batch);
        Lines++;
        LastLine = now;
        var at = Offset;
        while (true)
        {
            var read = RandomAccess.Read(_handle, _buffer, at);
            var end = _buffer.AsSpan(0, read).IndexOf((byte)'\n');
            if (end >= 0 || read == 0)
            {
                var skipped = (int)Math.Min(at + (end >= 0 ? end + 1 : 0) - Offset, int.MaxValue);
                Bytes += skipped;
                return skipped;
            }

            at += read;
        }
    }

    private void Add(LogBatch batch, int resource, ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        if (line.Length > 0 && line[^1] == '\r')
        {
            line = line[..^1];
        }

        if (line.Length == 0)
        {
            return;
        }

        if (line.Length > _limits.MaxLogLineBytes)
        {
            line = (byte[])[.. line[..(_limits.MaxLogLineBytes - CutMark.Length)], .. CutMark];
        }

        // Invalid UTF-8 becomes replacement characters: stored text is always valid.
        _parser.Add(batch, resource, System.Text.Unicode.Utf8.IsValid(line) ? line : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line)), now);
    }

    private int AddResource(LogBatch batch)
    {
        foreach (var label in _labels.Span)
        {
            batch.AddAttribute(Encoding.UTF8.GetBytes(label.Name), AttributeType.String, Encoding.UTF8.GetBytes(label.Value));
        }

        return batch.EndResource(ResourceKind.Labels);
    }
}
