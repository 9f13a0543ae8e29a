using System.Buffers;
using System.Text;
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

    // A long backlog of one file does not keep the others waiting.
    private const int MaxBatchesPerTurn = 16;
    private static readonly byte[] CutMark = " … (cut)"u8.ToArray();

    private readonly TailContent _content;
    private readonly KnownFiles _known;
    private readonly LabelSet _labels;
    private readonly IngestLimits _limits;
    private readonly LineParser _parser;
    private readonly RecordCutter _cutter;
    private readonly IngestSource _source;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private DateTimeOffset _lastWrite;
    private long _lastLength = -1;
    private long _checkedLength = -1;

    public FollowedFile(TailContent content, FileIdentity identity, TailPosition position, TailConfiguration configuration, KnownFiles known, IngestSource source, IngestLimits limits, DateTimeOffset now, LineParser parser)
    {
        Identity = identity;
        Position = position;
        Configuration = configuration;
        LastGrowth = content.LastWrite < now ? content.LastWrite : now;
        _content = content;
        _known = known;
        _limits = limits;
        _parser = parser;
        _source = source;
        _cutter = new RecordCutter(parser.Wrapper, configuration.MultiLine, limits.MaxLogLineBytes);
        var labels = new LabelSetBuilder(configuration.Labels);
        if (labels.Get("job").Length == 0)
        {
            labels.Set("job", configuration.Name);
        }

        _labels = labels.Set("filename", position.Path).Build();
    }

    /// <summary>The path under which it was found; a rename does not change it.</summary>
    public string Path => Position.Path;

    public FileIdentity Identity { get; }

    /// <summary>How far the lines are stored; always at the start of a record.</summary>
    public TailPosition Position { get; private set; }

    public TailConfiguration Configuration { get; }

    public TailContent Content => _content;

    public long Lines { get; private set; }

    public long Bytes { get; private set; }

    public long Unparsed => _parser.Unparsed;

    public DateTimeOffset? LastLine { get; private set; }

    /// <summary>When the file was seen to grow last.</summary>
    public DateTimeOffset LastGrowth { get; private set; }

    /// <summary>Stores what is new, at most one turn of it; a last record that may not be whole when the file stands still.</summary>
    /// <returns>True when something was stored, or taken note of.</returns>
    /// <exception cref="Core.Errors.StorageFailedException">What was not stored is read again next time.</exception>
    public bool Read(IBatchSink sink, DateTimeOffset now, out bool more)
    {
        more = false;
        if (Position.Done || !HasNews(now, out var everything))
        {
            return false;
        }

        if (!_content.IsArchive && Position.Offset > 0 && (_content.Length < Position.Offset || _content.Mark(Position.Offset) != Position.Mark))
        {
            // Truncated in place (copytruncate), perhaps grown beyond the old end already: what is there now is new.
            var anew = Position with { Offset = 0, Mark = _content.Mark(0), HeadLength = 0, Head = 0, Seen = now.ToUnixTimeSeconds() };
            _known.SetTruncated(Identity, Position with { Seen = now.ToUnixTimeSeconds() }, anew, sink);
            Position = anew;
        }

        var any = false;
        for (var batches = 0; batches < MaxBatchesPerTurn; batches++)
        {
            var read = _content.Read(_buffer, Position.Offset);
            if (read == 0)
            {
                _checkedLength = Position.Offset;
                if (_content.IsArchive)
                {
                    _known.Store(Identity, Position with { Done = true }, sink);
                    Position = Position with { Done = true };
                    any = true;
                }

                return any;
            }

            var last = read < _buffer.Length;
            var taken = Store(_buffer.AsSpan(0, read), sink, now, everything && last);
            if (taken == 0 && last)
            {
                _checkedLength = Position.Offset + read;
                return any;
            }

            if (taken == 0 && _buffer.Length < _limits.MaxLogLineBytes * 2)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                continue;
            }

            if (taken == 0)
            {
                SkipLongLine(sink, now);
            }

            any = true;
        }

        more = true;
        return any;
    }

    public void Dispose()
    {
        _content.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    // Nothing was written since the last look, and nothing is left over from it.
    private bool HasNews(DateTimeOffset now, out bool everything)
    {
        everything = true;
        if (_content.IsArchive)
        {
            return true;
        }

        var (length, write) = (_content.Length, _content.LastWrite);
        if (length != _lastLength)
        {
            _lastLength = length;
            LastGrowth = now;
        }

        everything = now - LastGrowth >= FileTailer.PartialLineAge;
        if (length == _checkedLength && write == _lastWrite && (!everything || length == Position.Offset))
        {
            return false;
        }

        _lastWrite = write;
        _checkedLength = -1;
        return true;
    }

    private int Store(ReadOnlySpan<byte> bytes, IBatchSink sink, DateTimeOffset now, bool everything)
    {
        using var batch = LogBatch.Rent();
        var resource = AddResource(batch);
        var taken = 0;
        var unparsed = _parser.Unparsed;
        while (taken < bytes.Length && batch.Count < MaxLinesPerBatch)
        {
            var size = _cutter.Next(bytes[taken..], everything, out var record);
            if (size == 0)
            {
                break;
            }

            taken += size;
            if (_cutter.Split(record) is { } records)
            {
                records.ForEach(one => Add(batch, resource, one, now));
            }
            else
            {
                Add(batch, resource, record, now);
            }
        }

        if (taken > 0)
        {
            Append(batch, taken, sink, now);
            _source.UnparsedItems(_parser.Unparsed - unparsed);
        }

        return taken;
    }

    // The lines and the position after them are stored together.
    private void Append(LogBatch batch, long taken, IBatchSink sink, DateTimeOffset now)
    {
        var offset = Position.Offset + taken;
        var headLength = (int)Math.Min(offset, TailContent.HeadBytes);
        var next = Position with
        {
            Offset = offset,
            Mark = _content.Mark(offset),
            HeadLength = headLength,
            Head = headLength == Position.HeadLength ? Position.Head : _content.Head(headLength),
            Seen = now.ToUnixTimeSeconds(),
        };
        if (batch.Count > 0)
        {
            var lines = batch.Count;
            batch.Positions.Add(new ReadPosition(TailPosition.SourceOf(Identity), next.Format()));
            var result = sink.Append(batch);
            _source.StoredItems(result.Stored);
            _source.Reject(Listening.LogIntake.ReasonOf(result), result.Rejected, result.FirstReason ?? "refused by the store");
            Lines += lines;
            LastLine = now;
        }

        _known.Set(Identity, next);
        Position = next;
        Bytes += taken;
        _source.Received(taken);
    }

    // A line longer than the limit: its beginning is kept with a mark, the rest is passed over.
    private void SkipLongLine(IBatchSink sink, DateTimeOffset now)
    {
        using var batch = LogBatch.Rent();
        Add(batch, AddResource(batch), _buffer.AsSpan(0, _limits.MaxLogLineBytes + 1), now);
        var at = Position.Offset;
        while (true)
        {
            var read = _content.Read(_buffer, at);
            var end = _buffer.AsSpan(0, read).IndexOf((byte)'\n');
            if (end >= 0 || read == 0)
            {
                Append(batch, at + (end >= 0 ? end + 1 : 0) - Position.Offset, sink, now);
                return;
            }

            at += read;
        }
    }

    private void Add(LogBatch batch, int resource, ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        // A program that goes on writing where it was in a file that was truncated leaves zeros before.
        line = line.TrimStart((byte)0);
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
        batch.Receiver = FileTailer.Receiver;
        foreach (var label in _labels.Span)
        {
            batch.AddAttribute(Encoding.UTF8.GetBytes(label.Name), AttributeType.String, Encoding.UTF8.GetBytes(label.Value));
        }

        return batch.EndResource(ResourceKind.Labels);
    }
}
