namespace Sightglass.Storage;

/// <summary>A part on disk, as the disk's bound sees it.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Signal">What is in it: metrics, logs or traces.</param>
/// <param name="Name">Its name with its owner.</param>
/// <param name="Day">Days since the Unix epoch: its partition.</param>
/// <param name="NewestMs">Its newest item, milliseconds since the Unix epoch.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct StoredPart(IPartOwner Owner, string Signal, string Name, long Day, long NewestMs, long Bytes);

/// <summary>An engine whose parts may be given up for the room that they take. Thread-safe.</summary>
public interface IPartOwner
{
    /// <summary>Bytes of all parts and logs.</summary>
    long DiskBytes { get; }

    /// <summary>The parts at this moment.</summary>
    IReadOnlyList<StoredPart> StoredParts();

    /// <summary>Gives parts up, durably. Those that are gone meanwhile, into a merge for instance, are no error.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">Nothing has changed.</exception>
    void DropParts(IReadOnlyCollection<string> names);
}
