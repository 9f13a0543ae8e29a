using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Tests.Columns;

/// <summary>Every encoding: what goes in comes out, and the cheapest is taken for the shape of the values.</summary>
public sealed class ColumnCodecTests : IDisposable
{
    private readonly ColumnEncoder _encoder = new();

    public void Dispose() => _encoder.Dispose();

    public static TheoryData<string, Func<int, AttributeValue>, string> Shapes() => new()
    {
        { "one text", _ => AttributeValue.Of("same"), nameof(ColumnEncoding.Constant) },
        { "one number", _ => AttributeValue.Of(-5L), nameof(ColumnEncoding.Constant) },
        { "one array", _ => AttributeValue.OfBytes(AttributeType.Composite, []), nameof(ColumnEncoding.Constant) },
        { "few words", i => AttributeValue.Of("word " + (i % 7)), nameof(ColumnEncoding.Dictionary) },
        { "few wide numbers", i => AttributeValue.Of(long.MaxValue / ((i % 5) + 1)), nameof(ColumnEncoding.Dictionary) },
        { "few values of several types", i => i % 2 == 0 ? AttributeValue.Of(1L) : AttributeValue.Of("1"), nameof(ColumnEncoding.Dictionary) },
        { "small numbers", i => AttributeValue.Of((long)(i * i * 7919 % 1000)), nameof(ColumnEncoding.Ints) },
        { "truth values", i => AttributeValue.Of(i % 3 == 0), nameof(ColumnEncoding.Ints) },
        { "extremes", i => AttributeValue.Of(i % 2 == 0 ? long.MinValue + i : long.MaxValue - i), nameof(ColumnEncoding.DeltaInts) },
        { "times", i => AttributeValue.Of(1_767_225_600_000_000_000 + (i * 1_000_003L)), nameof(ColumnEncoding.DeltaInts) },
        { "prices", i => AttributeValue.Of(i * 37 / 100.0), nameof(ColumnEncoding.DecimalDoubles) },
        { "roots", i => AttributeValue.Of(Math.Sqrt(i + 2)), nameof(ColumnEncoding.RawDoubles) },
        { "not numbers", i => AttributeValue.Of(i % 2 == 0 ? double.NaN : i * 1e300), nameof(ColumnEncoding.RawDoubles) },
        { "negative zero", i => AttributeValue.Of(i == 0 ? -0.0 : i + 0.5), nameof(ColumnEncoding.RawDoubles) },
        { "sentences", i => AttributeValue.Of($"line {i} of {i * 31}"), nameof(ColumnEncoding.Templates) },
        { "words", i => AttributeValue.Of($"{(char)('a' + (i % 26))}{new string((char)('a' + (i / 26 % 26)), i / 100)}"), nameof(ColumnEncoding.Plain) },
        { "bytes", i => AttributeValue.OfBytes(AttributeType.Bytes, BitConverter.GetBytes(i)), nameof(ColumnEncoding.Plain) },
        { "hex ids", i => AttributeValue.Of("usr_" + (i * 2654435761L & 0xffffffff).ToString("x8", CultureInfo.InvariantCulture)), nameof(ColumnEncoding.Hex) },
        { "upper-case hex", i => AttributeValue.Of("ID-" + (0xABCDEF00L + (i * 7919L)).ToString("X8", CultureInfo.InvariantCulture)), nameof(ColumnEncoding.Plain) },
        { "numbered", i => AttributeValue.Of("SKU-" + i), nameof(ColumnEncoding.IntText) },
        { "negative texts", i => AttributeValue.Of((-i - 1).ToString(CultureInfo.InvariantCulture)), nameof(ColumnEncoding.IntText) },
        { "leading zeros behind a letter", i => AttributeValue.Of("n" + i.ToString("d6", CultureInfo.InvariantCulture)), nameof(ColumnEncoding.Templates) },
        { "leading zeros", i => AttributeValue.Of(i.ToString("d6", CultureInfo.InvariantCulture)), nameof(ColumnEncoding.NumberText) },
        { "decimals", i => AttributeValue.Of((i / 8.0).ToString(CultureInfo.InvariantCulture)), nameof(ColumnEncoding.NumberText) },
        { "zeros behind the point", i => AttributeValue.Of($"-{i + 1}.{i % 10}0"), nameof(ColumnEncoding.NumberText) },
        { "negative zero as text", i => AttributeValue.Of(i % 2 == 0 ? "-0" : "0" + i), nameof(ColumnEncoding.Templates) },
        { "point without decimals", i => AttributeValue.Of($"{i}."), nameof(ColumnEncoding.Templates) },
        { "uuids", i => AttributeValue.Of(new Guid(i * 7919, (short)i, 3, 4, 5, 6, 7, 8, 9, 10, (byte)i).ToString()), nameof(ColumnEncoding.Uuid) },
        { "addresses", i => AttributeValue.Of($"10.{i % 256}.{i * 31 % 256}.{i * 7 % 256}"), nameof(ColumnEncoding.Templates) },
        { "many shapes", i => AttributeValue.Of($"{new string((char)('a' + (i % 26)), 1 + (i % 40))} {i}{new string((char)('A' + (i % 25)), 1 + (i % 31))}"), nameof(ColumnEncoding.Plain) },
        { "mixed", i => i % 3 == 0 ? AttributeValue.Of((long)i) : i % 3 == 1 ? AttributeValue.Of(i * 1.5) : AttributeValue.Of("t" + i), nameof(ColumnEncoding.Mixed) },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_shape_takes_its_encoding_and_comes_back(string shape, Func<int, AttributeValue> value, string encoding)
    {
        foreach (var presence in (Presence?[])[null, Rows(200, r => r % 3 != 0), Rows(4000, r => r % 31 == 7)])
        {
            var rows = presence?.Rows.Count ?? 200;
            var values = Enumerable.Range(0, presence?.Count ?? rows).Select(value).ToArray();
            using var bytes = new ByteWriter();
            _encoder.Encode(Vector(values), presence, rows, bytes).ToString().ShouldBe(encoding, shape);
            ShouldHold(ColumnDecoder.TryDecode(bytes.Written, rows), presence, values);
        }
    }

    [Fact]
    public void Rows_of_a_range_are_those_whose_values_are_in_it()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var (rows, step) = (random.Next(100, 700), 1L << random.Next(1, 62));
            var at = random.NextInt64();
            var values = new AttributeValue[rows];
            for (var i = 0; i < rows; i++)
            {
                // Times of one stream, and in some blocks those of another after them.
                at = random.Next(300) == 0 ? random.NextInt64() : at + random.NextInt64(step);
                values[i] = AttributeValue.Of(at);
            }

            var (from, to) = (values[random.Next(rows)].Bits, random.Next(4) == 0 ? random.NextInt64() : values[random.Next(rows)].Bits);
            var (min, max) = (Math.Min(from, to), Math.Max(from, to));
            using var bytes = new ByteWriter();
            var encoding = _encoder.Encode(Vector(values), null, rows, bytes);
            var owned = bytes.Written.ToArray();
            var view = ColumnDecoder.TryDecode(owned, rows, owned: owned, corrupt: static d => new Core.Errors.CorruptDataException("f", "s", 0, d)).ShouldNotBeNull();
            var selected = Rows(rows, _ => random.Next(5) > 0).Rows;
            var want = Enumerable.Range(0, rows).Where(r => selected[r] && values[r].Bits >= min && values[r].Bits < max).ToArray();
            if (view.TryRestrict(min, max, selected))
            {
                Enumerable.Range(0, rows).Where(r => selected[r]).ShouldBe(want);
            }
            else
            {
                (encoding != ColumnEncoding.DeltaInts || min == max).ShouldBeTrue();
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    [Fact]
    public void Any_values_come_back()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var rows = random.Next(1, 700);
            var presence = random.Next(3) == 0 ? null : Rows(rows, _ => random.Next(3) > 0);
            var kinds = random.Next(1, 7);
            var values = Enumerable.Range(0, presence?.Count ?? rows).Select(_ => Any(random, kinds)).ToArray();
            if (values.Length == 0)
            {
                return;
            }

            using var bytes = new ByteWriter();
            _encoder.Encode(Vector(values), presence, rows, bytes);
            ShouldHold(ColumnDecoder.TryDecode(bytes.Written, rows), presence, values, $"seed {seed}: {Convert.ToHexString(bytes.Written[..Math.Min(80, bytes.Length)])} of {bytes.Length}");
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), property);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Broken_bytes_give_null_or_a_column_and_nothing_else(string shape, Func<int, AttributeValue> value, string encoding)
    {
        _ = (shape, encoding);
        using var bytes = new ByteWriter();
        _encoder.Encode(Vector([.. Enumerable.Range(0, 60).Select(value)]), null, 60, bytes);
        var random = new Random(7);
        for (var i = 0; i < 400; i++)
        {
            var broken = bytes.Written.ToArray();
            broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            if (ColumnDecoder.TryDecode(broken, 60) is { } view)
            {
                for (var entry = 0; entry < view.Values.EntryCount; entry++)
                {
                    _ = view.Values.ValueOf(entry);
                }
            }

            if (ColumnDecoder.TryDecode(broken, 60, null, broken) is { } inPlace)
            {
                for (var entry = 0; entry < inPlace.Values.EntryCount; entry++)
                {
                    _ = inPlace.Values.ValueOf(entry);
                }
            }

            ColumnDecoder.TryDecode(bytes.Written[..random.Next(bytes.Length)], 60).ShouldBeNull();
        }
    }

