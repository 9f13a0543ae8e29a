using System.CommandLine;
using Sightglass.Core.Errors;
using Sightglass.Storage;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass restore SNAPSHOT --data DIR</c>: copies a snapshot to a new data folder, on which a server can be started.</summary>
internal static class RestoreCommand
{
    private const int BufferBytes = 1 << 20;

    public static Command Build()
    {
        var snapshot = new Argument<DirectoryInfo>("SNAPSHOT") { Description = "Folder of the snapshot, such as ./sightglass-data/snapshots/20260101T000000Z-0123456789abcdef." };
        var data = new Option<string>("--data") { Description = "The data folder to make; it must be empty or not there.", Required = true };
        var command = new Command("restore", "Restore a snapshot to a new data folder.") { snapshot, data };
        command.SetAction((result, _) => CommandTree.Guarded(() =>
        {
            var (files, bytes) = Restore(result.GetValue(snapshot)!.FullName, Path.GetFullPath(result.GetValue(data)!));
            Console.WriteLine($"restored {files} files, {bytes} bytes to {result.GetValue(data)}");
            return Task.FromResult(0);
        }));
        return command;
    }

    /// <summary>Copies. A restore that was broken off is begun anew.</summary>
    /// <exception cref="StorageFailedException">The snapshot is none, the target holds something else, or a file cannot be read or written.</exception>
    internal static (int Files, long Bytes) Restore(string snapshot, string target)
    {
        var files = DiskFileSystem.Instance;
        foreach (var needed in (string[])[DataFolder.VersionFile, "metrics", "events"])
        {
            if (!files.Exists(Path.Combine(snapshot, needed)))
            {
                throw new StorageFailedException($"{snapshot} is no snapshot: it has no {needed}");
            }
        }

        var marker = Path.Combine(target, DataFolder.RestoringFile);
        if (files.Exists(marker))
        {
            foreach (var left in files.List(target).Where(static n => n != DataFolder.RestoringFile))
            {
                files.Delete(Path.Combine(target, left));
            }
        }
        else if (files.List(target).Count > 0)
        {
            throw new StorageFailedException($"{target} is not empty");
        }

        files.CreateFolder(target);
        DurableFile.Replace(files, target, DataFolder.RestoringFile, "the folder is not complete\n"u8);
        var copied = CopyFolder(files, snapshot, target);
        files.Delete(marker);
        files.SyncFolder(target);
        return copied;
    }

    private static (int Files, long Bytes) CopyFolder(DiskFileSystem files, string from, string to)
    {
        files.CreateFolder(to);
        var (count, bytes) = (0, 0L);
        foreach (var name in files.List(from))
        {
            var (source, target) = (Path.Combine(from, name), Path.Combine(to, name));
            var (more, moreBytes) = Directory.Exists(source) ? CopyFolder(files, source, target) : (1, CopyFile(files, source, target));
            (count, bytes) = (count + more, bytes + moreBytes);
        }

        files.SyncFolder(to);
        return (count, bytes);
    }

    private static long CopyFile(DiskFileSystem files, string from, string to)
    {
        using var source = files.OpenRead(from);
        using var target = files.Create(to);
        var buffer = new byte[BufferBytes];
        long at = 0;
        while (source.Read(at, buffer) is > 0 and var read)
        {
            target.Write(at, buffer.AsSpan(0, read));
            at += read;
        }

        target.Sync();
        return at;
    }
}
