using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Parts;
using Sightglass.Storage;

namespace Sightglass.Metrics.Tests;

/// <summary>Parts as earlier versions wrote them are read like new ones, and a merge makes new ones of them.</summary>
public sealed class OldPartTests
{
    private const int SeriesCount = 2500;

    [Fact]
    public void A_part_with_all_series_in_one_piece_is_read_and_merged()
    {
        using var f = new StoreFixture().Open();
        for (var round = 0; round < 2; round++)
        {
            f.Append(b =>
            {
                for (var i = 0; i < SeriesCount; i++)
                {
                    b.AddSample(b.AddSeries(LabelSet.Of("__name__", "m", "series", $"{i}")), StoreFixture.Now - 60_000 + (round * 15_000), i);
                }
            });
            f.Store.Flush();
        }

        f.Store.Dispose();
        foreach (var meta in f.Files.AllFiles().Where(p => p.EndsWith("meta.bin", StringComparison.Ordinal)).ToArray())
        {
            WriteOld(f, meta, Path.Combine(Path.GetDirectoryName(meta)!, PartFormat.IndexFile));
        }

        f.Restart(loseUnsynced: false);
        f.Reports.ShouldBeEmpty();
        f.ShouldAgree();
        f.Store.CompactFully();
        f.ShouldAgree();
        var merged = f.Files.AllFiles().Single(p => p.EndsWith("meta.bin", StringComparison.Ordinal));
        BitConverter.ToUInt32(ReadAll(f, merged), sizeof(uint)).ShouldBe(PartFormat.MetaVersion);
    }

    // All series in one section, named where the list of pieces stands now.
    private static void WriteOld(StoreFixture f, string metaPath, string indexPath)
    {
        var (meta, index) = (ReadAll(f, metaPath), ReadAll(f, indexPath));
        var body = meta.AsSpan(PartFileWriter.HeaderBytes, meta.Length - PartFileWriter.HeaderBytes - sizeof(uint));
        var reader = new ByteReader(body);
        for (var i = 0; i < 8; i++)
        {
            reader.ReadVarint();
        }

        Load(ref reader, index);
        var from = reader.Position;
        var pieces = new ByteReader(Load(ref reader, index));
        using var series = new ByteWriter();
        var count = 0;
        for (; pieces.Remaining > 0; count++)
        {
            series.Write(Load(ref pieces, index));
        }

        count.ShouldBe(3);
        using var packed = new ByteWriter();
        Zstd.Compress(series.Written, packed, 1);
        using var old = new ByteWriter();
        old.WriteUInt32(PartFormat.MetaMagic);
        old.WriteUInt32(PartFormat.OldestMetaVersion);
        old.Write(body[..from]);
        new SectionRef(index.Length, packed.Length, Crc32C.Compute(packed.Written)).Write(old);
        old.WriteVarint((ulong)series.Length);
        old.Write(body[reader.Position..]);
        old.WriteUInt32(Crc32C.Compute(old.Written[PartFileWriter.HeaderBytes..]));
        using (var file = f.Files.OpenWritable(indexPath))
        {
            file.Write(index.Length, packed.Written);
            file.Sync();
        }

        using (var file = f.Files.OpenWritable(metaPath))
        {
            file.SetLength(0);
            file.Write(0, old.Written);
            file.Sync();
        }
    }

    private static byte[] Load(ref ByteReader reader, byte[] index)
    {
        var at = SectionRef.Read(ref reader);
        var raw = new byte[reader.ReadCount(int.MaxValue)];
        Zstd.TryDecompress(index.AsSpan((int)at.Offset, at.Length), raw).ShouldBeTrue();
        return raw;
    }

    private static byte[] ReadAll(StoreFixture f, string path)
    {
        using var file = f.Files.OpenRead(path);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }
}
