using Sightglass.Storage;

namespace Sightglass.TestKit.Faults;

/// <summary>What goes wrong.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The operation fails and does nothing.</summary>
    Fail,

    /// <summary>A write stores half of its bytes and fails; other operations fail.</summary>
    ShortWrite,

    /// <summary>From the operation on everything fails, until <see cref="FaultyFileSystem.Restart"/>.</summary>
    Crash,
}

/// <summary>
/// A file system in memory that knows what was synced: <see cref="Restart"/> gives what a machine finds after a power cut, or what
/// a process finds after a kill. A fault can be set for the n-th changing operation. Thread-safe.
/// </summary>
public sealed class FaultyFileSystem : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly Folder _root;
    private long _capacity = long.MaxValue;
    private bool _crashed;

    /// <summary>Makes an empty one.</summary>
    public FaultyFileSystem()
        : this(new Folder())
    {
    }

    private FaultyFileSystem(Folder root) => _root = root;

    /// <summary>Changing operations so far: create, write, cut, sync, rename, delete, link.</summary>
    public int Operations { get; private set; }

    /// <summary>The number of the operation that goes wrong, counted from 1; 0: none.</summary>
    public int FaultAt { get; set; }

    /// <summary>What goes wrong there.</summary>
    public Fault FaultKind { get; set; }

    /// <summary>When true, every sync fails.</summary>
    public bool SyncsFail { get; set; }

    /// <summary>Called with the path after each write to a file, on the thread that wrote: for what else happens in the middle of a flush or merge.</summary>
    public Action<string>? Written { get; set; }

    /// <summary>Bytes that all files together may have; writes beyond fail as on a full disk, with what fits written.</summary>
    public long Capacity
    {
        get => _capacity;
        set => _capacity = value;
    }

    /// <summary>What is found after a stop: of the machine (<paramref name="loseUnsynced"/>) or of the process only.</summary>
    public FaultyFileSystem Restart(bool loseUnsynced)
    {
        lock (_gate)
        {
            return new FaultyFileSystem(_root.After(loseUnsynced));
        }
    }

    /// <summary>All files with their contents as they are visible, by path.</summary>
    public IReadOnlyList<string> AllFiles()
    {
        lock (_gate)
        {
            var found = new List<string>();
            Walk(_root, string.Empty, found);
            return found;
        }
    }

    /// <summary>Flips one bit of a file, unseen by everybody.</summary>
    public void FlipBit(string path, long bit)
    {
        lock (_gate)
        {
            var file = (FileNode)Find(path)!;
            var bytes = file.Bytes.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (int)(bit % 8));
            file.Bytes = bytes;
            file.Synced = bytes;
        }
    }

    /// <summary>Size of a file.</summary>
    public long SizeOf(string path)
    {
        lock (_gate)
        {
            return ((FileNode)Find(path)!).Bytes.Length;
        }
    }

    /// <inheritdoc/>
    public IStoredFile Create(string path)
    {
        lock (_gate)
        {
            Step();
            var (folder, name) = Parent(path);
            if (folder.Entries.ContainsKey(name))
            {
                throw new IOException($"{path} exists");
            }

            var file = new FileNode();
            folder.Entries[name] = file;
            return new OpenFile(this, file, path);
        }
    }

    /// <inheritdoc/>
    public IStoredFile OpenWritable(string path) => OpenRead(path);

    /// <inheritdoc/>
    public IStoredFile OpenRead(string path)
    {
        lock (_gate)
        {
            ThrowIfCrashed();
            return Find(path) is FileNode file ? new OpenFile(this, file, path) : throw new FileNotFoundException(path);
        }
    }

    /// <inheritdoc/>
    public void CreateFolder(string path)
    {
        lock (_gate)
        {
            if (Find(path) is Folder)
            {
                ThrowIfCrashed();
                return;
            }

            Step();
            var folder = _root;
            foreach (var name in Names(path))
            {
                if (!folder.Entries.TryGetValue(name, out var next))
                {
                    folder.Entries[name] = next = new Folder();
                }

                folder = (Folder)next;
            }
        }
    }

    /// <inheritdoc/>
    public void SyncFolder(string path)
    {
        lock (_gate)
        {
            Step(sync: true);
            var folder = Find(path) as Folder ?? throw new DirectoryNotFoundException(path);
            folder.Synced = new(folder.Entries);
            // Making a folder durable is part of making what is in it durable, for the folders above the engine's own.
            var above = _root;
            foreach (var name in Names(path))
            {
                above.Synced[name] = above.Entries[name];
                above = (Folder)above.Entries[name];
            }
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            Step();
            var (source, sourceName) = Parent(from);
            var (target, targetName) = Parent(to);
            if (!source.Entries.Remove(sourceName, out var node))
            {
                throw new FileNotFoundException(from);
            }

            target.Entries[targetName] = node;
        }
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        lock (_gate)
        {
            ThrowIfCrashed();
            if (Find(path) is null)
            {
                return;
            }

            Step();
            var (folder, name) = Parent(path);
            folder.Entries.Remove(name);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        lock (_gate)
        {
            ThrowIfCrashed();
            return Find(path) is not null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        lock (_gate)
        {
            ThrowIfCrashed();
            return Find(folder) is Folder found ? [.. found.Entries.Keys] : [];
        }
    }

    /// <inheritdoc/>
    public void HardLink(string existing, string path)
    {
        lock (_gate)
        {
            Step();
            var (folder, name) = Parent(path);
            folder.Entries[name] = Find(existing) ?? throw new FileNotFoundException(existing);
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string path) => _capacity == long.MaxValue ? long.MaxValue : _capacity - Used(_root);

    private static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static long Used(Node node) => node switch
    {
        FileNode file => file.Bytes.Length,
        Folder folder => folder.Entries.Values.Sum(Used),
        _ => 0,
    };

    private static void Walk(Folder folder, string path, List<string> found)
    {
        foreach (var (name, node) in folder.Entries)
        {
            if (node is Folder inner)
            {
                Walk(inner, $"{path}/{name}", found);
            }
            else
            {
                found.Add($"{path}/{name}");
            }
        }
    }

    private Fault Step(bool sync = false)
    {
        ThrowIfCrashed();
        Operations++;
        var fault = Operations == FaultAt ? FaultKind : Fault.None;
        if (fault == Fault.Crash)
        {
            _crashed = true;
        }

        if (fault is Fault.Fail or Fault.Crash || (sync && SyncsFail))
        {
            throw new IOException($"injected fault at operation {Operations}");
        }

        return fault;
    }

    private void ThrowIfCrashed()
    {
        if (_crashed)
        {
            throw new IOException("the machine has stopped");
        }
    }

    private Node? Find(string path)
    {
        Node? node = _root;
        foreach (var name in Names(path))
        {
            node = node is Folder folder && folder.Entries.TryGetValue(name, out var next) ? next : null;
        }

        return node;
    }

    private (Folder Folder, string Name) Parent(string path)
    {
        var names = Names(path);
        var folder = Find(string.Join('/', names[..^1])) as Folder ?? throw new DirectoryNotFoundException(path);
        return (folder, names[^1]);
    }

    private abstract class Node
    {
        public abstract Node After(bool loseUnsynced);
    }

    private sealed class Folder : Node
    {
        public SortedDictionary<string, Node> Entries { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Node> Synced { get; set; } = [];

        public override Folder After(bool loseUnsynced)
        {
            var after = new Folder();
            foreach (var (name, node) in loseUnsynced ? (IEnumerable<KeyValuePair<string, Node>>)Synced : Entries)
            {
                after.Entries[name] = after.Synced[name] = node.After(loseUnsynced);
            }

            return after;
        }
    }

    private sealed class FileNode : Node
    {
        public byte[] Bytes { get; set; } = [];

        public byte[] Synced { get; set; } = [];

        public override FileNode After(bool loseUnsynced)
        {
            var kept = loseUnsynced ? Synced : Bytes;
            return new FileNode { Bytes = kept, Synced = kept };
        }
    }

    private sealed class OpenFile(FaultyFileSystem files, FileNode file, string path) : IStoredFile
    {
        public long Length
        {
            get
            {
                lock (files._gate)
                {
                    return file.Bytes.Length;
                }
            }
        }

        public int Read(long offset, Span<byte> buffer)
        {
            lock (files._gate)
            {
                files.ThrowIfCrashed();
                if (offset >= file.Bytes.Length)
                {
                    return 0;
                }

                var bytes = file.Bytes.AsSpan((int)offset);
                var count = Math.Min(bytes.Length, buffer.Length);
                bytes[..count].CopyTo(buffer);
                return count;
            }
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            lock (files._gate)
            {
                var fault = files.Step();
                var fits = files._capacity == long.MaxValue ? bytes.Length : (int)Math.Clamp(files._capacity - Used(files._root), 0, bytes.Length);
                var count = fault == Fault.ShortWrite ? Math.Min(fits, bytes.Length / 2) : fits;
                var after = new byte[Math.Max(file.Bytes.Length, offset + count)];
                file.Bytes.CopyTo(after, 0);
                bytes[..count].CopyTo(after.AsSpan((int)offset));
                file.Bytes = after;
                if (count < bytes.Length)
                {
                    throw new IOException("no space left on device");
                }
            }

            files.Written?.Invoke(path);
        }

        public void SetLength(long length)
        {
            lock (files._gate)
            {
                files.Step();
                var bytes = file.Bytes;
                Array.Resize(ref bytes, (int)length);
                file.Bytes = bytes;
            }
        }

        public void Sync()
        {
            lock (files._gate)
            {
                files.Step(sync: true);
                file.Synced = file.Bytes.ToArray();
            }
        }

        public void Dispose()
        {
        }
    }
}
