using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Tests;

public sealed class PartIndexTests
{
    private const int SeriesCount = 1000;
    private const int PerPiece = 256;
    private readonly BlockCache.Pieces _pieces = new(0, 0, 0, (SeriesCount / PerPiece) + 1, 0);
    private int _lost;
    private int _reads;

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
    public void A_series_that_is_cut_off_is_found_when_its_piece_is_asked_for()
    {
        var index = Read(static _ => (0, 0), cut: 1);
        index.LabelsOf(0).Count.ShouldBe(1);
        _lost.ShouldBe(0);
        Should.Throw<CorruptDataException>(() => index.HashOf(999));
        _lost.ShouldBe(1);
    }

    [Fact]
    public void Pieces_are_read_once_while_there_is_room_and_again_when_there_is_none()
    {
        var index = Read(static _ => (0, 0));
        for (var round = 0; round < 3; round++)
        {
            for (var id = 0; id < SeriesCount; id++)
            {
                index.HashOf(id).ShouldBe(index.HashOf(0));
            }
        }

        _reads.ShouldBe(4);
        var small = new BlockCache(PerPiece * 20);
        var apart = index.Through(small, _pieces.Fresh().Series);
        for (var id = 0; id < SeriesCount; id += PerPiece)
        {
            apart.LabelsOf(id).ToString().ShouldBe(index.LabelsOf(id).ToString());
        }

        apart.LabelsOf(0).Count.ShouldBe(1);
        _reads.ShouldBe(9);
    }

    private PartIndex Read(Func<int, (int Symbol, int Column)> of, int cut = 0)
    {
        using var symbols = new ByteWriter();
        symbols.WriteVarint(2);
        symbols.WriteLengthPrefixed("__name__"u8);
        symbols.WriteLengthPrefixed("m"u8);
        byte[] ReadPiece(int piece)
        {
            _reads++;
            using var series = new ByteWriter();
            var end = Math.Min(SeriesCount, (piece + 1) * PerPiece);
            for (var i = piece * PerPiece; i < end; i++)
            {
                var (symbol, column) = of(i);
                foreach (var value in (ReadOnlySpan<int>)[1, symbol, 1, 1, 300, 0, 500, column])
                {
                    series.WriteVarint((ulong)value);
                }
            }

            return series.Written[..^(end == SeriesCount ? cut : 0)].ToArray();
        }

        using var postings = new ByteWriter();
        postings.WriteVarint(0);
        using var columns = new ByteWriter();
        foreach (var value in (ReadOnlySpan<int>)[0, 0, 9, 2, 0, 15_000])
        {
            columns.WriteVarint((ulong)value);
        }

        var source = new SeriesSource(PerPiece, (SeriesCount / PerPiece) + 1, ReadPiece, () => _lost++);
        return new PartIndex("index.bin", 0, SeriesCount, symbols.Written.ToArray(), postings.Written.ToArray(), columns.Written.ToArray(), 1, source, new BlockCache(1 << 20), _pieces.Series);
    }
}
