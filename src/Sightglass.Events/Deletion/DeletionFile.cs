using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Storage;

namespace Sightglass.Events.Deletion;

/// <summary>The store's deletions on disk, replaced as a whole. See <c>docs/format/events.md</c>. Not thread-safe.</summary>
internal sealed class DeletionFile(IFileSystem files, string folder)
{
    public const string Name = "DELETIONS";

    /// <summary>"SGED" as a little-endian integer.</summary>
    private const uint Magic = 0x44454753;
    private const uint Version = 1;
    private const int MaxTextBytes = 1 << 20;
    private readonly TwinFile _file = new(files, folder, Name, Magic, Version);

    /// <exception cref="CorruptDataException">Neither copy holds its check: what was deleted would come back.</exception>
    public EventDeletion[] Read()
    {
        if (_file.Read() is not { } bytes)
        {
            return [];
        }

        var reader = new ByteReader(bytes);
        var deletions = new EventDeletion[reader.ReadCount(bytes.Length)];
        for (var i = 0; i < deletions.Length && !reader.Failed; i++)
        {
            var (id, signal, query) = (reader.ReadString(MaxTextBytes), (EventSignal)reader.ReadByte(), reader.ReadString(MaxTextBytes));
            var (min, max, created) = (reader.ReadZigZag(), reader.ReadZigZag(), reader.ReadZigZag());
            deletions[i] = new EventDeletion(id, signal, query, min, max, created, (long)reader.ReadVarint(), (EventDeletionStatus)reader.ReadByte());
        }

        return reader.AtEnd ? deletions : throw new CorruptDataException(Path.Combine(folder, Name), "deletions", 0, "it does not decode");
    }

    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void Write(IReadOnlyList<EventDeletion> deletions)
    {
        using var writer = new ByteWriter();
        writer.WriteVarint((ulong)deletions.Count);
        foreach (var deletion in deletions)
        {
            writer.WriteString(deletion.Id);
            writer.WriteByte((byte)deletion.Signal);
            writer.WriteString(deletion.Query);
            writer.WriteZigZag(deletion.MinTimeUnixNano);
            writer.WriteZigZag(deletion.MaxTimeUnixNano);
            writer.WriteZigZag(deletion.CreatedMs);
            writer.WriteVarint((ulong)deletion.BeforePart);
            writer.WriteByte((byte)deletion.Status);
        }

        _file.Write(writer.Written);
    }
}
