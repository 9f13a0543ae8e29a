using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// Records on their way to another server, in files of one folder: appended at one end, read in order from the other, and gone when
/// <see cref="Commit"/> says that they arrived. What was appended survives a killed process. Bounded: when the files are full the oldest one is
/// dropped and counted. Thread-safe for any number of appenders and one reader.
/// </summary>
internal sealed class DiskQueue : IDisposable
{
    /// <summary>Largest payload of one record; longer is not believed when reading.</summary>
    public const int MaxRecordBytes = 64 << 20;

    /// <summary>Magic and version, in front of a file's first record.</summary>
    private const int FileHeaderBytes = 8;

    /// <summary>Length, number of items, checksum.</summary>
    private const int HeaderBytes = 12;

    private const string Extension = ".queue";

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly long _segmentBytes;
    private readonly Action<string> _report;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Segment> _segments = [];
    private readonly QueuePosition _position;
    private readonly SemaphoreSlim _appended = new(0);
    private FileStream? _writer;
    private byte[] _frame = new byte[4096];
    private long _bytes;
    private long _readSegment;
    private long _readOffset;

    private DiskQueue(string folder, long maxBytes, Action<string> report)
    {
        _folder = folder;
        _maxBytes = maxBytes;
        _segmentBytes = Math.Clamp(maxBytes / 8, 4096, 16 << 20);
        _report = report;
        _position = new QueuePosition(Path.Combine(folder, "position"));
    }

    /// <summary>Bytes of the files.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Items that were not read to the end yet.</summary>
    public long PendingItems
    {
        get
        {
            lock (_gate)
            {
                return _segments.Values.Sum(static s => s.Items);
            }
        }
    }

    /// <summary>Items that were dropped since the start because there was no room or a file was damaged.</summary>
    public long DroppedItems { get; private set; }

