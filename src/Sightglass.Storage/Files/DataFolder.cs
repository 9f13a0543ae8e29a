using System.Text;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// The data folder of one server: made where it is missing, checked for its version and held under an exclusive lock
/// (<c>LOCK</c>) until disposed, so that two processes never write to one folder.
/// </summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>Version of the layout that this build writes and reads, as it stands in <c>VERSION</c>.</summary>
    public const int Version = 1;

    /// <summary>Name of the file that holds <see cref="Version"/>.</summary>
    public const string VersionFile = "VERSION";

    /// <summary>A folder with a file of this name holds a part of what is being restored.</summary>
    public const string RestoringFile = "RESTORING";

    private const string LockFile = "LOCK";

    /// <summary>Bytes of <see cref="VersionFile"/> that are read.</summary>
    private const int MaxVersionBytes = 1024;

    private readonly SafeFileHandle _lock;

    private DataFolder(string path, SafeFileHandle heldLock)
    {
        Root = path;
        _lock = heldLock;
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Opens or makes a data folder.</summary>
    /// <exception cref="StorageFailedException">It cannot be made, another process holds it, or its version is not known.</exception>
    public static DataFolder Open(string path)
    {
        SafeFileHandle? held = null;
        try
        {
            Directory.CreateDirectory(path);
            try
            {
                held = Hold(Path.Combine(path, LockFile));
            }
            catch (IOException e) when (File.Exists(Path.Combine(path, LockFile)))
            {
                throw new StorageFailedException($"data folder {path} is in use by another process", e);
            }

            CheckVersion(path);
            var folder = new DataFolder(path, held);
            held = null;
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CorruptDataException)
        {
            throw new StorageFailedException($"opening data folder {path}: {e.Message}", e);
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static SafeFileHandle Hold(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && File.Exists(path))
        {
            // On a disk that is read-only now, what is stored is served all the same.
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None);
        }
    }

    private static void CheckVersion(string path)
    {
        if (File.Exists(Path.Combine(path, RestoringFile)))
        {
            throw new StorageFailedException($"data folder {path} holds a restore that was not finished: run it again");
        }

        var file = Path.Combine(path, VersionFile);
        if (!File.Exists(file))
        {
            DurableFile.Replace(DiskFileSystem.Instance, path, VersionFile, Encoding.ASCII.GetBytes($"{Version}\n"));
            return;
        }

        var text = Encoding.ASCII.GetString(DurableFile.ReadAll(DiskFileSystem.Instance, file, MaxVersionBytes)).Trim();
        if (text != $"{Version}")
        {
            throw new StorageFailedException($"data folder {path} has version {text}, want {Version}");
        }
    }
}
