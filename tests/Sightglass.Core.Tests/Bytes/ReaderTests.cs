using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Core.Tests.Bytes;

public sealed class ReaderTests
{
    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(127UL, 1)]
    [InlineData(128UL, 2)]
    [InlineData(16_384UL, 3)]
    [InlineData(ulong.MaxValue, 10)]
    public void Varints_come_back_at_every_cut(ulong value, int bytes)
    {
        using var writer = new ByteWriter();
        writer.WriteVarint(value);
        writer.Length.ShouldBe(bytes);
        var reader = new ByteReader(writer.Written);
        reader.ReadVarint().ShouldBe(value);
        reader.AtEnd.ShouldBeTrue();
        for (var cut = 0; cut < bytes; cut++)
        {
            var shorter = new ByteReader(writer.Written[..cut]);
            shorter.ReadVarint().ShouldBe(0UL);
            shorter.Failed.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Signed_integers_come_back(long value)
    {
        using var writer = new ByteWriter();
        writer.WriteZigZag(value);
        new ByteReader(writer.Written).ReadZigZag().ShouldBe(value);
    }

    [Theory]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("8080808080808080808000")]
    public void Varints_of_more_than_64_bits_fail(string hex)
    {
        var reader = new ByteReader(Convert.FromHexString(hex));
        reader.ReadVarint().ShouldBe(0UL);
        reader.Failed.ShouldBeTrue();
    }

    [Fact]
    public void Passing_over_varints_ends_where_reading_them_does() => Prop.ForAll(ArbMap.Default.ArbFor<(ulong Value, byte Shift)[]>(), ArbMap.Default.ArbFor<byte>(), (values, count) =>
    {
        using var writer = new ByteWriter();
        foreach (var (value, shift) in values)
        {
            writer.WriteVarint(value >> (shift & 63));
        }

        var read = new ByteReader(writer.Written);
        for (var i = 0; i < count; i++)
        {
            read.ReadVarint();
        }

        var passed = new ByteReader(writer.Written);
        passed.SkipVarints(count);
        return passed.Failed == read.Failed && passed.Failed == count > values.Length && (passed.Failed || passed.Position == read.Position);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(200));

    [Fact]
    public void A_failure_stays()
    {
        var reader = new ByteReader([5, 1, 2]);
        reader.ReadLengthPrefixed().Length.ShouldBe(0);
        reader.ReadByte().ShouldBe((byte)0);
        reader.Remaining.ShouldBe(0);
        reader.AtEnd.ShouldBeFalse();
        reader.Failed.ShouldBeTrue();
    }

    [Fact]
    public void Counts_above_their_bound_fail()
    {
        var reader = new ByteReader([200, 1]);
        reader.ReadCount(199).ShouldBe(0);
        reader.Failed.ShouldBeTrue();
    }

    [Fact]
    public void Protobuf_fields_of_every_type_are_read_or_skipped()
    {
        byte[] message = [0x08, 0x96, 0x01, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 2, (byte)'h', (byte)'i', 0x25, 2, 0, 0, 0, 0x28, 3];
        var reader = new ProtoReader(message);
        reader.Next().ShouldBeTrue();
        reader.ReadUInt64().ShouldBe(150UL);
        reader.Next();
        (reader.Field, reader.WireType).ShouldBe((2, ProtoWireType.Fixed64));
        reader.ReadFixed64().ShouldBe(1UL);
        reader.Next();
        reader.ReadUtf8().SequenceEqual("hi"u8).ShouldBeTrue();
        reader.Next();
        reader.ReadFixed32().ShouldBe(2u);
        reader.Next();
        reader.ReadSInt64().ShouldBe(-2);
        reader.Next().ShouldBeFalse();

        var skipping = new ProtoReader(message);
        var fields = 0;
        while (skipping.Next())
        {
            skipping.Skip();
            fields++;
        }

        fields.ShouldBe(5);
    }

    [Theory]
    [InlineData("08")]
    [InlineData("00")]
    [InlineData("1a05")]
    [InlineData("1affffffffffffffffff01")]
    [InlineData("1102")]
    [InlineData("2501")]
    [InlineData("0b")]
    [InlineData("ffffffffffffffffffffff")]
    public void Damaged_protobuf_is_malformed(string hex) => Should.Throw<MalformedInputException>(() =>
    {
        var reader = new ProtoReader(Convert.FromHexString(hex));
        while (reader.Next())
        {
            reader.Skip();
        }
    });

    [Fact]
    public void A_field_of_another_type_and_text_that_is_not_UTF8_are_malformed()
    {
        Should.Throw<MalformedInputException>(static () =>
        {
            var reader = new ProtoReader([0x08, 1]);
            reader.Next();
            reader.ReadBytes();
        }).Message.ShouldStartWith("protobuf field 1 has wire type 0, want 2");
        Should.Throw<MalformedInputException>(static () =>
        {
            var reader = new ProtoReader([0x0a, 1, 0xff]);
            reader.Next();
            reader.ReadUtf8();
        });
    }

    [Fact]
    public void The_checksum_is_Castagnoli()
    {
        Crc32C.Compute("123456789"u8).ShouldBe(0xe3069283u);
        Crc32C.Compute("6789"u8, Crc32C.Compute("12345"u8)).ShouldBe(0xe3069283u);
    }

    [Fact]
    public void Hashes_of_prefixes_and_padded_texts_differ()
    {
        var seen = new HashSet<Hash128>();
        var bytes = new byte[200];
        for (var length = 0; length <= bytes.Length; length++)
        {
            seen.Add(Hash128.Compute(bytes.AsSpan(0, length))).ShouldBeTrue();
        }
    }
}