    /// <summary>Opens or makes a queue.</summary>
    /// <exception cref="StorageFailedException">The folder cannot be used.</exception>
    public static DiskQueue Open(string folder, long maxBytes, Action<string> report)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var queue = new DiskQueue(folder, maxBytes, report);
            queue.Load();
            return queue;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"forward queue {folder}: {e.Message}", e);
        }
    }

    /// <summary>Appends a record that stands for <paramref name="items"/> samples.</summary>
    /// <exception cref="StorageFailedException">It could not be written.</exception>
    public void Append(ReadOnlySpan<byte> payload, int items)
    {
        lock (_gate)
        {
            var size = HeaderBytes + payload.Length;
            if (_frame.Length < size)
            {
                _frame = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size)];
            }

            BinaryPrimitives.WriteInt32LittleEndian(_frame, payload.Length);
            BinaryPrimitives.WriteInt32LittleEndian(_frame.AsSpan(4), items);
            payload.CopyTo(_frame.AsSpan(HeaderBytes));
            BinaryPrimitives.WriteUInt32LittleEndian(_frame.AsSpan(8), Checksum(_frame.AsSpan(0, 8), payload));
            try
            {
                Write(_frame.AsSpan(0, size), items);
            }
            catch (IOException e)
            {
                DroppedItems += items;
                _writer?.Dispose();
                _writer = null;
                throw new StorageFailedException($"forward queue {_folder}: {e.Message}", e);
            }

            if (_frame.Length > 4 << 20)
            {
                _frame = new byte[4096];
            }
        }

        if (_appended.CurrentCount == 0)
        {
            _appended.Release();
        }
    }

    /// <summary>Waits until something was appended since it last returned, or the time is over.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellation) => _appended.WaitAsync(most, cancellation);

    /// <summary>The next records, up to <paramref name="maxItems"/> items (one record at least) and <paramref name="maxRecords"/>; they stay until committed.</summary>
    public IReadOnlyList<QueueRecord> Read(int maxItems, int maxRecords)
    {
        var records = new List<QueueRecord>();
        lock (_gate)
        {
            var (segment, offset) = (_readSegment, _readOffset);
            long items = 0;
            while (records.Count < maxRecords)
            {
                if (!_segments.TryGetValue(segment, out var file))
                {
                    // Segments are numbered without gaps but for those that were dropped.
                    var next = _segments.Keys.FirstOrDefault(k => k > segment, -1);
                    if (next < 0)
                    {
                        break;
                    }

                    (segment, offset) = (next, 0);
                    continue;
                }

                if (ReadAt(segment, file, offset) is { } record)
                {
                    if (records.Count > 0 && items + record.Items > maxItems)
                    {
                        break;
                    }

                    items += record.Items;
                    records.Add(record);
                    offset = record.End;
                }
                else if (segment == _segments.Keys.Last())
                {
                    break;
                }
                else
                {
                    (segment, offset) = (segment + 1, 0);
                }
            }
        }

        return records;
    }

    /// <summary>These records, in the order of <see cref="Read"/>, have arrived (or never will): they are not read again, after a restart neither.</summary>
    public void Commit(IReadOnlyList<QueueRecord> records)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                if (_segments.TryGetValue(record.Segment, out var segment))
                {
                    segment.Items = Math.Max(0, segment.Items - record.Items);
                }
            }

            var last = records[^1];
            if (last.Segment < _readSegment)
            {
                // Its file was dropped for room while it was on its way.
                return;
            }

            (_readSegment, _readOffset) = (last.Segment, last.End);
            _position.Write(_readSegment, _readOffset);
            foreach (var done in _segments.Keys.Where(k => k < last.Segment).ToArray())
            {
                Remove(done);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer?.Dispose();
            _position.Dispose();
        }
    }

    private static ReadOnlySpan<byte> FileHeader => "SGFQ\u0001\0\0\0"u8;

    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => Crc32C.Compute(payload, Crc32C.Compute(header));

    private string PathOf(long segment) => Path.Combine(_folder, segment.ToString("D10", System.Globalization.CultureInfo.InvariantCulture) + Extension);

    private void Load()
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture, out var number))
            {
                var length = new FileInfo(path).Length;
                _segments.Add(number, new Segment { Length = length });
                _bytes += length;
            }
        }

        (_readSegment, _readOffset) = _position.Read();
        foreach (var number in _segments.Keys.ToArray())
        {
            if (number < _readSegment)
            {
                Remove(number);
            }
            else
            {
                _segments[number].Items = Items(number, number == _readSegment ? _readOffset : 0);
            }
        }
    }

    private void Write(ReadOnlySpan<byte> frame, int items)
    {
        while (_bytes + frame.Length > _maxBytes && _segments.Count > 0)
        {
            DropOldest();
        }

        if (_writer is null || _writer.Position + frame.Length > _segmentBytes)
        {
            _writer?.Dispose();
            _writer = null;
            var number = Math.Max(_segments.Count > 0 ? _segments.Keys.Last() + 1 : 0, _readSegment + 1);
            _writer = new FileStream(PathOf(number), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _writer.Write(FileHeader);
            _segments.Add(number, new Segment { Length = FileHeaderBytes });
            _bytes += FileHeaderBytes;
        }

        _writer.Write(frame);
        var segment = _segments[_segments.Keys.Last()];
        segment.Length += frame.Length;
        segment.Items += items;
        _bytes += frame.Length;
    }

    private void DropOldest()
    {
        var oldest = _segments.Keys.First();
        if (oldest == _segments.Keys.Last())
        {
            _writer?.Dispose();
            _writer = null;
        }

        var items = _segments[oldest].Items;
        if (items > 0)
        {
            DroppedItems += items;
            _report($"forward queue {_folder} is full at {_maxBytes} bytes: its oldest {items} items were dropped");
        }

        Remove(oldest);
        if (_readSegment <= oldest)
        {
            (_readSegment, _readOffset) = (oldest + 1, 0);
            _position.Write(_readSegment, _readOffset);
        }
    }

    private void Remove(long segment)
    {
        _bytes -= _segments[segment].Length;
        _segments.Remove(segment);
        File.Delete(PathOf(segment));
    }

    /// <summary>Items behind an offset, by the headers alone.</summary>
    private long Items(long segment, long offset)
    {
        using var file = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> header = stackalloc byte[HeaderBytes];
        long items = 0;
        offset = Math.Max(offset, FileHeaderBytes);
        while (RandomAccess.Read(file, header, offset) == HeaderBytes && BinaryPrimitives.ReadInt32LittleEndian(header) is >= 0 and <= MaxRecordBytes and var length)
        {
            items += Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(header[4..]));
            offset += HeaderBytes + length;
        }

        return items;
    }

    private QueueRecord? ReadAt(long segment, Segment file, long offset)
    {
        offset = Math.Max(offset, FileHeaderBytes);
        if (offset + HeaderBytes > file.Length)
        {
            return null;
        }

        using var handle = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> header = stackalloc byte[HeaderBytes];
        Span<byte> start = stackalloc byte[FileHeaderBytes];
        if (RandomAccess.Read(handle, start, 0) == FileHeaderBytes && start.SequenceEqual(FileHeader)
            && RandomAccess.Read(handle, header, offset) == HeaderBytes && BinaryPrimitives.ReadInt32LittleEndian(header) is >= 0 and <= MaxRecordBytes and var length
            && offset + HeaderBytes + length <= file.Length)
        {
            var payload = new byte[length];
            if (RandomAccess.Read(handle, payload, offset + HeaderBytes) == length
                && Checksum(header[..8], payload) == BinaryPrimitives.ReadUInt32LittleEndian(header[8..]))
            {
                return new QueueRecord(segment, offset + HeaderBytes + length, BinaryPrimitives.ReadInt32LittleEndian(header[4..]), payload);
            }
        }

        // The end of what a killed process was writing, or damage: nothing behind it in this file can be trusted.
        _report($"forward queue {PathOf(segment)}: record at byte {offset} is torn or damaged; the rest of the file is left out");
        DroppedItems += file.Items;
        file.Items = 0;
        _bytes -= file.Length - offset;
        file.Length = offset;
        return null;
    }

    private sealed class Segment
    {
        public long Length { get; set; }

        public long Items { get; set; }
    }
}

/// <summary>A record of a <see cref="DiskQueue"/>.</summary>
/// <param name="Segment">The file it is in.</param>
/// <param name="End">Where it ends there.</param>
/// <param name="Items">Samples that it stands for.</param>
/// <param name="Payload">Its bytes.</param>
internal sealed record QueueRecord(long Segment, long End, int Items, byte[] Payload);
