using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Events.Files;

/// <summary>Takes a record at recovery.</summary>
internal delegate void ReplayRecord(long sequence, byte kind, ReadOnlySpan<byte> payload);

/// <summary>
/// The write-ahead log: segments of records with ascending numbers. A record is with the operating system when <see cref="Append"/> returns, so a
/// killed process loses nothing, and on the disk at the next sync. Appends are serialised by the store; the sync runs beside them.
/// </summary>
internal sealed class EventLog : IDisposable
{
    public const uint Magic = 0x4c574753; // "SGWL"
    public const uint Version = 1;
    public const int SegmentHeaderBytes = 20;
    public const int RecordHeaderBytes = 17;

    /// <summary>Largest payload accepted when reading: far over any batch.</summary>
    private const int MaxPayloadBytes = 1 << 30;

    private readonly string _folder;
    private readonly long _segmentBytes;
    private readonly bool _syncAlways;
    private readonly Lock _gate = new();
    private readonly ByteWriter _buffer = new(64 << 10);
    private readonly List<(string Path, long First, long Bytes)> _closed = [];
    private readonly ITimer? _timer;
    private SafeFileHandle? _file;
    private string _path = string.Empty;
    private long _first;
    private long _length;
    private long _next;
    private bool _dirty;
    private Exception? _syncFailure;

    private EventLog(string folder, long segmentBytes, TimeSpan syncInterval, TimeProvider clock)
    {
        _folder = folder;
        _segmentBytes = segmentBytes;
        _syncAlways = syncInterval <= TimeSpan.Zero;
        _timer = _syncAlways ? null : clock.CreateTimer(_ => SyncQuietly(), null, syncInterval, syncInterval);
    }

