using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Parts;
using Sightglass.Events.Records;

namespace Sightglass.Events.Tests.Parts;

public sealed class PartDirectoryTests
{
    [Fact]
    public void Filters_of_version_1_are_of_tokens()
    {
        using var bytes = new ByteWriter();
        Header(FilterKind.TokensAndPieces).Write(bytes);
        var reader = new ByteReader(bytes.Written);
        var read = BlockHeader.Read(ref reader, 1, 2, 1000, PartDirectory.Version);
        reader.AtEnd.ShouldBeTrue();
        read.Columns[1].FilterKind.ShouldBe(FilterKind.TokensAndPieces);

        // The kind is what version 2 has at the end of a column.
        reader = new ByteReader(bytes.Written[..^1]);
        read = BlockHeader.Read(ref reader, 1, 2, 1000, PartDirectory.OldestVersion);
        reader.AtEnd.ShouldBeTrue();
        (read.Columns[1].FilterKind, read.Columns[1].FilterLength).ShouldBe((FilterKind.Tokens, 8));
    }

    [Fact]
    public void Lengths_before_version_3_do_not_say_whether_a_column_is_of_templates()
    {
        using var bytes = new ByteWriter();
        Header(FilterKind.Tokens).Write(bytes);
        var reader = new ByteReader(bytes.Written);
        var read = BlockHeader.Read(ref reader, 1, 2, 1000, PartDirectory.Version);
        (read.Columns[1].RawLength, read.Columns[1].IsTemplates).ShouldBe((200, true));

        // Version 3 has twice the length, and one more for templates, in the same place.
        reader = new ByteReader(bytes.Written);
        read = BlockHeader.Read(ref reader, 1, 2, 1000, 2);
        reader.AtEnd.ShouldBeTrue();
        (read.Columns[1].RawLength, read.Columns[1].IsTemplates).ShouldBe((401, false));
    }

    [Fact]
    public void A_kind_of_filter_that_is_not_known_is_refused()
    {
        using var bytes = new ByteWriter();
        Header((FilterKind)3).Write(bytes);
        var reader = new ByteReader(bytes.Written);
        BlockHeader.Read(ref reader, 1, 2, 1000, PartDirectory.Version);
        reader.Failed.ShouldBeTrue();
    }

    [Fact]
    public void Broken_bytes_under_a_right_checksum_are_a_directory_or_corrupt()
    {
        using var file = new ByteWriter();
        new PartDirectory
        {
            Signal = EventSignal.Logs,
            Day = 20_000,
            FirstFlush = 1,
            LastFlush = 2,
            MaxTie = 3,
            Rows = 40,
            Streams = [new IdentityTable().Stream([0, 0, 0])!],
            Scopes = [null],
            Keys = [ColumnKey.Time, ColumnKey.Field(EventFields.Body)],
            Blocks = [],
        }.Write(file);
        Read(file.Written).Keys.Length.ShouldBe(2);
        using var header = new ByteWriter();
        Header(FilterKind.Tokens).Write(header);
        var raw = new byte[BinaryPrimitives.ReadUInt32LittleEndian(file.Written)];
        Zstd.TryDecompress(file.Written[PartDirectory.HeaderBytes..], raw).ShouldBeTrue();

        // The last byte is the number of blocks: with one, its header follows.
        byte[] body = [.. raw[..^1], 1, .. header.Written];
        var random = new Random(9);
        for (var i = 0; i < 3000; i++)
        {
            var broken = i % 3 == 0 ? body[..random.Next(body.Length)] : [.. body];
            for (var flips = random.Next(1, 4); flips > 0 && broken.Length > 0; flips--)
            {
                broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            }

            try
            {
                Read(Packed(broken));
            }
            catch (CorruptDataException)
            {
                continue;
            }
        }
    }

    private static PartDirectory Read(ReadOnlySpan<byte> bytes) => PartDirectory.Read(bytes, PartDirectory.Version, "directory.bin", 1000, new IdentityTable());

    private static byte[] Packed(byte[] body)
    {
        using var stored = new ByteWriter(Zstd.Bound(body.Length));
        Zstd.Compress(body, stored);
        using var file = new ByteWriter();
        file.WriteUInt32((uint)body.Length);
        file.WriteUInt32((uint)stored.Length);
        file.WriteUInt32(Crc32C.Compute(stored.Written));
        file.Write(stored.Written);
        return file.Written.ToArray();
    }

    private static BlockHeader Header(FilterKind kind) => new()
    {
        Rows = 40,
        MinTime = 5,
        MaxTime = 900,
        Runs = [new StreamRun(0, 40)],
        Columns =
        [
            new ColumnEntry { Key = 0, Offset = 8, StoredLength = 20, StatsType = AttributeType.Int, Min = 5, Max = 900 },
            new ColumnEntry { Key = 1, Offset = 28, StoredLength = 90, RawLength = 200, IsTemplates = true, FilterLength = 8, FilterCrc = 7, FilterKind = kind },
        ],
    };
}
