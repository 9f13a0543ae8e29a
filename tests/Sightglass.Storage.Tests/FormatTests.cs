using Sightglass.Core.Bytes;
using Sightglass.TestKit.Faults;

namespace Sightglass.Storage.Tests;

/// <summary>Files made by the numbers of docs/format, not by the code that writes them.</summary>
public sealed class FormatTests
{
    private readonly FaultyFileSystem _files = new();

    [Fact]
    public void A_segment_made_by_the_page_is_read()
    {
        using var segment = new ByteWriter();
        segment.Write("SGWL"u8);
        segment.WriteUInt32(1);
        segment.WriteUInt64(41);
        segment.WriteUInt32(Crc32C.Compute(segment.Written));
        using var rest = new ByteWriter();
        rest.WriteByte(3);
        rest.WriteUInt64(41);
        rest.Write("payload"u8);
        segment.WriteUInt32(7);
        segment.WriteUInt32(Crc32C.Compute(rest.Written, Crc32C.Compute([7, 0, 0, 0])));
        segment.Write(rest.Written);
        Put("/wal", "00000000000000000041.wal", segment.Written);

        var found = string.Empty;
        using var log = WriteAheadLog.Open(_files, "/wal", new WalOptions(), (sequence, kind, record) => found = $"{sequence} {kind} {System.Text.Encoding.UTF8.GetString(record)}");
        found.ShouldBe("41 3 payload");
    }

    [Fact]
    public void A_manifest_made_by_the_page_is_read()
    {
        using var manifest = new ByteWriter();
        manifest.Write("SGMF"u8);
        manifest.WriteUInt32(1);
        foreach (var number in (ulong[])[300, 77, 9, 2])
        {
            manifest.WriteVarint(number);
        }

        manifest.WriteLengthPrefixed("000000000008"u8);
        manifest.WriteLengthPrefixed("000000000002"u8);
        manifest.WriteUInt32(Crc32C.Compute(manifest.Written));
        Put("/engine", "MANIFEST.copy", manifest.Written);

        var read = Manifest.Open(_files, "/engine");
        read.Parts.ShouldBe(["000000000008", "000000000002"]);
        read.CoveredSequence.ShouldBe(77);
        read.NewPartName().ShouldBe("000000000009");
    }

    private void Put(string folder, string name, ReadOnlySpan<byte> bytes)
    {
        _files.CreateFolder(folder);
        using var file = _files.Create($"{folder}/{name}");
        file.Write(0, bytes);
    }
}
