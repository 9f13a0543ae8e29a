using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// The list of an engine's live parts and the sequence of the log that they cover. Data is read only through it; a change is one
/// atomic replacement of the file. Kept twice, so that a flipped bit costs nothing. See <c>docs/format/manifest.md</c>.
/// </summary>
public sealed class Manifest
{
    /// <summary>Folder of the live parts in the engine's folder.</summary>
    public const string PartsFolder = "parts";

    /// <summary>Folder of parts being built; emptied at open.</summary>
    public const string TemporaryFolder = "tmp";

    /// <summary>Folder of parts that failed their check.</summary>
    public const string QuarantineFolder = "quarantine";

    private const string FileName = "MANIFEST";
    private const string CopyName = "MANIFEST.copy";

    /// <summary>"SGMF" as a little-endian integer.</summary>
    private const uint Magic = 0x464d4753;
    private const uint Version = 1;
    private const int MaxBytes = 64 << 20;
    private const int MaxNameBytes = 255;
    private readonly Lock _gate = new();
    private readonly IFileSystem _files;
    private List<string> _parts = [];
    private long _generation;
    private long _nextPart = 1;
    private readonly HashSet<string> _unremoved = [];

    private Manifest(IFileSystem files, string folder)
    {
        _files = files;
        Folder = folder;
    }

    /// <summary>The engine's folder.</summary>
    public string Folder { get; }

    /// <summary>Names of the live parts in the order in which they were added.</summary>
    public IReadOnlyList<string> Parts
    {
        get
        {
            lock (_gate)
            {
                return [.. _parts];
            }
        }
    }

    /// <summary>Records of the log up to this sequence are in parts.</summary>
    public long CoveredSequence { get; private set; }

    /// <summary>Opens or makes the manifest of an engine's folder and removes what no manifest names. One that exists opens on a disk that takes nothing.</summary>
    /// <exception cref="CorruptDataException">Neither copy holds its check.</exception>
    /// <exception cref="StorageFailedException">A file cannot be read or written.</exception>
    public static Manifest Open(IFileSystem files, string folder)
    {
        ArgumentNullException.ThrowIfNull(files);
        var manifest = new Manifest(files, folder);
        try
        {
            var missing = ((string[])[PartsFolder, TemporaryFolder, QuarantineFolder]).Select(name => Path.Combine(folder, name)).Where(path => !files.Exists(path)).ToArray();
            foreach (var path in missing)
            {
                files.CreateFolder(path);
            }

            if (missing.Length > 0)
            {
                files.SyncFolder(folder);
            }

            manifest.Load();
            manifest.RemoveStrays();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"opening manifest in {folder}: {e.Message}", e);
        }

