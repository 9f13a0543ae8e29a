using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Deletion;

/// <summary>The store's tombstones on disk, replaced as a whole. See <c>docs/format/metrics.md</c>. Not thread-safe.</summary>
internal sealed class TombstoneFile(IFileSystem files, string folder)
{
    public const string Name = "TOMBSTONES";

    /// <summary>"SGTM" as a little-endian integer.</summary>
    private const uint Magic = 0x4d544753;
    private const uint Version = 1;
    private const int MaxTextBytes = 1 << 20;
    private readonly TwinFile _file = new(files, folder, Name, Magic, Version);

    /// <exception cref="CorruptDataException">Neither copy holds its check: what was deleted would come back.</exception>
    public Tombstone[] Read()
    {
        if (_file.Read() is not { } bytes)
        {
            return [];
        }

        var reader = new ByteReader(bytes);
        var tombstones = new Tombstone[reader.ReadCount(bytes.Length)];
        for (var i = 0; i < tombstones.Length && !reader.Failed; i++)
        {
            var (before, created, min, max) = ((long)reader.ReadVarint(), reader.ReadZigZag(), reader.ReadZigZag(), reader.ReadZigZag());
            var matchers = new LabelMatcher[reader.ReadCount(reader.Remaining)];
            for (var m = 0; m < matchers.Length && !reader.Failed; m++)
            {
                var type = reader.ReadByte();
                var (name, value) = (reader.ReadString(MaxTextBytes), reader.ReadString(MaxTextBytes));
                if (!reader.Failed)
                {
                    matchers[m] = type <= (byte)MatchType.NotRegex ? new LabelMatcher((MatchType)type, name, value) : throw Undecodable();
                }
            }

            tombstones[i] = new Tombstone(before, created, min, max, matchers);
        }

        return reader.AtEnd ? tombstones : throw Undecodable();
    }

    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void Write(IReadOnlyList<Tombstone> tombstones)
    {
        using var writer = new ByteWriter();
        writer.WriteVarint((ulong)tombstones.Count);
        foreach (var tombstone in tombstones)
        {
            writer.WriteVarint((ulong)tombstone.BeforePart);
            writer.WriteZigZag(tombstone.CreatedMs);
            writer.WriteZigZag(tombstone.MinTime);
            writer.WriteZigZag(tombstone.MaxTime);
            writer.WriteVarint((ulong)tombstone.Matchers.Count);
            foreach (var matcher in tombstone.Matchers)
            {
                writer.WriteByte((byte)matcher.Type);
                writer.WriteString(matcher.Name);
                writer.WriteString(matcher.Value);
            }
        }

        _file.Write(writer.Written);
    }

    private CorruptDataException Undecodable() => new(Path.Combine(folder, Name), "tombstones", 0, "it does not decode");
}
