using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// Makes a folder that an engine can be opened on, of an engine that goes on writing: parts are hard links, so it costs names and no
/// bytes. The caller sees to it that manifest and parts do not change meanwhile, and that what is in memory was written to parts before.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="folder">The engine's folder.</param>
/// <param name="target">The folder to make; its parent exists.</param>
public sealed class EngineSnapshot(IFileSystem files, string folder, string target)
{
    /// <summary>Links all live parts and writes a manifest of them.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; what was made so far is the caller's to remove.</exception>
    public void AddParts(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        StorageIo.Run($"linking parts into {target}", () =>
        {
            var parts = Path.Combine(target, Manifest.PartsFolder);
            files.CreateFolder(parts);
            foreach (var part in manifest.Parts)
            {
                LinkFolder(manifest.PathOf(part), Path.Combine(parts, part));
            }

            files.SyncFolder(parts);
        });
        manifest.WriteTo(target);
    }

    /// <summary>Copies a small file of the engine's folder, if it is there.</summary>
    /// <exception cref="StorageFailedException">As <see cref="AddParts"/>.</exception>
    public void AddFile(string name, int maxBytes) => StorageIo.Run($"copying {name} into {target}", () =>
    {
        files.CreateFolder(target);
        var path = Path.Combine(folder, name);
        if (files.Exists(path))
        {
            DurableFile.Replace(files, target, name, DurableFile.ReadAll(files, path, maxBytes));
        }
    });

    /// <summary>Links the segments of a log of the engine that are closed; those already dropped meanwhile are left out.</summary>
    /// <exception cref="StorageFailedException">As <see cref="AddParts"/>.</exception>
    public void AddLog(WriteAheadLog log, string name)
    {
        ArgumentNullException.ThrowIfNull(log);
        StorageIo.Run($"linking {name} into {target}", () => files.CreateFolder(Path.Combine(target, name)));
        log.LinkTo(Path.Combine(target, name));
    }

    private void LinkFolder(string from, string to)
    {
        files.CreateFolder(to);
        foreach (var file in files.List(from))
        {
            files.HardLink(Path.Combine(from, file), Path.Combine(to, file));
        }

        files.SyncFolder(to);
    }
}