    [Fact]
    public void Texts_that_stay_where_they_were_decompressed_to_are_the_same()
    {
        var values = Enumerable.Range(0, 300).Select(static i => AttributeValue.Of($"line {i} of {i * 31}")).ToArray();
        using var bytes = new ByteWriter();
        _encoder.Encode(Vector(values), null, values.Length, bytes, TemplateCut.None).ShouldBe(ColumnEncoding.Plain);
        ShouldHold(ColumnDecoder.TryDecode(bytes.Written, values.Length, null, bytes.Written.ToArray()), null, values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Numbers_near_the_times_of_their_rows_are_written_as_differences(int every)
    {
        const int Rows = 500;
        var times = Enumerable.Range(0, Rows).Select(static i => 1_767_225_600_000_000_000 + (i * 1_000_000_007L)).ToArray();
        var presence = ColumnCodecTests.Rows(Rows, r => r % every == 0);
        var values = times.Where((_, r) => r % every == 0).Select((t, i) => AttributeValue.Of(t + 1_250_000 + (i % 5))).ToArray();
        using var bytes = new ByteWriter();
        _encoder.TryEncodeFromTimes(Vector(values), presence, times, bytes).ShouldBeTrue();
        bytes.Length.ShouldBeLessThan(Rows + 80);
        var ofRows = new ColumnView(null, Vector([.. times.Select(AttributeValue.Of)]));
        ShouldHold(ColumnDecoder.TryDecode(bytes.Written, Rows, () => ofRows), every == 1 ? null : presence, values);
        ColumnDecoder.TryDecode(bytes.Written, Rows).ShouldBeNull("there are no times");
        var random = new Random(3);
        for (var i = 0; i < 300; i++)
        {
            var broken = bytes.Written.ToArray();
            broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            _ = ColumnDecoder.TryDecode(broken, Rows, () => ofRows);
        }

        _encoder.TryEncodeFromTimes(Vector([.. values.Select(static (_, i) => AttributeValue.Of(i * long.MaxValue / 1000))]), presence, times, bytes).ShouldBeFalse();
    }

    private static AttributeValue Any(Random random, int kinds) => random.Next(kinds) switch
    {
        0 => AttributeValue.Of(new string((char)random.Next('a', 'z'), random.Next(4))),
        1 => AttributeValue.Of(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60)),
        2 => AttributeValue.Of(random.Next(2) == 0 ? random.NextDouble() : random.Next(1000) / 8.0),
        3 => AttributeValue.Of(random.Next(2) == 0),
        4 => AttributeValue.OfBytes(AttributeType.Bytes, BitConverter.GetBytes(random.Next())),
        _ => AttributeValue.OfBytes(AttributeType.Composite, BitConverter.GetBytes(random.Next(3))),
    };

    internal static ValueVector Vector(AttributeValue[] values)
    {
        var builder = new ValueBuilder();
        foreach (var value in values)
        {
            switch (value.Type)
            {
                case AttributeType.String:
                    builder.Add(value.Type, Encoding.UTF8.GetBytes(value.Text));
                    break;
                case AttributeType.Bytes or AttributeType.Composite:
                    builder.Add(value.Type, value.Bytes);
                    break;
                default:
                    builder.Add(value.Type, value.Bits);
                    break;
            }
        }

        return builder.View();
    }

    private static Presence Rows(int rows, Func<int, bool> has)
    {
        var bitmap = new RowBitmap(rows);
        for (var row = 0; row < rows; row++)
        {
            if (has(row))
            {
                bitmap.Set(row);
            }
        }

        return new Presence(bitmap);
    }

    private static void ShouldHold(ColumnView? view, Presence? presence, AttributeValue[] values, string about = "")
    {
        view.ShouldNotBeNull(about);
        view.Values.Count.ShouldBe(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            view.Values.ValueOf(view.Values.EntryOf(i)).ShouldBe(values[i]);
        }

        for (var row = 0; row < (presence?.Rows.Count ?? 0); row++)
        {
            (view.EntryOfRow(row) >= 0).ShouldBe(presence!.Rows[row]);
        }
    }
}
