using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Parts;
using Sightglass.Events.Records;

namespace Sightglass.Events.Files;

/// <summary>Where the store's bytes are: the log, the manifest and the folders of parts. Parts are written by one thread at a time.</summary>
internal sealed class EventFiles : IDisposable
{
    private const long SegmentBytes = 64 << 20;
    private const string Temporary = "writing-";
    private const string Quarantine = "quarantine";

    private readonly EventStoreOptions _options;
    private readonly IdentityTable _identities;
    private readonly Action<CorruptDataException> _onCorruption;
    private PartManifest _manifest;
    private EventLog? _log;

    /// <exception cref="StorageFailedException">The folder cannot be used.</exception>
    public EventFiles(EventStoreOptions options, IdentityTable identities, Action<CorruptDataException> onCorruption)
    {
        _options = options;
        _identities = identities;
        _onCorruption = onCorruption;
        DurableFolder.Guard($"opening {options.Folder}", () =>
        {
            Directory.CreateDirectory(FolderOf(EventSignal.Logs));
            Directory.CreateDirectory(FolderOf(EventSignal.Spans));
        });
        _manifest = PartManifest.Read(options.Folder);
    }

    public long LogBytes => _log?.Bytes ?? 0;

    public long RecoveredRows { get; private set; }

    public long RecoveryDroppedBytes => _log?.DroppedBytes ?? 0;

    public void CountRecovered(int rows) => RecoveredRows += rows;

    /// <summary>Opens the listed parts and removes what a crash left. A part that does not open is set aside with a report.</summary>
    public List<EventPart> OpenParts()
    {
        var parts = new List<EventPart>();
        var broken = new List<string>();
        foreach (var name in _manifest.Parts)
        {
            try
            {
                parts.Add(OpenPart(name));
            }
            catch (CorruptDataException e)
            {
                _onCorruption(e);
                broken.Add(name);
            }
        }

        if (broken.Count > 0)
        {
            foreach (var name in broken)
            {
                SetAside(name);
            }

            _manifest = _manifest with { Parts = [.. _manifest.Parts.Except(broken)] };
            _manifest.Write(_options.Folder);
        }

        RemoveStrays();
        return parts;
    }

    public void OpenLog(ReplayRecord replay) => _log = EventLog.Open(
        Path.Combine(_options.Folder, "wal"), SegmentBytes, _options.SyncInterval, _options.TimeProvider, _manifest.Covered, replay, _onCorruption);

    public long AppendRecord(byte kind, ReadOnlySpan<byte> payload) => _log!.Append(kind, payload);

    public void DropLogUpTo(long sequence) => _log!.DropUpTo(sequence);

    /// <summary>Writes a part, syncs it and gives it its name. It counts once <see cref="Commit"/> lists it.</summary>
    /// <param name="signal">Its signal.</param>
    /// <param name="day">Its day.</param>
    /// <param name="level">Zstandard level.</param>
    /// <param name="write">Writes the blocks; returns the first and last flush and the largest tie.</param>
    public EventPart WritePart(EventSignal signal, int day, int level, Func<BlockSink, (long FirstFlush, long LastFlush, long MaxTie)> write)
    {
        var number = _manifest.NextPart;
        _manifest = _manifest with { NextPart = number + 1 };
        var date = DateTimeOffset.UnixEpoch.AddDays(day).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var folderName = $"{date}-{number.ToString("d8", CultureInfo.InvariantCulture)}";
        var folder = FolderOf(signal);
        var temporary = Path.Combine(folder, Temporary + folderName);
        try
        {
            return DurableFolder.Guard($"writing {temporary}", () =>
            {
                Directory.CreateDirectory(temporary);
                using var traces = new ByteWriter(64 << 10);
                using var directory = new ByteWriter(64 << 10);
                using (var columns = File.OpenHandle(Path.Combine(temporary, EventPart.ColumnFile), FileMode.CreateNew, FileAccess.Write))
                {
                    long length = 0;
                    using var sink = new BlockSink(signal, day, level, bytes =>
                    {
                        RandomAccess.Write(columns, bytes, length);
                        length += bytes.Length;
                    });
                    sink.Begin();
                    var (first, last, maxTie) = write(sink);
                    sink.Finish(first, last, maxTie, traces, directory);
                    RandomAccess.FlushToDisk(columns);
                }

                DurableFolder.WriteNew(Path.Combine(temporary, EventPart.TraceFile), traces.WrittenMemory);
                DurableFolder.WriteNew(Path.Combine(temporary, EventPart.DirectoryFile), directory.WrittenMemory);
                DurableFolder.Sync(temporary);
                var name = $"{NameOf(signal)}/{folderName}";
                Directory.Move(temporary, Path.Combine(_options.Folder, name));
                DurableFolder.Sync(folder);
                return OpenPart(name);
            });
        }
        catch
        {
            RemoveFolder(temporary);
            throw;
        }
    }

