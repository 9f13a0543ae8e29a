using System.Runtime.InteropServices;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Insight;

/// <summary>
/// How many lines and bytes streams have over time. Lines are counted by the store, which knows of most blocks how many each stream has, without
/// reading them. Bytes of few lines are summed, of many reckoned: lines times the mean length of the stream's newest ones. Cells are named by their starts.
/// </summary>
internal sealed class StreamVolumes(IEventStore store, QueryLimits limits)
{
    /// <summary>Up to so many lines are read and their bytes exact.</summary>
    public const long MaxExactLines = 20_000;

    // Lines of a stream whose lengths stand for all, streams that are looked at, and lines of all smaller ones together.
    private const int SampledLines = 200;
    private const int SampledStreams = 100;
    private const int SampledRest = 5_000;

    private static readonly IReadOnlyList<ColumnRef> Body = [ColumnRef.Field(EventFields.Body)];

    /// <summary>Lines by stream and cell; a step of 0 makes the range one cell.</summary>
    public Dictionary<LabelSet, Dictionary<long, long>> Lines(IReadOnlyList<LabelMatcher> matchers, long min, long max, long step, CancellationToken cancellation)
    {
        var lines = new Dictionary<LabelSet, Dictionary<long, long>>();
        Read(
            Plan(matchers, min, max) with { Fold = new EventFold { OriginUnixNano = min, WidthNano = step, Scopes = static _ => null } },
            (page, row) =>
            {
                var time = page.TimesUnixNano[row];
                Add(lines, LokiStream.Of(page.Streams[row]).Labels, step == 0 ? min : time - ((time - min) % step), page.WeightOf(row));
            },
            cancellation);
        return lines;
    }

    /// <summary>Bytes by stream and cell.</summary>
    public Dictionary<LabelSet, Dictionary<long, double>> Bytes(IReadOnlyList<LabelMatcher> matchers, long min, long max, long step, CancellationToken cancellation) =>
        Bytes(Lines(matchers, min, max, step, cancellation), min, max, step, cancellation);

    /// <summary>Bytes of streams whose lines were counted in one cell.</summary>
    public Dictionary<LabelSet, Dictionary<long, double>> Bytes(Dictionary<LabelSet, Dictionary<long, long>> lines, long min, long max, CancellationToken cancellation) =>
        Bytes(lines, min, max, 0, cancellation);

    private Dictionary<LabelSet, Dictionary<long, double>> Bytes(Dictionary<LabelSet, Dictionary<long, long>> lines, long min, long max, long step, CancellationToken cancellation)
    {
        var bytes = new Dictionary<LabelSet, Dictionary<long, double>>();
        if (lines.Values.Sum(static c => c.Values.Sum()) <= Math.Min(MaxExactLines, limits.MaxLogLinesScanned))
        {
            Read(
                Plan(lines.ContainsKey, min, max) with { Columns = Body },
                (page, row) =>
                {
                    var time = page.TimesUnixNano[row];
                    Add(bytes, LokiStream.Of(page.Streams[row]).Labels, step == 0 ? min : time - ((time - min) % step), LengthOf(page, row));
                },
                cancellation);
            return bytes;
        }

        // The largest streams by lines of their own, all others by what they have in common: one of large lines must not speak for those of small ones.
        var means = new Dictionary<LabelSet, double>();
        foreach (var stream in lines.OrderByDescending(static l => l.Value.Values.Sum()).Take(SampledStreams).Select(static l => l.Key))
        {
            means[stream] = MeanLength(stream.Equals, min, max, SampledLines, cancellation);
        }

        var rest = means.Count < lines.Count ? MeanLength(s => lines.ContainsKey(s) && !means.ContainsKey(s), min, max, SampledRest, cancellation) : 0;
        foreach (var (stream, cells) in lines)
        {
            var mean = means.GetValueOrDefault(stream, rest);
            bytes.Add(stream, cells.ToDictionary(static c => c.Key, c => c.Value * mean));
        }

        return bytes;
    }

    private double MeanLength(Func<LabelSet, bool> wanted, long min, long max, int most, CancellationToken cancellation)
    {
        var (count, sum) = (0L, 0d);
        Read(
            Plan(min, max, stream => wanted(stream.Labels)) with { Columns = Body, Order = EventOrder.TimeDescending, Limit = most },
            (page, row) =>
            {
                count++;
                sum += LengthOf(page, row);
            },
            cancellation);
        return count > 0 ? sum / count : 0;
    }

    private static EventPlan Plan(IReadOnlyList<LabelMatcher> matchers, long min, long max) => Plan(min, max, stream => stream.Matches(matchers));

    private static EventPlan Plan(Func<LabelSet, bool> wanted, long min, long max) => Plan(min, max, stream => wanted(stream.Labels));

    private static EventPlan Plan(long min, long max, Func<LokiStream, bool> wanted) => new()
    {
        Signal = EventSignal.Logs,
        MinTimeUnixNano = min,
        MaxTimeUnixNano = max,
        Streams = stream => wanted(LokiStream.Of(stream)),
        Order = EventOrder.Any,
    };

    private void Read(EventPlan plan, Action<EventPage, int> take, CancellationToken cancellation)
    {
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < cursor.Page.Count; row++)
            {
                take(cursor.Page, row);
            }
        }
    }

    private static double LengthOf(EventPage page, int row)
    {
        var body = page.Columns[0];
        return body.TypeOf(row) == AttributeType.String ? body.Bytes(row).Length : System.Text.Encoding.UTF8.GetByteCount(body.Text(row));
    }

    private static void Add<T>(Dictionary<LabelSet, Dictionary<long, T>> sums, LabelSet stream, long cell, T amount)
        where T : struct, System.Numerics.INumber<T>
    {
        ref var cells = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, stream, out _);
        cells ??= [];
        CollectionsMarshal.GetValueRefOrAddDefault(cells, cell, out _) += amount;
    }
}