        return manifest;
    }

    /// <summary>A name for a new part, never given out before by this or an earlier process that committed it.</summary>
    public string NewPartName()
    {
        lock (_gate)
        {
            string name;
            do
            {
                name = $"{_nextPart++:D12}";
            }
            while (_unremoved.Contains(name));

            return name;
        }
    }

    /// <summary>Number of a part: those made later have higher ones, merged parts too.</summary>
    public static long NumberOf(string part) => long.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Path of a live part.</summary>
    public string PathOf(string part) => Path.Combine(Folder, PartsFolder, part);

    /// <summary>Adds and removes parts in one step. <paramref name="add"/> takes the place of the first part removed, so that order is kept in merges.</summary>
    /// <exception cref="StorageFailedException">Nothing has changed.</exception>
    public void Commit(IReadOnlyList<string> add, IReadOnlyList<string> remove, long coveredSequence)
    {
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(remove);
        lock (_gate)
        {
            var parts = new List<string>(_parts);
            var at = remove.Count > 0 ? parts.IndexOf(remove[0]) : parts.Count;
            parts.InsertRange(at < 0 ? parts.Count : at, add);
            parts.RemoveAll(remove.Contains);
            Write(parts, Math.Max(coveredSequence, CoveredSequence));
        }
    }

    /// <summary>Takes a part out of the list and moves its folder aside, with the reason beside it.</summary>
    public void Quarantine(string part, string reason)
    {
        lock (_gate)
        {
            try
            {
                Write([.. _parts.Where(p => p != part)], CoveredSequence);
                var aside = Path.Combine(Folder, QuarantineFolder);
                _files.CreateFolder(aside);
                var target = Path.Combine(aside, part);
                _files.Delete(target);
                if (_files.Exists(PathOf(part)))
                {
                    _files.Rename(PathOf(part), target);
                    _files.SyncFolder(Path.Combine(Folder, PartsFolder));
                }

                DurableFile.Replace(_files, aside, part + ".reason", System.Text.Encoding.UTF8.GetBytes(reason + "\n"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageFailedException($"setting part {part} aside: {e.Message}", e);
            }
        }
    }

    /// <summary>Writes the manifest as it is into another folder, which has the same parts.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void WriteTo(string folder)
    {
        lock (_gate)
        {
            using var writer = new ByteWriter();
            Encode(writer, _parts, CoveredSequence);
            try
            {
                DurableFile.Replace(_files, folder, CopyName, writer.Written);
                DurableFile.Replace(_files, folder, FileName, writer.Written);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageFailedException($"writing manifest in {folder}: {e.Message}", e);
            }
        }
    }

    private void Encode(ByteWriter writer, List<string> parts, long coveredSequence)
    {
        writer.WriteUInt32(Magic);
        writer.WriteUInt32(Version);
        writer.WriteVarint((ulong)(_generation + 1));
        writer.WriteVarint((ulong)coveredSequence);
        writer.WriteVarint((ulong)_nextPart);
        writer.WriteVarint((ulong)parts.Count);
        foreach (var part in parts)
        {
            writer.WriteString(part);
        }

        writer.WriteUInt32(Crc32C.Compute(writer.Written));
    }

    private void Write(List<string> parts, long coveredSequence)
    {
        using var writer = new ByteWriter();
        Encode(writer, parts, coveredSequence);
        try
        {
            // The copy first: when this fails between the two, the older MANIFEST would win by name but loses by generation.
            DurableFile.Replace(_files, Folder, CopyName, writer.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"writing manifest in {Folder}: {e.Message}", e);
        }

        // From here the change is made: it would be found at the next open.
        _generation++;
        _parts = parts;
        CoveredSequence = coveredSequence;
        try
        {
            DurableFile.Replace(_files, Folder, FileName, writer.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One copy is enough; the next commit writes both again.
        }
    }

    private void Load()
    {
        var first = TryRead(FileName, out var parts, out var generation, out var covered, out var next);
        var second = TryRead(CopyName, out var otherParts, out var otherGeneration, out var otherCovered, out var otherNext);
        if (!first && !second)
        {
            if (_files.Exists(Path.Combine(Folder, FileName)) || _files.Exists(Path.Combine(Folder, CopyName)) || _files.List(Path.Combine(Folder, PartsFolder)).Count > 0)
            {
                throw new CorruptDataException(Path.Combine(Folder, FileName), "manifest", 0, "neither it nor its copy holds its check");
            }

            Write([], 0);
            return;
        }

        var useFirst = first && (!second || generation >= otherGeneration);
        (_parts, _generation, CoveredSequence, _nextPart) = useFirst
            ? (parts, generation, covered, next)
            : (otherParts, otherGeneration, otherCovered, otherNext);
        if (!first || !second || generation != otherGeneration)
        {
            WriteQuietly();
        }
    }

    private void WriteQuietly()
    {
        try
        {
            Write(_parts, CoveredSequence);
        }
        catch (StorageFailedException)
        {
            // One copy is enough here too: the next commit, for which there is room again, writes both.
        }
    }

    private bool TryRead(string name, out List<string> parts, out long generation, out long covered, out long nextPart)
    {
        parts = [];
        generation = covered = nextPart = 0;
        var path = Path.Combine(Folder, name);
        if (!_files.Exists(path))
        {
            return false;
        }

        var bytes = DurableFile.ReadAll(_files, path, MaxBytes);
        if (bytes.Length < 12 || Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)) != System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)))
        {
            return false;
        }

        var reader = new ByteReader(bytes.AsSpan(0, bytes.Length - 4));
        if (reader.ReadUInt32() != Magic || reader.ReadUInt32() != Version)
        {
            return false;
        }

        generation = (long)reader.ReadVarint();
        covered = (long)reader.ReadVarint();
        nextPart = (long)reader.ReadVarint();
        var count = reader.ReadCount(MaxBytes);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            parts.Add(reader.ReadString(MaxNameBytes));
        }

        return reader.AtEnd;
    }

    /// <summary>Removes what no manifest names. What the disk does not let go of now stays until the next open, and no new part takes its name.</summary>
    private void RemoveStrays()
    {
        foreach (var name in _files.List(Path.Combine(Folder, TemporaryFolder)))
        {
            Remove(TemporaryFolder, name);
        }

        foreach (var name in _files.List(Path.Combine(Folder, PartsFolder)).Where(name => !_parts.Contains(name)))
        {
            Remove(PartsFolder, name);
        }
    }

    private void Remove(string folder, string name)
    {
        try
        {
            _files.Delete(Path.Combine(Folder, folder, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unremoved.Add(name);
        }
    }
}