    /// <summary>Lists new parts, and lists old ones no longer, in one step.</summary>
    public void Commit(IReadOnlyList<EventPart> added, IReadOnlyList<EventPart> removed, long? covered)
    {
        var gone = removed.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var next = _manifest with
        {
            Covered = covered ?? _manifest.Covered,
            Parts = [.. _manifest.Parts.Where(p => !gone.Contains(p)), .. added.Select(p => p.Name)],
        };
        next.Write(_options.Folder);
        _manifest = next;
    }

    public void Dispose() => _log?.Dispose();

    private static string NameOf(EventSignal signal) => signal == EventSignal.Logs ? "logs" : "spans";

    private string FolderOf(EventSignal signal) => Path.Combine(_options.Folder, NameOf(signal));

    private EventPart OpenPart(string name)
    {
        var folder = Path.Combine(_options.Folder, name);
        SafeFileHandle? columns = null;
        SafeFileHandle? traces = null;
        try
        {
            columns = File.OpenHandle(Path.Combine(folder, EventPart.ColumnFile));
            traces = File.OpenHandle(Path.Combine(folder, EventPart.TraceFile));
            var bytes = File.ReadAllBytes(Path.Combine(folder, EventPart.DirectoryFile));
            var columnLength = RandomAccess.GetLength(columns);
            Span<byte> header = stackalloc byte[8];
            Read(columns, $"{name}/{EventPart.ColumnFile}", 0, header);
            if (System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(header) != ((ulong)ColumnFileFormat.Version << 32 | ColumnFileFormat.Magic))
            {
                throw new CorruptDataException($"{name}/{EventPart.ColumnFile}", "header", 0, "magic or version is not known");
            }

            var directory = PartDirectory.Read(bytes, $"{name}/{EventPart.DirectoryFile}", columnLength, _identities);
            var (columnFile, traceFile) = (columns, traces);
            return new EventPart(
                name,
                directory,
                (offset, target) => Read(columnFile, $"{name}/{EventPart.ColumnFile}", offset, target),
                (offset, target) => Read(traceFile, $"{name}/{EventPart.TraceFile}", offset, target),
                columnLength + RandomAccess.GetLength(traces) + bytes.Length,
                remove =>
                {
                    columnFile.Dispose();
                    traceFile.Dispose();
                    if (remove)
                    {
                        RemoveFolder(folder);
                    }
                });
        }
        catch (Exception e)
        {
            columns?.Dispose();
            traces?.Dispose();
            if (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new CorruptDataException(name, "part", 0, e.Message);
            }

            throw;
        }
    }

    /// <summary>Fills the span; what cannot be read is as broken as what fails its check.</summary>
    private static void Read(SafeFileHandle file, string name, long offset, Span<byte> target)
    {
        try
        {
            for (var at = 0; at < target.Length;)
            {
                var got = RandomAccess.Read(file, target[at..], offset + at);
                if (got == 0)
                {
                    throw new CorruptDataException(name, "file", offset, $"ends after {at} of {target.Length} bytes");
                }

                at += got;
            }
        }
        catch (IOException e)
        {
            throw new CorruptDataException(name, "file", offset, e.Message);
        }
    }

    private void SetAside(string name) => DurableFolder.Guard($"setting {name} aside", () =>
    {
        var source = Path.Combine(_options.Folder, name);
        if (Directory.Exists(source))
        {
            var target = Path.Combine(_options.Folder, Quarantine);
            Directory.CreateDirectory(target);
            Directory.Move(source, Path.Combine(target, name.Replace('/', '-')));
        }
    });

    private void RemoveStrays()
    {
        foreach (var signal in (ReadOnlySpan<EventSignal>)[EventSignal.Logs, EventSignal.Spans])
        {
            foreach (var folder in Directory.GetDirectories(FolderOf(signal)))
            {
                if (!_manifest.Parts.Contains($"{NameOf(signal)}/{Path.GetFileName(folder)}"))
                {
                    RemoveFolder(folder);
                }
            }
        }
    }

    /// <summary>Removes a folder that is listed nowhere; what stays behind is removed at the next start.</summary>
    private static void RemoveFolder(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not listed, so not served.
        }
    }
}
