using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>Small files that are replaced as a whole. After a crash the old or the new contents are there, never a mixture.</summary>
public static class DurableFile
{
    /// <summary>Suffix of files that are not finished; removed at the next open.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Writes beside, syncs, renames, syncs the folder.</summary>
    public static void Replace(IFileSystem files, string folder, string name, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(files);
        var path = Path.Combine(folder, name);
        var temporary = path + TemporarySuffix;
        files.Delete(temporary);
        using (var file = files.Create(temporary))
        {
            file.Write(0, bytes);
            file.Sync();
        }

        files.Rename(temporary, path);
        files.SyncFolder(folder);
    }

    /// <summary>Reads a whole file of at most <paramref name="maxBytes"/>.</summary>
    /// <exception cref="CorruptDataException">It is larger.</exception>
    public static byte[] ReadAll(IFileSystem files, string path, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var file = files.OpenRead(path);
        if (file.Length > maxBytes)
        {
            throw new CorruptDataException(path, "file", 0, $"got {file.Length} bytes, want at most {maxBytes}");
        }

        var bytes = new byte[file.Length];
        var read = file.Read(0, bytes);
        return read == bytes.Length ? bytes : bytes[..read];
    }
}
