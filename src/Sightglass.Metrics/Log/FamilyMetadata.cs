using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;

namespace Sightglass.Metrics.Log;

/// <summary>
/// Metadata of families: in memory, in the log, and in a file that is replaced before records of the log are given up. Thread-safe.
/// </summary>
internal sealed class FamilyMetadata
{
    public const string FileName = "metadata.bin";

    /// <summary>"SGMD" as a little-endian integer.</summary>
    private const uint Magic = 0x444d4753;
    private const uint Version = 1;
    public const int MaxBytes = 256 << 20;

    /// <summary>Families kept; a sender that makes up names does not fill the memory.</summary>
    private const int MaxFamilies = 200_000;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricMetadata> _families = new(StringComparer.Ordinal);
    private readonly IFileSystem _files;
    private readonly string _folder;
    private bool _changed;

    private FamilyMetadata(IFileSystem files, string folder)
    {
        _files = files;
        _folder = folder;
    }

    public static FamilyMetadata Open(IFileSystem files, string folder, Action<string> report)
    {
        var metadata = new FamilyMetadata(files, folder);
        var path = Path.Combine(folder, FileName);
        if (files.Exists(path))
        {
            try
            {
                if (!metadata.TryLoad(DurableFile.ReadAll(files, path, MaxBytes)))
                {
                    report($"{path}: fails its check; types and descriptions of metrics come back with the next scrape");
                }
            }
            catch (IOException e)
            {
                throw new StorageFailedException($"reading {path}: {e.Message}", e);
            }
        }

        return metadata;
    }

    public void Set(MetricMetadata metadata)
    {
        lock (_gate)
        {
            if (_families.TryGetValue(metadata.Family, out var known) ? known != metadata : _families.Count < MaxFamilies)
            {
                _families[metadata.Family] = metadata;
                _changed = true;
            }
        }
    }

    public IReadOnlyList<MetricMetadata> Get(string? family)
    {
        lock (_gate)
        {
            return family is null ? [.. _families.Values] : _families.TryGetValue(family, out var one) ? [one] : [];
        }
    }

    /// <summary>Writes the file when something changed.</summary>
    /// <exception cref="StorageFailedException">The old file is still there.</exception>
    public void Save()
    {
        using var writer = new ByteWriter();
        lock (_gate)
        {
            if (!_changed)
            {
                return;
            }

            writer.WriteUInt32(Magic);
            writer.WriteUInt32(Version);
            writer.WriteVarint((ulong)_families.Count);
            foreach (var family in _families.Values)
            {
                BatchRecord.WriteMetadata(writer, family);
            }

            _changed = false;
        }

        writer.WriteUInt32(Crc32C.Compute(writer.Written));
        try
        {
            DurableFile.Replace(_files, _folder, FileName, writer.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                _changed = true;
            }

            throw new StorageFailedException($"writing {FileName}: {e.Message}", e);
        }
    }

    private bool TryLoad(byte[] bytes)
    {
        if (bytes.Length < 12 || Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)))
        {
            return false;
        }

        var reader = new ByteReader(bytes.AsSpan(0, bytes.Length - 4));
        if (reader.ReadUInt32() != Magic || reader.ReadUInt32() != Version)
        {
            return false;
        }

        var count = reader.ReadCount(MaxFamilies);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var one = BatchRecord.ReadMetadata(ref reader);
            _families[one.Family] = one;
        }

        return reader.AtEnd;
    }
}
