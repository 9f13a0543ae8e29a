using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Deletion;
using Sightglass.Events.Parts;
using Sightglass.Events.Records;
using Sightglass.Storage;

namespace Sightglass.Events;

/// <summary>Where the store's bytes are: the log, the manifest and the folders of parts. Parts are written by one thread at a time.</summary>
internal sealed class EventFiles : IDisposable
{
    private readonly EventStoreOptions _options;
    private readonly IdentityTable _identities;
    private readonly Action<CorruptDataException> _onCorruption;
    private readonly IFileSystem _files;
    private readonly Manifest _manifest;
    private readonly PositionFile _positions;
    private WriteAheadLog? _log;

    /// <exception cref="StorageFailedException">The folder cannot be used.</exception>
    public EventFiles(EventStoreOptions options, IdentityTable identities, Action<CorruptDataException> onCorruption)
    {
        _options = options;
        _identities = identities;
        _onCorruption = onCorruption;
        _files = options.FileSystem;
        _manifest = Manifest.Open(_files, options.Folder);
        _positions = new PositionFile(_files, options.Folder);
    }

    public long LogBytes => _log?.Bytes ?? 0;

    /// <summary>Rows that the log gave back when it was opened.</summary>
    public long RecoveredRows { get; private set; }

    /// <summary>Bytes of the log that could not be given back.</summary>
    public long RecoveryDroppedBytes => _log is null ? 0 : _log.Recovery.TornBytes + _log.Recovery.LostBytes;

    /// <summary>Positions of sources whose records are in parts. Where they cannot be read it is reported, and there are none.</summary>
    public IReadOnlyDictionary<string, string> ReadPositions()
    {
        try
        {
            return _positions.Read(_manifest.CoveredSequence).Positions;
        }
        catch (CorruptDataException e)
        {
            _onCorruption(e);
            return PositionSet.Empty.Positions;
        }
    }

    public void CountRecovered(int rows) => RecoveredRows += rows;

    /// <summary>Opens the listed parts. A part that does not open is set aside with a report.</summary>
    public List<EventPart> OpenParts()
    {
        var parts = new List<EventPart>();
        foreach (var name in _manifest.Parts)
        {
            try
            {
                parts.Add(EventPart.Open(_files, _manifest, name, _identities));
            }
            catch (CorruptDataException e)
            {
                _onCorruption(e);
                SetAside(name, e.Message);
            }
        }

        return parts;
    }

    private void SetAside(string part, string reason)
    {
        try
        {
            _manifest.Quarantine(part, reason);
        }
        catch (StorageFailedException)
        {
            // A full disk: it is left out now, and set aside when it is opened next.
        }
    }

    public void OpenLog(WalReplay replay)
    {
        var options = new WalOptions { SyncInterval = _options.SyncInterval, TimeProvider = _options.TimeProvider };
        _log = WriteAheadLog.Open(_files, Path.Combine(_options.Folder, "wal"), options, replay, _manifest.CoveredSequence);
        if (_log.Recovery.LostBytes > 0)
        {
            _onCorruption(new CorruptDataException("wal", "record", 0, string.Join("; ", _log.Recovery.Messages)));
        }
    }

    public long AppendRecord(byte kind, ReadOnlySpan<byte> payload) => _log!.Append(kind, payload);

    public void DropLogUpTo(long sequence) => _log!.DropUpTo(sequence);

    /// <summary>Writes a part, syncs it and puts it in its place. It counts once <see cref="Commit"/> lists it.</summary>
    /// <param name="signal">Its signal.</param>
    /// <param name="day">Its day.</param>
    /// <param name="level">Zstandard level.</param>
    /// <param name="write">Writes the blocks; returns the first and last flush and the largest tie.</param>
    /// <returns>The part; null when no row was written.</returns>
    public EventPart? WritePart(EventSignal signal, int day, int level, Func<BlockSink, (long FirstFlush, long LastFlush, long MaxTie)> write)
    {
        using var writer = new PartWriter(_files, _manifest);
        using var directory = new ByteWriter(64 << 10);
        using (var sink = new BlockSink(signal, day, level, writer.CreateFile(EventPart.ColumnFile, EventPart.ColumnMagic, EventPart.Version), writer.CreateScratch))
        {
            var (first, last, maxTie) = write(sink);
            if (sink.Rows == 0)
            {
                return null;
            }

            var traces = writer.CreateFile(EventPart.TraceFile, TraceIndex.Magic, TraceIndex.Version);
            sink.Finish(first, last, maxTie, bytes => traces.Append(bytes), directory);
        }

        writer.CreateFile(EventPart.DirectoryFile, PartDirectory.Magic, PartDirectory.Version).Append(directory.Written);
        writer.Complete();
        return EventPart.Open(_files, _manifest, writer.Name, _identities);
    }

    /// <summary>Lists new parts, and lists old ones no longer, in one step; <paramref name="positions"/>, where they changed, with them.</summary>
    public void Commit(IReadOnlyList<EventPart> added, IReadOnlyList<EventPart> removed, long? covered, PositionSet? positions = null)
    {
        if (positions is not null)
        {
            _positions.Write(positions);
        }

        _manifest.Commit([.. added.Select(p => p.Name)], [.. removed.Select(p => p.Name)], covered ?? _manifest.CoveredSequence);
        if (positions is not null)
        {
            _positions.Committed(positions);
        }
    }

    /// <summary>Makes a folder that a store can be opened on, of the parts that are listed now. While no part is written.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void Snapshot(string target)
    {
        var snapshot = new EngineSnapshot(_files, _options.Folder, target);
        snapshot.AddParts(_manifest);
        foreach (var name in (string[])[PositionFile.Name, DeletionFile.Name])
        {
            snapshot.AddFile(name, TwinFile.MaxBytes);
            snapshot.AddFile(name + TwinFile.CopySuffix, TwinFile.MaxBytes);
        }
    }

    public void Dispose() => _log?.Dispose();
}