    /// <summary>Bytes of a torn last record that were cut off.</summary>
    public long DroppedBytes { get; private set; }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _length + _closed.Sum(s => s.Bytes);
            }
        }
    }

    /// <summary>Reads the records after <paramref name="covered"/> and gets ready for more.</summary>
    public static EventLog Open(string folder, long segmentBytes, TimeSpan syncInterval, TimeProvider clock, long covered, ReplayRecord replay, Action<CorruptDataException> onCorruption)
    {
        return DurableFolder.Guard($"opening {folder}", () =>
        {
            Directory.CreateDirectory(folder);
            var log = new EventLog(folder, segmentBytes, syncInterval, clock);
            try
            {
                log.Recover(covered, replay, onCorruption);
                return log;
            }
            catch
            {
                log.Dispose();
                throw;
            }
        });
    }

    /// <summary>Writes a record and returns its number.</summary>
    public long Append(byte kind, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_syncFailure is not null)
            {
                SyncNow();
            }

            if (_file is null || _length >= _segmentBytes)
            {
                Roll();
            }

            var sequence = _next;
            _buffer.Clear();
            WriteRecord(_buffer, sequence, kind, payload);
            try
            {
                RandomAccess.Write(_file!, _buffer.Written, _length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                CutBack();
                throw new StorageFailedException($"writing {_path}: {e.Message}", e);
            }

            _length += _buffer.Length;
            _next++;
            _dirty = true;
            if (_syncAlways)
            {
                SyncNow();
            }

            return sequence;
        }
    }

    /// <summary>Removes segments whose records are all up to <paramref name="sequence"/>.</summary>
    public void DropUpTo(long sequence)
    {
        lock (_gate)
        {
            if (_file is not null && _next - 1 <= sequence && _length > SegmentHeaderBytes)
            {
                CloseSegment();
            }

            for (var i = 0; i < _closed.Count;)
            {
                var last = (i + 1 < _closed.Count ? _closed[i + 1].First : _file is null ? _next : _first) - 1;
                if (last > sequence)
                {
                    return;
                }

                DurableFolder.Guard($"removing {_closed[i].Path}", () => File.Delete(_closed[i].Path));
                _closed.RemoveAt(i);
            }
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            if (_file is not null)
            {
                SyncQuietly();
                _file.Dispose();
                _file = null;
            }

            _buffer.Dispose();
        }
    }

    /// <summary>Appends a record as it stands in a segment.</summary>
    public static void WriteRecord(ByteWriter target, long sequence, byte kind, ReadOnlySpan<byte> payload)
    {
        var at = target.Length;
        target.WriteUInt32((uint)payload.Length);
        target.WriteUInt32(0);
        target.WriteByte(kind);
        target.WriteUInt64((ulong)sequence);
        target.Write(payload);
        var crc = Crc32C.Compute(target.Written[(at + 8)..], (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target.WrittenMutable[(at + 4)..], crc);
    }

    private void Recover(long covered, ReplayRecord replay, Action<CorruptDataException> onCorruption)
    {
        _next = covered + 1;
        var paths = Directory.GetFiles(_folder, "*.wal");
        Array.Sort(paths, StringComparer.Ordinal);
        for (var i = 0; i < paths.Length; i++)
        {
            var bytes = File.ReadAllBytes(paths[i]);
            var (first, good) = ReadSegment(bytes, covered, replay, onCorruption);
            if (good < bytes.Length)
            {
                if (i == paths.Length - 1)
                {
                    DroppedBytes = bytes.Length - good;
                    using var file = File.OpenHandle(paths[i], FileMode.Open, FileAccess.ReadWrite);
                    RandomAccess.SetLength(file, good);
                    RandomAccess.FlushToDisk(file);
                }
                else
                {
                    onCorruption(new CorruptDataException(paths[i], "record", good, $"{bytes.Length - good} bytes cannot be read"));
                }
            }

            _closed.Add((paths[i], first, good));
        }
    }

    private (long First, int Good) ReadSegment(ReadOnlySpan<byte> bytes, long covered, ReplayRecord replay, Action<CorruptDataException> onCorruption)
    {
        var header = new ByteReader(bytes);
        var isOurs = header.ReadUInt32() == Magic & header.ReadUInt32() == Version;
        var first = (long)header.ReadUInt64();
        if (header.ReadUInt32() != Crc32C.Compute(bytes[..Math.Min(bytes.Length, 16)]) || !isOurs || header.Failed)
        {
            return (_next, 0);
        }

        var at = SegmentHeaderBytes;
        while (bytes.Length - at >= RecordHeaderBytes)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if (length > MaxPayloadBytes || length > bytes.Length - at - RecordHeaderBytes)
            {
                break;
            }

            var checkedBytes = bytes.Slice(at + 8, 9 + (int)length);
            if (Crc32C.Compute(checkedBytes, length) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]))
            {
                break;
            }

            var sequence = BinaryPrimitives.ReadInt64LittleEndian(checkedBytes[1..]);
            if (sequence > covered)
            {
                try
                {
                    replay(sequence, checkedBytes[0], checkedBytes[9..]);
                }
                catch (CorruptDataException e)
                {
                    onCorruption(e);
                }

                _next = Math.Max(_next, sequence + 1);
            }

            at += RecordHeaderBytes + (int)length;
        }

        return (first, at);
    }

    private void Roll()
    {
        if (_file is not null)
        {
            CloseSegment();
        }

        _path = Path.Combine(_folder, _next.ToString("d20", CultureInfo.InvariantCulture) + ".wal");
        DurableFolder.Guard($"making {_path}", () =>
        {
            // A segment of the same first number can only be one without records.
            File.Delete(_path);
            _closed.RemoveAll(s => s.Path == _path);
            var header = new byte[SegmentHeaderBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Version);
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), _next);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32C.Compute(header.AsSpan(0, 16)));
            var file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
            try
            {
                RandomAccess.Write(file, header, 0);
                DurableFolder.Sync(_folder);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            (_file, _first, _length, _dirty) = (file, _next, SegmentHeaderBytes, true);
        });
    }

    private void CloseSegment()
    {
        SyncNow();
        _file!.Dispose();
        _file = null;
        _closed.Add((_path, _first, _length));
        _length = 0;
    }

    /// <summary>Removes what a failed write left, so that the next record follows the last good one; a new segment is begun if that fails too.</summary>
    private void CutBack()
    {
        try
        {
            RandomAccess.SetLength(_file!, _length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file!.Dispose();
            _file = null;
            _closed.Add((_path, _first, _length));
            _length = 0;
        }
    }

    private void SyncNow()
    {
        if (_file is null || !_dirty)
        {
            return;
        }

        try
        {
            RandomAccess.FlushToDisk(_file);
            _dirty = false;
            _syncFailure = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _syncFailure = e;
            throw new StorageFailedException($"syncing {_path}: {e.Message}", e);
        }
    }

    private void SyncQuietly()
    {
        lock (_gate)
        {
            try
            {
                SyncNow();
            }
            catch (StorageFailedException)
            {
                // The next append tries again and tells its sender.
            }
        }
    }
}
