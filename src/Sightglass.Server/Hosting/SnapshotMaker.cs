using System.Globalization;
using System.Security.Cryptography;
using Sightglass.Core.Errors;
using Sightglass.Events;
using Sightglass.Metrics;
using Sightglass.Server.State;
using Sightglass.Storage;

namespace Sightglass.Server.Hosting;

/// <summary>
/// Makes snapshots of a data folder inside it, in <c>snapshots/</c>: parts are hard links, the rest is small. Senders and queries go on. One at a time.
/// </summary>
internal sealed class SnapshotMaker(string root, MetricStore metrics, EventStore events, StateDatabase state, TimeProvider time)
{
    /// <summary>Folder of snapshots in the data folder.</summary>
    public const string FolderName = "snapshots";

    private readonly Lock _gate = new();
    private readonly DiskFileSystem _files = DiskFileSystem.Instance;

    private string Folder => Path.Combine(root, FolderName);

    /// <summary>Makes a snapshot and returns its name, which is made as Prometheus makes it.</summary>
    /// <param name="skipHead">Leaves out what is in memory only.</param>
    /// <exception cref="StorageFailedException">The disk did not take it; nothing is left of it.</exception>
    public string Make(bool skipHead)
    {
        lock (_gate)
        {
            var name = $"{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
            var unfinished = Path.Combine(Folder, name + DurableFile.TemporarySuffix);
            try
            {
                RemoveUnfinished();
                _files.CreateFolder(unfinished);
                metrics.Snapshot(Path.Combine(unfinished, "metrics"), skipHead);
                events.Snapshot(Path.Combine(unfinished, "events"), skipHead);
                state.CopyTo(Path.Combine(unfinished, StateDatabase.FileName));
                LinkPushedGroups(unfinished);
                DurableFile.Replace(_files, unfinished, DataFolder.VersionFile, DurableFile.ReadAll(_files, Path.Combine(root, DataFolder.VersionFile), 1024));
                _files.Rename(unfinished, Path.Combine(Folder, name));
                _files.SyncFolder(Folder);
                return name;
            }
            catch (Exception e) when (e is StorageFailedException or IOException or UnauthorizedAccessException)
            {
                RemoveUnfinished();
                throw e is StorageFailedException ? e : new StorageFailedException($"making snapshot {name}: {e.Message}", e);
            }
        }
    }

    private void LinkPushedGroups(string target)
    {
        var groups = Path.Combine(root, "pushgateway");
        var folder = Path.Combine(target, "pushgateway");
        _files.CreateFolder(folder);
        foreach (var file in _files.List(groups))
        {
            try
            {
                // Groups are replaced by files of other inodes, so a link keeps what is there now.
                _files.HardLink(Path.Combine(groups, file), Path.Combine(folder, file));
            }
            catch (IOException) when (!_files.Exists(Path.Combine(groups, file)))
            {
                // Deleted or replaced meanwhile.
            }
        }

        _files.SyncFolder(folder);
    }

    /// <summary>Removes what is left of snapshots that were not finished: their links keep parts from being freed.</summary>
    public void RemoveUnfinished()
    {
        try
        {
            foreach (var left in _files.List(Folder).Where(static n => n.EndsWith(DurableFile.TemporarySuffix, StringComparison.Ordinal)))
            {
                _files.Delete(Path.Combine(Folder, left));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next snapshot tries again.
        }
    }
}
