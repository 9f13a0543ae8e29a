using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;

namespace Sightglass.Events.Records;

/// <summary>Positions of sources as they were when the log had come to a record.</summary>
/// <param name="Sequence">That record.</param>
/// <param name="Positions">Position by source.</param>
internal sealed record PositionSet(long Sequence, IReadOnlyDictionary<string, string> Positions)
{
    public static PositionSet Empty { get; } = new(0, new Dictionary<string, string>());
}

/// <summary>
/// Keeps positions of sources whose records the log no longer has. It is written before the manifest says that those records are in parts, and holds the
/// set before it too: whichever of the two the manifest's covered record asks for is there, so rows and positions always belong together.
/// </summary>
internal sealed class PositionFile(IFileSystem files, string folder)
{
    public const string Name = "positions";

    /// <summary>"SGSP" as a little-endian integer.</summary>
    private const uint Magic = 0x50534753;
    private const uint Version = 1;

    private readonly TwinFile _file = new(files, folder, Name, Magic, Version);
    private PositionSet _committed = PositionSet.Empty;

    /// <summary>The positions that belong to the parts of a manifest.</summary>
    /// <exception cref="CorruptDataException">The file does not hold its check: sources are read as if they had not been seen.</exception>
    public PositionSet Read(long coveredSequence)
    {
        if (_file.Read() is not { } bytes)
        {
            return _committed;
        }

        var reader = new ByteReader(bytes);
        var sets = reader.ReadCount(2);
        for (var i = 0; i < sets && !reader.Failed; i++)
        {
            var sequence = (long)reader.ReadVarint();
            var positions = new Dictionary<string, string>(StringComparer.Ordinal);
            var count = reader.ReadCount(reader.Remaining);
            for (var j = 0; j < count && !reader.Failed; j++)
            {
                var source = reader.ReadString(ReadPosition.MaxBytes);
                positions[source] = reader.ReadString(ReadPosition.MaxBytes);
            }

            if (!reader.Failed && sequence <= coveredSequence && sequence >= _committed.Sequence)
            {
                _committed = new PositionSet(sequence, positions);
            }
        }

        return reader.AtEnd ? _committed : throw new CorruptDataException(Path.Combine(folder, Name), "positions", 0, "does not decode");
    }

    /// <summary>Writes a set that the next commit of the manifest will ask for.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it; the set before counts.</exception>
    public void Write(PositionSet next)
    {
        using var writer = new ByteWriter();
        writer.WriteVarint(2);
        foreach (var set in (ReadOnlySpan<PositionSet>)[_committed, next])
        {
            writer.WriteVarint((ulong)set.Sequence);
            writer.WriteVarint((ulong)set.Positions.Count);
            foreach (var (source, position) in set.Positions)
            {
                writer.WriteString(source);
                writer.WriteString(position);
            }
        }

        _file.Write(writer.Written);
    }

    /// <summary>The manifest was committed: a later set takes the place of the one before this.</summary>
    public void Committed(PositionSet set) => _committed = set;
}
