using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Querying;

namespace Sightglass.Events.Tests.Columns;

/// <summary>Texts as templates: every byte comes back, and a search on them finds what a search of the texts finds.</summary>
public sealed class TemplateColumnTests : IDisposable
{
    private static readonly string[] Words = ["error", "Timeout", "GET", "/api/v1/orders", "usr_", "refused", "10.0.", "é", "\"", ":", "{", "}", "=", " ", "  ", "-", ".", "%", "ms", "ab12", "\t", "\n"];

    private readonly ColumnEncoder _encoder = new();

    public void Dispose() => _encoder.Dispose();

    [Theory]
    [InlineData("GET /api/v1/orders/{0} 200 in {1}.{0}ms", "GET <> 200 in <>ms")]
    [InlineData("{{\"user\":\"usr_{0:x8}\",\"ok\":true,\"took\":{1}.5}}", "{\"user\":\"<>\",\"ok\":true,\"took\":<>}")]
    [InlineData("Connection from 10.1.2.{2} refused, attempt {1}", "Connection from <> refused, attempt <>")]
    [InlineData("level=info ts=2026-01-02T03:{2:d2}:07Z key={0}-x", "level=info ts=2026-01-02T03:<>:07Z key=<>")]
    [InlineData("Job ended in {1}s.", "Job ended in <>s.")]
    public void What_varies_is_cut_out(string format, string want)
    {
        var column = Column([.. Enumerable.Range(0, 100).Select(i => Encoding.UTF8.GetBytes(string.Format(CultureInfo.InvariantCulture, format, i * 7919, i, i % 60)))]);
        column.Templates!.Templates.Length.ShouldBe(1);
        string.Join("<>", column.Templates.Templates[0].Pieces.Select(Encoding.UTF8.GetString)).ShouldBe(want);
    }

    [Fact]
    public void Small_groups_that_differ_in_a_word_become_one()
    {
        var column = Column([.. Enumerable.Range(0, 300).Select(i => Encoding.UTF8.GetBytes($"{Words[i % 3]} the user with number {i}"))]);
        column.Templates!.Templates.Length.ShouldBe(1);
        string.Join("<>", column.Templates.Templates[0].Pieces.Select(Encoding.UTF8.GetString)).ShouldBe("<> the user with number <>");
    }

