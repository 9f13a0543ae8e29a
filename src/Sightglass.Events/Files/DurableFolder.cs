using System.Runtime.InteropServices;
using System.Text;
using Sightglass.Core.Errors;

namespace Sightglass.Events.Files;

/// <summary>
/// File operations whose effect survives a power cut: a file replaced as a whole is either the old or the new one, and a name that was made or
/// renamed stays so once this returns. Every failure is a <see cref="StorageFailedException"/>.
/// </summary>
internal static class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>Runs a file operation and turns its failure into the kind that senders are told about.</summary>
    public static T Guard<T>(string what, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"{what}: {e.Message}", e);
        }
    }

    /// <summary>As <see cref="Guard{T}"/>.</summary>
    public static void Guard(string what, Action operation) => Guard(what, () =>
    {
        operation();
        return true;
    });

    /// <summary>Writes temp, syncs, renames, syncs the folder.</summary>
    public static void Replace(string path, ReadOnlyMemory<byte> content)
    {
        Guard($"writing {path}", () =>
        {
            var temporary = path + ".tmp";
            File.Delete(temporary);
            WriteNew(temporary, content);
            File.Move(temporary, path, overwrite: true);
            Sync(Path.GetDirectoryName(path)!);
        });
    }

    /// <summary>Writes a file that must not exist and syncs it.</summary>
    public static void WriteNew(string path, ReadOnlyMemory<byte> content)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, content.Span, 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Syncs the names in a folder. The framework has no call for this.</summary>
    public static void Sync(string folder)
    {
        var descriptor = Open(Encoding.UTF8.GetBytes(folder + "\0"), ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"cannot open folder {folder} to sync it: error {Marshal.GetLastPInvokeError()}");
        }

        var result = FSync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
        {
            throw new IOException($"cannot sync folder {folder}: error {error}");
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
