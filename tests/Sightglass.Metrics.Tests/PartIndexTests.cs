using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Tests;

public sealed class PartIndexTests
{
    private const int SeriesCount = 1000;
    private int _lost;

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    public void A_series_that_does_not_decode_is_found_when_its_piece_is_asked_for(int symbol, int column)
    {
        var index = Read(i => i == 700 ? (symbol, column) : (0, 0));
        index.LabelsOf(0).ToString().ShouldBe(index.LabelsOf(300).ToString());
        index.Blocks(500).MoveNext().ShouldBeTrue();
        _lost.ShouldBe(0);
        Should.Throw<CorruptDataException>(() => index.LabelsOf(701));
        Should.Throw<CorruptDataException>(() => index.Overlaps(699, 0, 1));
        _lost.ShouldBe(2);
        index.LabelsOf(900).Count.ShouldBe(1);
    }

    [Fact]
    public void A_series_that_is_cut_off_is_found_at_once() => Should.Throw<CorruptDataException>(() => Read(static _ => (0, 0), cut: 1));

    private PartIndex Read(Func<int, (int Symbol, int Column)> of, int cut = 0)
    {
        using var symbols = new ByteWriter();
        symbols.WriteVarint(2);
        symbols.WriteLengthPrefixed("__name__"u8);
        symbols.WriteLengthPrefixed("m"u8);
        using var series = new ByteWriter();
        for (var i = 0; i < SeriesCount; i++)
        {
            var (symbol, column) = of(i);
            foreach (var value in (ReadOnlySpan<int>)[1, symbol, 1, 1, 300, 0, 500, column])
            {
                series.WriteVarint((ulong)value);
            }
        }

        using var postings = new ByteWriter();
        postings.WriteVarint(0);
        using var columns = new ByteWriter();
        foreach (var value in (ReadOnlySpan<int>)[0, 0, 9, 2, 0, 15_000])
        {
            columns.WriteVarint((ulong)value);
        }

        return new PartIndex("index.bin", 0, SeriesCount, symbols.Written.ToArray(), series.Written[..^cut].ToArray(), postings.Written.ToArray(), columns.Written.ToArray(), 1, () => _lost++);
    }
}
