using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Events.Files;

/// <summary>The list of parts that count, and the number of the last log record that is in them. Replaced as a whole by one rename.</summary>
/// <param name="Covered">Log records up to this number are in parts.</param>
/// <param name="NextPart">Number for the name of the next part; names are never used twice.</param>
/// <param name="Parts">Folders of the parts, relative to the store's folder.</param>
internal sealed record PartManifest(long Covered, long NextPart, IReadOnlyList<string> Parts)
{
    public const string FileName = "MANIFEST";
    public const uint Magic = 0x4d504753; // "SGPM"
    public const uint Version = 1;

    /// <summary>Reads the manifest of a folder; an empty one where there is none.</summary>
    /// <exception cref="CorruptDataException">It does not pass its check: the store does not open, because guessing could bring back removed rows.</exception>
    public static PartManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new PartManifest(0, 1, []);
        }

        var bytes = DurableFolder.Guard($"reading {path}", () => File.ReadAllBytes(path));
        if (bytes.Length < 12 || Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)))
        {
            throw new CorruptDataException(path, "manifest", 0, "checksum does not match");
        }

        var reader = new ByteReader(bytes.AsSpan(0, bytes.Length - 4));
        var isOurs = reader.ReadUInt32() == Magic & reader.ReadUInt32() == Version;
        var (covered, nextPart) = ((long)reader.ReadUInt64(), (long)reader.ReadUInt64());
        var parts = new string[reader.ReadCount(reader.Remaining)];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = reader.ReadString();
        }

        return isOurs && reader.AtEnd ? new PartManifest(covered, nextPart, parts) : throw new CorruptDataException(path, "manifest", 0, "magic or version is not known");
    }

    public void Write(string folder)
    {
        using var bytes = new ByteWriter();
        bytes.WriteUInt32(Magic);
        bytes.WriteUInt32(Version);
        bytes.WriteUInt64((ulong)Covered);
        bytes.WriteUInt64((ulong)NextPart);
        bytes.WriteVarint((ulong)Parts.Count);
        foreach (var part in Parts)
        {
            bytes.WriteString(part);
        }

        bytes.WriteUInt32(Crc32C.Compute(bytes.Written));
        DurableFolder.Replace(Path.Combine(folder, FileName), bytes.WrittenMemory);
    }
}
