using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

public sealed class BatchTests
{
    [Fact]
    public void Labels_of_a_series_are_sorted_and_empty_ones_left_out()
    {
        using var batch = new MetricBatch();
        batch.BeginSeries();
        batch.AddLabel("z"u8, "1"u8);
        batch.AddLabel("a"u8, "2"u8);
        batch.AddLabel("gone"u8, default);
        batch.AddLabel("__name__"u8, "m"u8);
        var series = batch.EndSeries();
        var labels = LabelSet.FromKey(batch.SeriesKey(series));
        labels.ShouldBe(LabelSet.Of("__name__", "m", "a", "2", "z", "1"));
        batch.SeriesHash(batch.AddSeries(labels)).ShouldBe(batch.SeriesHash(series));
        SeriesKey.ValueOf(batch.SeriesKey(series), "z"u8).SequenceEqual("1"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("b", "a", "b")]
    public void A_label_name_that_stands_twice_adds_nothing(params string[] names)
    {
        using var batch = new MetricBatch();
        batch.BeginSeries();
        foreach (var name in names)
        {
            batch.AddLabel(System.Text.Encoding.UTF8.GetBytes(name), "v"u8);
        }

        batch.EndSeries().ShouldBe(-1);
        batch.SeriesCount.ShouldBe(0);
        batch.KeyBytes.ShouldBe(0);
    }

    [Fact]
    public void A_batch_grows_and_is_empty_after_it_was_cleared()
    {
        using var batch = new MetricBatch();
        for (var i = 0; i < 3000; i++)
        {
            batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", $"m{i}")), i, i);
        }

        (batch.SeriesCount, batch.SampleCount, batch.SampleValues[2999]).ShouldBe((3000, 3000, 2999));
        batch.Clear();
        (batch.SeriesCount, batch.SampleCount, batch.KeyBytes).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Runs_of_attributes_belong_to_who_closes_them()
    {
        using var batch = new LogBatch();
        batch.AddAttribute("service.name"u8, AttributeType.String, "shop"u8);
        var resource = batch.EndResource(ResourceKind.Otlp);
        batch.AddAttribute("dropped"u8, AttributeType.Int, 1);
        batch.DropOpenAttributes();
        batch.AddAttribute("count"u8, AttributeType.Int, 7);
        batch.OpenAttributes.ShouldBe(1);
        batch.AddRow(new LogRow { Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText("hello").Packed });
        var row = batch.Rows[0];
        row.Attributes.ShouldBe(new AttributeRange(1, 1));
        batch.AttributeKey(1).SequenceEqual("count"u8).ShouldBeTrue();
        batch.AttributeBits(1).ShouldBe(7);
        batch.Text(TextRef.Unpack(row.BodyBits)).SequenceEqual("hello"u8).ShouldBeTrue();
        batch.AttributeBytes(0).SequenceEqual("shop"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(5, 0)]
    public void A_piece_of_the_arena_fits_one_number(int offset, int length) =>
        TextRef.Unpack(new TextRef(offset, length).Packed).ShouldBe(new TextRef(offset, length));

    [Theory]
    [InlineData("5B8EFFF798038103D269B633813FC60C", true)]
    [InlineData("1", true)]
    [InlineData("", false)]
    [InlineData("xyz", false)]
    [InlineData("5B8EFFF798038103D269B633813FC60C0", false)]
    public void Trace_ids_are_read_from_hex(string hex, bool valid)
    {
        TraceId.TryParse(hex, out var id).ShouldBe(valid);
        if (valid)
        {
            id.ToString().ShouldBe(hex.PadLeft(32, '0').ToLowerInvariant());
        }
    }
}