    [Fact]
    public void Any_texts_come_back_and_are_found()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => RoundTrip(new Random(seed), seed));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
    }

    [Fact]
    public void Values_of_other_columns_are_not_written_again()
    {
        const int Rows = 400;
        var texts = new ColumnView(null, ColumnCodecTests.Vector([.. Enumerable.Range(0, Rows).Select(static i => AttributeValue.Of($"/v1/{i * 7919 % 1000}"))]));
        var numbers = new ColumnView(null, ColumnCodecTests.Vector([.. Enumerable.Range(0, Rows).Select(static i => AttributeValue.Of(i % 2 == 0 ? i / 8.0 : -i))]));
        var ids = new ColumnView(null, ColumnCodecTests.Vector([.. Enumerable.Range(0, Rows).Select(static i => AttributeValue.OfBytes(AttributeType.Bytes, BitConverter.GetBytes(i * 7919L)))]));
        ColumnView[] others = [texts, numbers, ids];
        var lines = Enumerable.Range(0, Rows).Select(i => Encoding.UTF8.GetBytes(
            $"{Text(texts, i)} took {Text(numbers, i)} in span {Text(ids, i)}")).ToArray();
        using var bytes = new ByteWriter();
        Encode(lines, null, Rows, bytes, new OtherColumns([0, 1, 2], (int key, int row, out ValueVector values, out int entry) =>
        {
            (values, entry) = (others[key].Values, others[key].EntryOfRow(row));
            return true;
        }));
        bytes.Length.ShouldBeLessThan(100);
        var owned = bytes.Written.ToArray();
        var column = ColumnDecoder.TryDecode(owned, Rows, null, owned, key => others[key], Broken).ShouldNotBeNull();
        column.Templates!.Templates.ShouldHaveSingleItem().Variables.Select(static v => v.Other).ShouldBe([0, 1, 2]);
        for (var i = Rows - 1; i >= 0; i--)
        {
            column.Templates.Text(i).ToArray().ShouldBe(lines[i]);
        }

        ColumnDecoder.TryDecode(owned, Rows, null, owned).ShouldBeNull("there are no other columns");
        ColumnDecoder.TryDecode(owned, Rows, null, owned, key => column, Broken).ShouldNotBeNull();
        Should.Throw<CorruptDataException>(() => ColumnDecoder.TryDecode(owned, Rows, null, owned, key => column, Broken)!.Values);
    }

    [Theory]
    [InlineData(0.5, "0.5")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(12, "12")]
    [InlineData(18.46, "18.46")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(1234567.125, "1234567.125")]
    [InlineData(1e-7, null)]
    [InlineData(1e300, null)]
    [InlineData(-0.0, null)]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    public void Doubles_stand_in_texts_with_the_fewest_decimals(double value, string? want)
    {
        var values = ColumnCodecTests.Vector([AttributeValue.Of(value)]);
        ValueTexts.TryFormat(values, 0, new byte[ValueTexts.ScratchBytes], out var text).ShouldBe(want is not null);
        Encoding.UTF8.GetString(text).ShouldBe(want ?? string.Empty);
    }

    [Fact]
    public void Broken_bytes_are_a_column_or_corrupt_and_nothing_else()
    {
        var random = new Random(11);
        using var bytes = new ByteWriter();
        Encode([.. Enumerable.Range(0, 200).Select(_ => Line(random))], null, 200, bytes);
        for (var i = 0; i < 3000; i++)
        {
            var broken = i % 5 == 0 ? bytes.Written[..random.Next(bytes.Length)].ToArray() : bytes.Written.ToArray();
            for (var flips = random.Next(1, 4); flips > 0 && broken.Length > 0; flips--)
            {
                broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            }

            try
            {
                if (ColumnDecoder.TryDecode(broken, 200, null, broken, static _ => null, Broken) is { Templates: { } templates } view)
                {
                    _ = ColumnScan.Run(view, false, new ContainsTest("refused", false), RowBitmap.All(200));
                    for (var value = 0; value < 200; value++)
                    {
                        _ = templates.Text(value);
                    }

                    _ = view.Values;
                }
            }
            catch (CorruptDataException)
            {
                continue;
            }
        }
    }

    private void RoundTrip(Random random, int seed)
    {
        var rows = random.Next(40, 600);
        var some = random.Next(2) == 0;
        var bitmap = RowBitmap.All(rows);
        for (var row = 0; some && row < rows; row++)
        {
            if (random.Next(5) == 0)
            {
                bitmap.Clear(row);
            }
        }

        var presence = some ? new Presence(bitmap) : null;
        var lines = Enumerable.Range(0, presence?.Count ?? rows).Select(_ => Line(random)).ToArray();
        if (lines.Length == 0)
        {
            return;
        }

        using var bytes = new ByteWriter();
        Encode(lines, presence, rows, bytes);
        var owned = bytes.Written.ToArray();
        var column = ColumnDecoder.TryDecode(owned, rows, null, owned, static _ => null, Broken).ShouldNotBeNull($"seed {seed}");
        for (var value = 0; value < lines.Length; value++)
        {
            (column.Templates is { } templates ? templates.Text(value).ToArray() : column.Values.BytesOf(column.Values.EntryOf(value)).ToArray()).ShouldBe(lines[value], $"seed {seed}");
        }

        var eager = ColumnDecoder.TryDecode(owned, rows).ShouldNotBeNull();
        for (var i = 0; i < 12; i++)
        {
            var test = Test(random, lines);
            var got = ColumnScan.Run(column, false, test, RowBitmap.All(rows));
            var want = ColumnScan.Run(new ColumnView(eager.Presence, eager.Values), false, new Plainly(test), RowBitmap.All(rows));
            got.Words.ToArray().ShouldBe(want.Words.ToArray(), $"seed {seed}, test {i}");
        }
    }

    private static ValueTest Test(Random random, byte[][] lines)
    {
        var line = Encoding.Latin1.GetString(lines[random.Next(lines.Length)]).Replace("é", "e", StringComparison.Ordinal);
        line = string.Concat(line.Where(char.IsAscii));
        var from = random.Next(line.Length + 1);
        var needle = line.Substring(from, random.Next(line.Length - from + 1));
        needle = needle.Length == 0 ? Words[random.Next(Words.Length)] : random.Next(8) == 0 ? needle + "x" : needle;
        return random.Next(4) switch
        {
            0 => new MatchesTest(Re2.Unanchored(System.Text.RegularExpressions.Regex.Escape(needle).Replace("\\ ", ".", StringComparison.Ordinal).Replace("\\t", ".", StringComparison.Ordinal))),
            1 => new MatchesTest(Re2.Unanchored((string[])["^GET", "refused$", "[0-9]+ms", "\\busr_", "(?i)ERROR", "r.f.sed", ".*", "\\[^a]"] is { } all ? all[random.Next(all.Length)] : string.Empty)),
            2 => new CompareTest((CompareOp)random.Next(6), AttributeValue.Of(line)),
            _ => new ContainsTest(needle, random.Next(2) == 0),
        };
    }

    private static byte[] Line(Random random)
    {
        var number = random.Next(10000);
        switch (random.Next(8))
        {
            case 0:
                var bytes = new byte[random.Next(30)];
                random.NextBytes(bytes);
                return bytes;
            case 1:
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(2) == 0 ? Words[random.Next(Words.Length)] : number.ToString(CultureInfo.InvariantCulture))));
            case 2:
                return [];
            case 3:
                return Encoding.UTF8.GetBytes($"{{\"method\":\"{Words[random.Next(3)]}\",\"id\":\"{new Guid(number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}\",\"ms\":{number / 100.0}}}");
            case 4:
                return Encoding.UTF8.GetBytes($"Connection from 10.0.{number % 256}.7:{number} refused");
            case 5:
                return Encoding.UTF8.GetBytes($"error {Words[random.Next(Words.Length)]} at line {number:d5}");
            default:
                return Encoding.UTF8.GetBytes($"GET /api/v1/orders/{number} 200 in {number / 8.0}ms user=usr_{number:x8}");
        }
    }

    private ColumnView Column(byte[][] lines)
    {
        using var bytes = new ByteWriter();
        Encode(lines, null, lines.Length, bytes).ShouldBe(ColumnEncoding.Templates);
        var owned = bytes.Written.ToArray();
        return ColumnDecoder.TryDecode(owned, lines.Length, null, owned, static _ => null, Broken).ShouldNotBeNull();
    }

    private ColumnEncoding Encode(byte[][] lines, Presence? presence, int rows, ByteWriter target, OtherColumns? others = null)
    {
        var builder = new ValueBuilder();
        foreach (var line in lines)
        {
            builder.Add(AttributeType.String, line);
        }

        return _encoder.Encode(builder.View(), presence, rows, target, TemplateCut.Words, others);
    }

    private static string Text(ColumnView column, int row)
    {
        ValueTexts.TryFormat(column.Values, column.EntryOfRow(row), new byte[ValueTexts.ScratchBytes], out var text).ShouldBeTrue();
        return Encoding.UTF8.GetString(text);
    }

    private static CorruptDataException Broken(string detail) => new("columns.bin", "column", 0, detail);

    /// <summary>Asks a test value by value, so that nothing is searched at once.</summary>
    private sealed class Plainly(ValueTest test) : ValueTest
    {
        public override int Cost => test.Cost;

        public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes) => test.Test(type, bits, bytes);
    }
}
