using System.Diagnostics;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>A stretch of a file under one checksum.</summary>
/// <param name="Offset">Where it starts.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Crc">CRC-32C of them.</param>
public readonly record struct SectionRef(long Offset, int Length, uint Crc)
{
    /// <summary>Appends it: two varints and the checksum.</summary>
    public void Write(ByteWriter target)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.WriteVarint((ulong)Offset);
        target.WriteVarint((ulong)Length);
        target.WriteUInt32(Crc);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static SectionRef Read(ref ByteReader reader) =>
        new((long)reader.ReadVarint(), reader.ReadCount(int.MaxValue), reader.ReadUInt32());
}

/// <summary>
/// Builds a part beside the live ones. Nothing of it is seen before <see cref="Complete"/> and a commit of the manifest; disposed
/// without, it is removed. Failures are <see cref="StorageFailedException"/>. Not thread-safe.
/// </summary>
public sealed class PartWriter : IDisposable
{
    private const string ScratchName = "scratch";

    private readonly IFileSystem _files;
    private readonly Manifest _manifest;
    private readonly string _temporary;
    private readonly List<PartFileWriter> _open = [];
    private IStoredFile? _scratch;
    private bool _completed;

    /// <summary>Begins a part.</summary>
    public PartWriter(IFileSystem files, Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(manifest);
        _files = files;
        _manifest = manifest;
        Name = manifest.NewPartName();
        _temporary = Path.Combine(manifest.Folder, Manifest.TemporaryFolder, Name);
        StorageIo.Run($"building part {Name}", () =>
        {
            files.Delete(_temporary);
            files.CreateFolder(_temporary);
        });
    }

    /// <summary>The part's name.</summary>
    public string Name { get; }

    /// <summary>Bytes written to all files so far.</summary>
    public long Bytes => _open.Sum(f => f.Length);

    /// <summary>Begins a file of the part, with an 8-byte header of magic and version.</summary>
    public PartFileWriter CreateFile(string name, uint magic, uint version)
    {
        PartFileWriter? file = null;
        StorageIo.Run($"building part {Name}", () => file = new PartFileWriter(_files.Create(Path.Combine(_temporary, name)), magic, version));
        _open.Add(file!);
        return file!;
    }

    /// <summary>Makes a file for what is too large to hold while the part is built; it is no file of the part, and gone when the part is complete.</summary>
    public IStoredFile CreateScratch()
    {
        if (_scratch is not null)
        {
            throw new UnreachableException("BUG: a part has one scratch file");
        }

        StorageIo.Run($"building part {Name}", () => _scratch = _files.Create(Path.Combine(_temporary, ScratchName)));
        return _scratch!;
    }

    /// <summary>Syncs all files and moves the part to the live ones; the manifest's commit is the caller's next step.</summary>
    public void Complete()
    {
        StorageIo.Run($"completing part {Name}", () =>
        {
            foreach (var file in _open)
            {
                file.Finish();
            }

            if (_scratch is not null)
            {
                _scratch.Dispose();
                _files.Delete(Path.Combine(_temporary, ScratchName));
            }

            _files.SyncFolder(_temporary);
            _files.Rename(_temporary, _manifest.PathOf(Name));
            _files.SyncFolder(Path.Combine(_manifest.Folder, Manifest.PartsFolder));
        });
        _completed = true;
    }

    /// <summary>Closes; removes what was not completed.</summary>
    public void Dispose()
    {
        foreach (var file in _open)
        {
            file.Dispose();
        }

        _scratch?.Dispose();
        if (!_completed)
        {
            try
            {
                _files.Delete(_temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next open removes it.
            }
        }
    }
}

/// <summary>A file of a part being built: appended to through a buffer. Not thread-safe.</summary>
public sealed class PartFileWriter : IDisposable
{
    /// <summary>Magic and version at the start of each file of a part.</summary>
    public const int HeaderBytes = 8;

    private const int BufferBytes = 256 << 10;
    private readonly IStoredFile _file;
    private readonly ByteWriter _buffer = new(BufferBytes);
    private long _flushed;

    internal PartFileWriter(IStoredFile file, uint magic, uint version)
    {
        _file = file;
        _buffer.WriteUInt32(magic);
        _buffer.WriteUInt32(version);
    }

    /// <summary>Bytes appended, the header included: the offset of the next.</summary>
    public long Length => _flushed + _buffer.Length;

    /// <summary>Appends a section and says where it is.</summary>
    public SectionRef Append(ReadOnlySpan<byte> section)
    {
        var at = Length;
        _buffer.Write(section);
        if (_buffer.Length >= BufferBytes)
        {
            StorageIo.Run("writing a part", Flush);
        }

        return new SectionRef(at, section.Length, Crc32C.Compute(section));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _buffer.Dispose();
    }

    internal void Finish()
    {
        Flush();
        _file.Sync();
    }

    private void Flush()
    {
        _file.Write(_flushed, _buffer.Written);
        _flushed += _buffer.Length;
        _buffer.Clear();
    }
}
