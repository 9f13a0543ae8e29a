using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>
/// An open part, counted: it begins with one reference, the engine's own. Its files are closed, and deleted when
/// <see cref="RemoveWhenUnused"/> was called, once the last reference is released. Thread-safe.
/// </summary>
public abstract class PartReader
{
    private readonly IFileSystem _files;
    private readonly List<PartFile> _open = [];
    private int _references = 1;
    private volatile bool _remove;

    /// <summary>Opens nothing yet.</summary>
    protected PartReader(IFileSystem files, Manifest manifest, string name)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        _files = files;
        Name = name;
        Folder = manifest.PathOf(name);
    }

    /// <summary>The part's name.</summary>
    public string Name { get; }

    /// <summary>The part's folder.</summary>
    public string Folder { get; }

    /// <summary>Bytes of the files opened.</summary>
    public long Bytes => _open.Sum(f => f.Length);

    /// <summary>Takes a reference; false when the part is gone already.</summary>
    public bool TryAcquire()
    {
        while (true)
        {
            var now = Volatile.Read(ref _references);
            if (now == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _references, now + 1, now) == now)
            {
                return true;
            }
        }
    }

    /// <summary>Gives a reference back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
        {
            return;
        }

        foreach (var file in _open)
        {
            file.Dispose();
        }

        if (_remove)
        {
            try
            {
                _files.Delete(Folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No manifest names it: the next open removes it.
            }
        }
    }

    /// <summary>Has the folder deleted with the last reference. The manifest must not name the part any more.</summary>
    public void RemoveWhenUnused() => _remove = true;

    /// <summary>Opens a file of the part and checks magic and version. For constructors.</summary>
    /// <exception cref="CorruptDataException">It is missing or not what it should be.</exception>
    protected PartFile OpenFile(string name, uint magic, uint version) => OpenFile(name, magic, version, version, out _);

    /// <summary>Opens a file of the part, checks magic, and tells which of the versions that can be read it has. For constructors.</summary>
    /// <exception cref="CorruptDataException">It is missing or not what it should be.</exception>
    protected PartFile OpenFile(string name, uint magic, uint oldest, uint newest, out uint version)
    {
        var path = Path.Combine(Folder, name);
        IStoredFile stored;
        try
        {
            stored = _files.OpenRead(path);
        }
        catch (FileNotFoundException)
        {
            throw new CorruptDataException(path, "file", 0, "it is missing");
        }
        catch (DirectoryNotFoundException)
        {
            throw new CorruptDataException(path, "file", 0, "its part's folder is missing");
        }

        var file = new PartFile(stored, path);
        _open.Add(file);
        version = file.CheckHeader(magic, oldest, newest);
        return file;
    }
}

/// <summary>An open file of a part. Thread-safe.</summary>
public sealed class PartFile : IDisposable
{
    private readonly IStoredFile _file;

    internal PartFile(IStoredFile file, string path)
    {
        _file = file;
        Path = path;
        Length = file.Length;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its size in bytes.</summary>
    public long Length { get; }

    /// <summary>Reads a section into a buffer of its length and checks it.</summary>
    /// <exception cref="CorruptDataException">The checksum does not hold, or the section is not inside the file.</exception>
    public void Read(SectionRef section, string what, Span<byte> buffer)
    {
        if (section.Offset < 0 || section.Length > Length - section.Offset || buffer.Length != section.Length)
        {
            throw new CorruptDataException(Path, what, section.Offset, $"got a section of {section.Length} bytes in a file of {Length}");
        }

        int read;
        try
        {
            read = _file.Read(section.Offset, buffer);
        }
        catch (IOException e)
        {
            throw new CorruptDataException(Path, what, section.Offset, e.Message);
        }

        if (read != buffer.Length)
        {
            throw new CorruptDataException(Path, what, section.Offset, $"got {read} bytes, want {buffer.Length}");
        }

        var crc = Crc32C.Compute(buffer);
        if (crc != section.Crc)
        {
            throw new CorruptDataException(Path, what, section.Offset, $"got checksum {crc:x8}, want {section.Crc:x8}");
        }
    }

    /// <summary>Reads a section into a new array.</summary>
    /// <exception cref="CorruptDataException">As <see cref="Read(SectionRef, string, Span{byte})"/>.</exception>
    public byte[] Read(SectionRef section, string what)
    {
        if (section.Length > Length)
        {
            throw new CorruptDataException(Path, what, section.Offset, $"got a section of {section.Length} bytes in a file of {Length}");
        }

        var bytes = new byte[section.Length];
        Read(section, what, bytes);
        return bytes;
    }

    /// <summary>Reads bytes that carry their own check.</summary>
    public byte[] ReadRaw(long offset, int length)
    {
        if (offset < 0 || length < 0 || length > Length - offset)
        {
            throw new CorruptDataException(Path, "file", offset, $"got a file of {Length} bytes, want {length} more there");
        }

        var bytes = new byte[length];
        var read = _file.Read(offset, bytes);
        return read == length ? bytes : throw new CorruptDataException(Path, "file", offset, $"got {read} bytes, want {length}");
    }

    /// <summary>Fills a buffer with bytes that carry their own check, or were checked before.</summary>
    /// <exception cref="CorruptDataException">They cannot be read.</exception>
    public void ReadRaw(long offset, Span<byte> buffer)
    {
        int read;
        try
        {
            read = _file.Read(offset, buffer);
        }
        catch (IOException e)
        {
            throw new CorruptDataException(Path, "file", offset, e.Message);
        }

        if (read != buffer.Length)
        {
            throw new CorruptDataException(Path, "file", offset, $"got {read} bytes, want {buffer.Length}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal uint CheckHeader(uint magic, uint oldest, uint newest)
    {
        Span<byte> header = stackalloc byte[PartFileWriter.HeaderBytes];
        if (_file.Read(0, header) != header.Length || BinaryPrimitives.ReadUInt32LittleEndian(header) != magic)
        {
            throw new CorruptDataException(Path, "file header", 0, "got another magic number");
        }

        var got = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (got < oldest || got > newest)
        {
            throw new CorruptDataException(Path, "file header", 4, $"got version {got}, want {(oldest == newest ? $"{newest}" : $"{oldest} to {newest}")}");
        }

        return got;
    }
}
