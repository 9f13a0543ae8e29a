namespace Sightglass.Alerting;

/// <summary>Keeps what people set (silences, overrides of rotations) over a restart. Thread-safe.</summary>
/// <typeparam name="T">What is kept, by an id.</typeparam>
public interface IEntryStore<T>
{
    /// <summary>Everything stored.</summary>
    IReadOnlyList<T> Load();

    /// <summary>Adds or replaces one.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">It could not be stored.</exception>
    void Save(T entry);

    /// <summary>Removes one.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">It could not be stored.</exception>
    void Delete(string id);
}
