namespace Sightglass.Storage;

/// <summary>
/// Every file access of the engines. Failures are <see cref="IOException"/>s. Paths are absolute or relative to the process.
/// What is not synced may be lost when the machine stops; a killed process loses nothing that was written. Thread-safe.
/// </summary>
public interface IFileSystem
{
    /// <summary>Makes a new file to write; fails when there is one of that name.</summary>
    IStoredFile Create(string path);

    /// <summary>Opens a file to read and to write behind its end.</summary>
    IStoredFile OpenWritable(string path);

    /// <summary>Opens a file to read.</summary>
    IStoredFile OpenRead(string path);

    /// <summary>Makes a folder and the folders above it where they are missing.</summary>
    void CreateFolder(string path);

    /// <summary>Makes the names in a folder durable: after creating, renaming or deleting in it.</summary>
    void SyncFolder(string path);

    /// <summary>Gives a file or folder another name in one step; a file of that name is replaced. Durable after <see cref="SyncFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file, or a folder with all in it. What is not there is no error.</summary>
    void Delete(string path);

    /// <summary>Whether there is a file or folder of that name.</summary>
    bool Exists(string path);

    /// <summary>Names (not paths) of files and folders in a folder, sorted ordinally; none when there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Gives an existing file a second name; both live on their own after.</summary>
    void HardLink(string existing, string path);

    /// <summary>Bytes free for this process on the disk of <paramref name="path"/>.</summary>
    long FreeBytes(string path);
}

/// <summary>An open file. Reads at an offset are thread-safe; one writer at a time.</summary>
public interface IStoredFile : IDisposable
{
    /// <summary>Size in bytes.</summary>
    long Length { get; }

    /// <summary>Reads at an offset until the buffer is full or the file ends; returns the bytes read.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes at an offset. After a failure any prefix may have been written.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file to a length.</summary>
    void SetLength(long length);

    /// <summary>Returns when the contents are on the disk. After a failure nothing may be assumed of what was written since the last success.</summary>
    void Sync();
}
