using System.Buffers.Binary;

namespace Sightglass.Storage;

/// <summary>Replays the segments of a folder; see <see cref="WriteAheadLog.Open"/>.</summary>
internal sealed class WalReader(IFileSystem files, string folder, int maxRecordBytes, long coveredSequence, WalReplay replay)
{
    // A stretch that fails its check is searched for the next record whose number is this near, so that random bytes are hardly ever checked.
    private const long MaxSequenceGap = 1 << 20;
    private readonly List<string> _messages = [];
    private long _records;
    private long _skipped;
    private long _torn;
    private long _lost;

    public long LastSequence { get; private set; }

    /// <summary>The last segment and the length to cut it to, when it ends in an unfinished record.</summary>
    public (string Path, long Length)? Torn { get; private set; }

    /// <summary>Reads all segments and adds them to <paramref name="segments"/>.</summary>
    public WalRecovery ReadAll(List<(long FirstSequence, long Bytes)> segments)
    {
        var found = new List<long>();
        foreach (var name in files.List(folder))
        {
            if (WalSegment.TryParseName(name, out var first))
            {
                found.Add(first);
            }
        }

        found.Sort();
        for (var i = 0; i < found.Count; i++)
        {
            // All of a segment is covered when the next one begins at or below the covered sequence + 1.
            if (i + 1 < found.Count && found[i + 1] - 1 <= coveredSequence)
            {
                DropCovered(found[i], segments);
                continue;
            }

            segments.Add((found[i], ReadSegment(found[i], i == found.Count - 1)));
        }

        return new WalRecovery(_records, _skipped, _torn, _lost, _messages);
    }

    private long ReadSegment(long first, bool last)
    {
        var path = Path.Combine(folder, WalSegment.NameOf(first));
        var bytes = DurableFile.ReadAll(files, path, int.MaxValue - 64);
        LastSequence = Math.Max(LastSequence, first - 1);
        var at = WalSegment.HeaderBytes;
        if (!WalSegment.IsHeader(bytes))
        {
            var kept = FindRecord(bytes, 0);
            Report(path, 0, (kept < 0 ? bytes.Length : kept), last && kept < 0, "segment header");
            if (kept < 0)
            {
                return bytes.Length;
            }

            at = kept;
        }

        while (at < bytes.Length)
        {
            var length = WalSegment.TryReadRecord(bytes.AsSpan(at), LastSequence + 1, maxRecordBytes, out var sequence, out var kind);
            if (length > 0)
            {
                LastSequence = sequence;
                if (sequence > coveredSequence)
                {
                    _records++;
                    replay(sequence, kind, bytes.AsSpan(at + WalSegment.RecordHeaderBytes, length - WalSegment.RecordHeaderBytes));
                }
                else
                {
                    _skipped++;
                }

                at += length;
                continue;
            }

            var next = FindRecord(bytes, at + 1);
            Report(path, at, (next < 0 ? bytes.Length : next) - at, last && next < 0, "record");
            if (next < 0)
            {
                if (last)
                {
                    Torn = (path, at);
                    return at;
                }

                break;
            }

            at = next;
        }

        return bytes.Length;
    }

    private int FindRecord(ReadOnlySpan<byte> bytes, int from)
    {
        for (var at = from; at <= bytes.Length - WalSegment.RecordHeaderBytes; at++)
        {
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 9)..]);
            if (sequence > LastSequence && sequence - LastSequence <= MaxSequenceGap
                && WalSegment.TryReadRecord(bytes[at..], LastSequence + 1, maxRecordBytes, out _, out _) > 0)
            {
                return at;
            }
        }

        return -1;
    }

    private void Report(string path, long at, long length, bool torn, string what)
    {
        if (length == 0)
        {
            return;
        }

        if (torn)
        {
            _torn += length;
        }
        else
        {
            _lost += length;
        }

        _messages.Add(torn
            ? $"{path}: cut {length} bytes of an unfinished {what} at byte {at}"
            : $"{path}: lost {length} bytes at byte {at}: {what} fails its check");
    }

    private void DropCovered(long first, List<(long FirstSequence, long Bytes)> segments)
    {
        var path = Path.Combine(folder, WalSegment.NameOf(first));
        try
        {
            files.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A disk that is not to be written now: the log drops it with what is covered next.
            using var file = files.OpenRead(path);
            segments.Add((first, file.Length));
        }
    }
}
