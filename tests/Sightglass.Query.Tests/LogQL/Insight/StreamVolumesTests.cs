using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Insight;

namespace Sightglass.Query.Tests.LogQL.Insight;

public sealed class StreamVolumesTests
{
    [Fact]
    public void Many_lines_are_counted_and_their_bytes_reckoned()
    {
        var world = new LogWorld();
        const int lines = (int)StreamVolumes.MaxExactLines;
        world.Batch(batch =>
        {
            foreach (var (app, count, text) in new[] { ("a", lines, "0123456789"), ("b", 10, "01234") })
            {
                batch.AddAttribute("app"u8, AttributeType.String, System.Text.Encoding.UTF8.GetBytes(app));
                var resource = batch.EndResource(ResourceKind.Labels);
                for (var i = 0; i < count; i++)
                {
                    batch.AddRow(new LogRow { TimeUnixNano = LogWorld.At(i % 100), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(text).Packed });
                }
            }
        });
        var insights = new LogInsights(world.Store, QueryLimits.Default);
        insights.Statistics("{app=~\".+\"}", LogWorld.At(0), LogWorld.At(100), default).ShouldBe((2, lines + 10, (10L * lines) + 50));

        // Half of the time has half of the lines; the cells are named by their ends.
        var halves = insights.Volume("{app=\"a\"}", LogWorld.At(0), LogWorld.At(100), 50 * LogWorld.Second, [], names: false, 10, default);
        halves.Single().TimesUnixNano.ShouldBe([LogWorld.At(50), LogWorld.At(100)]);
        halves.Single().Values.ShouldBe([5d * lines, 5d * lines]);
        world.Store.Plans.Count(static p => p.Fold is null && p.Limit == long.MaxValue && p.Columns.Count > 0 && p.Order == Core.Contracts.EventOrder.Any).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void One_stream_of_large_lines_does_not_speak_for_many_of_small_ones()
    {
        var world = new LogWorld();
        world.Batch(batch =>
        {
            for (var stream = 0; stream < 151; stream++)
            {
                batch.AddAttribute("app"u8, AttributeType.String, System.Text.Encoding.UTF8.GetBytes($"a{stream}"));
                var resource = batch.EndResource(ResourceKind.Labels);
                for (var i = stream == 0 ? -1 : 0; i < 200; i++)
                {
                    batch.AddRow(new LogRow { TimeUnixNano = LogWorld.At(i + 1), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(new string('x', stream == 0 ? 5_000 : 10)).Packed });
                }
            }
        });
        new LogInsights(world.Store, QueryLimits.Default).Statistics("{app=~\".+\"}", LogWorld.At(0), LogWorld.At(300), default).ShouldBe((151, 30_201, (150 * 200 * 10) + (201 * 5_000)));
    }
}
