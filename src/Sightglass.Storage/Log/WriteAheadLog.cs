using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// A log of records in segment files. What <see cref="Append"/> returned survives a killed process; with the next sync, at most
/// <see cref="WalOptions.SyncInterval"/> later, a stopped machine too. Thread-safe.
/// </summary>
public sealed class WriteAheadLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _syncGate = new();
    private readonly IFileSystem _files;
    private readonly string _folder;
    private readonly WalOptions _options;
    private readonly ByteWriter _buffer = new(64 << 10);
    private readonly List<(long FirstSequence, long Bytes)> _older = [];
    private ITimer? _timer;
    private IStoredFile? _active;
    private long _activeFirst;
    private long _activeLength;
    private bool _activeBroken;
    private (string Path, long Length)? _torn;
    private long _lastSequence;
    private long _syncedSequence;
    private bool _disposed;

    private WriteAheadLog(IFileSystem files, string folder, WalOptions options)
    {
        _files = files;
        _folder = folder;
        _options = options;
        Recovery = new WalRecovery(0, 0, 0, 0, []);
    }

    /// <summary>What opening found.</summary>
    public WalRecovery Recovery { get; private set; }

    /// <summary>Sequence of the newest record, or of the newest covered one; 0 when there never was any.</summary>
    public long LastSequence
    {
        get
        {
            lock (_gate)
            {
                return _lastSequence;
            }
        }
    }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _older.Sum(s => s.Bytes) + _activeLength;
            }
        }
    }

    /// <summary>
    /// Opens or makes a log in a folder and replays the records above <paramref name="coveredSequence"/> in order. Nothing is written before the first append: a
    /// start does not wait for the disk, and one that is full is no reason not to start.
    /// </summary>
    /// <exception cref="StorageFailedException">A file cannot be read, or the folder cannot be made.</exception>
    public static WriteAheadLog Open(IFileSystem files, string folder, WalOptions options, WalReplay replay, long coveredSequence = 0)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        var log = new WriteAheadLog(files, folder, options);
        try
        {
            files.CreateFolder(folder);
            var reader = new WalReader(files, folder, options.MaxRecordBytes, coveredSequence, replay);
            log.Recovery = reader.ReadAll(log._older);
            log._torn = reader.Torn;
            log._lastSequence = Math.Max(reader.LastSequence, coveredSequence);
            log._syncedSequence = log._lastSequence;
            log._activeFirst = log._lastSequence + 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Dispose();
            throw new StorageFailedException($"opening write-ahead log {folder}: {e.Message}", e);
        }

        if (options.SyncInterval > TimeSpan.Zero)
        {
            log._timer = options.TimeProvider.CreateTimer(_ => log.SyncQuietly(), null, options.SyncInterval, options.SyncInterval);
        }

        return log;
    }

    /// <summary>Writes a record and returns its sequence.</summary>
    /// <exception cref="StorageFailedException">It was not written; what was written of it is cut off again.</exception>
    public long Append(byte kind, ReadOnlySpan<byte> record)
    {
        if (record.Length > _options.MaxRecordBytes)
        {
            throw new LimitExceededException(nameof(WalOptions.MaxRecordBytes), _options.MaxRecordBytes, record.Length, "record of the write-ahead log too large");
        }

        long sequence;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                if (_active is null || _activeBroken || _activeLength >= _options.SegmentBytes)
                {
                    BeginSegment();
                }

                sequence = _lastSequence + 1;
                _buffer.Clear(1 << 20);
                WalSegment.WriteRecord(_buffer, sequence, kind, record);
                _active!.Write(_activeLength, _buffer.Written);
                if (_options.SyncInterval == TimeSpan.Zero)
                {
                    // After a failed sync nothing more goes into this segment.
                    _activeBroken = true;
                    _active.Sync();
                    _activeBroken = false;
                    _syncedSequence = sequence;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                CutBack();
                throw new StorageFailedException($"writing to write-ahead log {_folder}: {e.Message}", e);
            }

            _activeLength += _buffer.Length;
            _lastSequence = sequence;
        }

        return sequence;
    }

    /// <summary>Makes everything appended so far durable.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void Sync()
    {
        lock (_syncGate)
        {
            IStoredFile? file;
            long upTo;
            lock (_gate)
            {
                file = _active;
                upTo = _lastSequence;
                if (file is null || _syncedSequence >= upTo)
                {
                    return;
                }
            }

            try
            {
                file.Sync();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                lock (_gate)
                {
                    // The kernel may have dropped what it could not write: nothing more goes into this segment.
                    _activeBroken = true;
                }

                throw new StorageFailedException($"syncing write-ahead log {_folder}: {e.Message}", e);
            }
            catch (ObjectDisposedException)
            {
                // A new segment was begun meanwhile, which synced this one.
                return;
            }

            lock (_gate)
            {
                _syncedSequence = Math.Max(_syncedSequence, upTo);
            }
        }
    }

    /// <summary>Begins a new segment, so that what is in the log now can be dropped whatever comes after.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; the next append tries again.</exception>
    public void Roll()
    {
        lock (_gate)
        {
            try
            {
                if (_activeLength > WalSegment.HeaderBytes)
                {
                    BeginSegment();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageFailedException($"beginning a segment of write-ahead log {_folder}: {e.Message}", e);
            }
        }
    }

    /// <summary>Begins a new segment and links the others, which never change again, into a folder.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void LinkTo(string folder)
    {
        lock (_gate)
        {
            Roll();
            try
            {
                foreach (var (first, _) in _older)
                {
                    _files.HardLink(Path.Combine(_folder, WalSegment.NameOf(first)), Path.Combine(folder, WalSegment.NameOf(first)));
                }

                _files.SyncFolder(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageFailedException($"linking segments of write-ahead log {_folder}: {e.Message}", e);
            }
        }
    }

    /// <summary>Deletes the segments whose records are all at most <paramref name="sequence"/>: parts hold them durably.</summary>
    public void DropUpTo(long sequence)
    {
        lock (_gate)
        {
            try
            {
                if (_activeLength > WalSegment.HeaderBytes && _lastSequence <= sequence)
                {
                    BeginSegment();
                }

                var dropped = 0;
                while (dropped < _older.Count)
                {
                    var nextFirst = dropped + 1 < _older.Count ? _older[dropped + 1].FirstSequence : _activeFirst;
                    if (nextFirst - 1 > sequence)
                    {
                        break;
                    }

                    _files.Delete(Path.Combine(_folder, WalSegment.NameOf(_older[dropped].FirstSequence)));
                    dropped++;
                }

                if (dropped > 0)
                {
                    _older.RemoveRange(0, dropped);
                    _files.SyncFolder(_folder);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // They stay; the manifest says that they are covered, and the next drop tries again.
                throw new StorageFailedException($"dropping segments of write-ahead log {_folder}: {e.Message}", e);
            }
        }
    }

    /// <summary>Syncs and closes.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        if (_active is not null)
        {
            SyncQuietly();
        }

        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _active?.Dispose();
                _buffer.Dispose();
            }
        }
    }

    private void SyncQuietly()
    {
        try
        {
            Sync();
        }
        catch (StorageFailedException)
        {
            // The next append begins a new segment, or fails in front of its sender.
        }
    }

    private void BeginSegment()
    {
        var first = _lastSequence + 1;
        CutTorn();
        if (_active is not null)
        {
            if (!_activeBroken)
            {
                _active.Sync();
                _syncedSequence = _lastSequence;
            }

            _active.Dispose();
            _active = null;
            if (_activeFirst < first)
            {
                _older.Add((_activeFirst, _activeLength));
            }

            // Should the new file not come about, dropping must still see where the last segment ends.
            _activeFirst = first;
            _activeLength = 0;
        }

        // A segment without records of the same name may be left from a failed attempt or an idle run.
        var path = Path.Combine(_folder, WalSegment.NameOf(first));
        _older.RemoveAll(s => s.FirstSequence == first);
        _files.Delete(path);
        var file = _files.Create(path);
        try
        {
            Span<byte> header = stackalloc byte[WalSegment.HeaderBytes];
            WalSegment.WriteHeader(header, first);
            file.Write(0, header);
            file.Sync();
            _files.SyncFolder(_folder);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _active = file;
        _activeFirst = first;
        _activeLength = WalSegment.HeaderBytes;
        _activeBroken = false;
    }

    /// <summary>Cuts the unfinished record that replay found at the end of the last segment: with another segment behind it, it would be taken for damage.</summary>
    private void CutTorn()
    {
        if (_torn is not var (path, length))
        {
            return;
        }

        // All in it may be covered by now, and the segment be dropped.
        if (_files.Exists(path))
        {
            using var file = _files.OpenWritable(path);
            file.SetLength(length);
            file.Sync();
        }

        _torn = null;
    }

    private void CutBack()
    {
        if (_active is null)
        {
            return;
        }

        try
        {
            _active.SetLength(_activeLength);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Replay stops at the torn record; later records go to a segment of their own.
            _activeBroken = true;
        }
    }
}
