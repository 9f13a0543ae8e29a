using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// A small file that is replaced as a whole and kept twice, so that a flipped bit costs nothing: magic, version, generation, contents, CRC-32C. The
/// valid copy of the higher generation counts. Not thread-safe.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="folder">The folder, which exists.</param>
/// <param name="name">Name of the file; the second has <c>.copy</c> behind it.</param>
/// <param name="magic">First four bytes.</param>
/// <param name="version">Version written; another is not read.</param>
public sealed class TwinFile(IFileSystem files, string folder, string name, uint magic, uint version)
{
    /// <summary>What stands behind the name of the second file.</summary>
    public const string CopySuffix = ".copy";

    /// <summary>Largest file read.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Magic, version and checksum.</summary>
    private const int FrameBytes = 12;

    private ulong _generation;

    /// <summary>The contents; null when there is no file.</summary>
    /// <exception cref="CorruptDataException">Neither copy holds its check.</exception>
    /// <exception cref="StorageFailedException">A file cannot be read.</exception>
    public byte[]? Read()
    {
        try
        {
            var first = ReadOne(name, out var generation);
            var second = ReadOne(name + CopySuffix, out var otherGeneration);
            if (first is null && second is null)
            {
                return files.Exists(Path.Combine(folder, name)) || files.Exists(Path.Combine(folder, name + CopySuffix))
                    ? throw new CorruptDataException(Path.Combine(folder, name), "file", 0, "neither it nor its copy holds its check")
                    : null;
            }

            var useFirst = first is not null && (second is null || generation >= otherGeneration);
            _generation = useFirst ? generation : otherGeneration;
            return useFirst ? first : second;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"reading {Path.Combine(folder, name)}: {e.Message}", e);
        }
    }

    /// <summary>Replaces the contents; durable on return.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it: the old contents count, unless the machine stops now.</exception>
    public void Write(ReadOnlySpan<byte> contents)
    {
        using var writer = new ByteWriter(contents.Length + 32);
        writer.WriteUInt32(magic);
        writer.WriteUInt32(version);
        writer.WriteVarint(_generation + 1);
        writer.Write(contents);
        writer.WriteUInt32(Crc32C.Compute(writer.Written));
        try
        {
            // The copy first, as the manifest does: between the two the newer one wins by its generation.
            DurableFile.Replace(files, folder, name + CopySuffix, writer.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"writing {Path.Combine(folder, name)}: {e.Message}", e);
        }

        _generation++;
        try
        {
            DurableFile.Replace(files, folder, name, writer.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One copy is enough; the next write makes both again.
        }
    }

    private byte[]? ReadOne(string file, out ulong generation)
    {
        generation = 0;
        var path = Path.Combine(folder, file);
        if (!files.Exists(path))
        {
            return null;
        }

        var bytes = DurableFile.ReadAll(files, path, MaxBytes);
        if (bytes.Length < FrameBytes || Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)))
        {
            return null;
        }

        var reader = new ByteReader(bytes.AsSpan(0, bytes.Length - 4));
        if (reader.ReadUInt32() != magic || reader.ReadUInt32() != version)
        {
            return null;
        }

        generation = reader.ReadVarint();
        return reader.Failed ? null : reader.ReadBytes(reader.Remaining).ToArray();
    }
}
