using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Contracts;

public sealed class ColumnTallyTests
{
    [Fact]
    public void Counts_are_those_of_a_dictionary_and_bounded_ones_are_no_more()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var (most, distinct) = (random.Next(4, 200), random.Next(1, 400));
            var tally = new ColumnTally(most);
            var plain = new Dictionary<string, long>();
            for (var i = random.Next(2000); i > 0; i--)
            {
                // Some values are much more frequent than others.
                var value = random.Next(random.Next(1, distinct + 1));
                var rows = random.Next(1, 4);
                string key;
                switch (value % 4)
                {
                    case 0:
                        tally.Add(AttributeType.Int, value, rows);
                        key = $"i{value}";
                        break;
                    case 1:
                        tally.Add(AttributeType.Double, value - 1, rows);
                        key = $"d{value - 1}";
                        break;
                    default:
                        tally.Add(AttributeType.String, Encoding.UTF8.GetBytes($"v{value}"), rows);
                        key = $"s{value}";
                        break;
                }

                plain[key] = plain.GetValueOrDefault(key) + rows;
            }

            tally.Count.ShouldBeLessThanOrEqualTo(most);
            tally.Total.ShouldBe(plain.Values.Sum());
            var got = Counts(tally);
            (got.Values.Sum() + tally.Others).ShouldBe(tally.Total);
            if (plain.Count <= most)
            {
                tally.Others.ShouldBe(0);
                got.ShouldBe(plain, ignoreOrder: true);
            }
            else
            {
                got.ShouldAllBe(v => v.Value <= plain[v.Key]);
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
    }

    [Fact]
    public void Many_values_leave_the_frequent_ones()
    {
        var tally = new ColumnTally(100);
        for (var i = 0; i < 10_000; i++)
        {
            tally.Add(AttributeType.Int, i, 1);
            tally.Add(AttributeType.String, i % 2 == 0 ? "veven"u8 : "vodd"u8, 1);
        }

        tally.IsScattered.ShouldBeFalse();
        var counts = Counts(tally);
        counts["seven"].ShouldBe(5000);
        counts["sodd"].ShouldBe(5000);
    }

    [Fact]
    public void Values_that_hardly_repeat_are_scattered()
    {
        var tally = new ColumnTally(2000);
        for (var i = 0; i < 2001; i++)
        {
            tally.Add(AttributeType.Int, i, 1);
        }

        tally.IsScattered.ShouldBeTrue();
        tally.AddOthers(9);
        (tally.Total, tally.Others).ShouldBe((2010, 1509));
    }

    [Fact]
    public void Bytes_of_values_are_bounded()
    {
        var tally = new ColumnTally(1000);
        for (var i = 0; i < 40; i++)
        {
            var text = new byte[1 << 20];
            text[0] = (byte)i;
            tally.Add(AttributeType.String, text, 1);
        }

        tally.Add(AttributeType.String, new byte[ColumnTally.MaxBytes], 1);
        tally.Count.ShouldBeLessThanOrEqualTo(ColumnTally.MaxBytes >> 20);
        tally.Total.ShouldBe(41);
    }

    private static Dictionary<string, long> Counts(ColumnTally tally) => Enumerable.Range(0, tally.Count).ToDictionary(
        i => tally.Values.TypeOf(i) switch
        {
            AttributeType.Int => $"i{tally.Values.Bits(i)}",
            AttributeType.Double => $"d{tally.Values.Bits(i)}",
            _ => $"s{Encoding.UTF8.GetString(tally.Values.Bytes(i)[1..])}",
        },
        tally.RowsOf);
}
