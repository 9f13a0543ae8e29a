using System.Text;
using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>status/tsdb</c>: which metrics, labels and values make the series of the last two hours, Prometheus' head.</summary>
internal sealed class CardinalityEndpoint(IMetricStore store, TimeProvider time)
{
    private const int DefaultLimit = 10;

    /// <summary>Prometheus' largest, above which it refuses too.</summary>
    private const int MaxLimit = 10_000;

    private static readonly TimeSpan HeadRange = TimeSpan.FromHours(2);

    public Task Write(HttpContext context, ApiParameters parameters)
    {
        const string Expected = "limit must be a positive number";
        int limit;
        try
        {
            limit = parameters.Count("limit") ?? DefaultLimit;
        }
        catch (QueryException)
        {
            limit = 0;
        }

        if (limit < 1)
        {
            throw new QueryException(QueryErrorKind.BadData, Expected);
        }

        if (limit > MaxLimit)
        {
            throw new QueryException(QueryErrorKind.BadData, $"limit must not exceed {MaxLimit}");
        }

        var now = time.GetUtcNow();
        var from = (now - HeadRange).ToUnixTimeMilliseconds();
        var count = new Counts(store.Series([], from, now.ToUnixTimeMilliseconds(), 0, context.RequestAborted));
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("headStats"u8);
            json.WriteNumber("numSeries"u8, count.Series);
            json.WriteNumber("numLabelPairs"u8, count.Pairs.Count);
            json.WriteNumber("chunkCount"u8, count.Series);
            json.WriteNumber("minTime"u8, from);
            json.WriteNumber("maxTime"u8, now.ToUnixTimeMilliseconds());
            json.WriteEndObject();
            Top(json, "seriesCountByMetricName", count.Pairs.Where(p => p.Key.Name == LabelSet.MetricName).Select(p => (p.Key.Value, p.Value)), limit);
            Top(json, "labelValueCountByLabelName", count.Values.Select(p => (p.Key, p.Value.Distinct)), limit);
            Top(json, "memoryInBytesByLabelName", count.Values.Select(p => (p.Key, p.Value.Bytes)), limit);
            Top(json, "seriesCountByLabelValuePair", count.Pairs.Select(p => ($"{p.Key.Name}={p.Key.Value}", p.Value)), limit);
            json.WriteEndObject();
        });
    }

    private static void Top(Utf8JsonWriter json, string name, IEnumerable<(string Name, long Value)> items, int limit)
    {
        json.WriteStartArray(name);
        foreach (var (item, value) in items.OrderByDescending(i => i.Value).ThenBy(i => i.Name, StringComparer.Ordinal).Take(limit))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, item);
            json.WriteNumber("value"u8, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private sealed class Counts
    {
        public Counts(IReadOnlyList<LabelSet> series)
        {
            Series = series.Count;
            foreach (var labels in series)
            {
                foreach (ref readonly var label in labels.Span)
                {
                    var known = Pairs.GetValueOrDefault((label.Name, label.Value));
                    Pairs[(label.Name, label.Value)] = known + 1;
                    var (distinct, bytes) = Values.GetValueOrDefault(label.Name);
                    Values[label.Name] = (distinct + (known == 0 ? 1 : 0), bytes + Encoding.UTF8.GetByteCount(label.Value));
                }
            }
        }

        public int Series { get; }

        /// <summary>Series of each label value.</summary>
        public Dictionary<(string Name, string Value), long> Pairs { get; } = [];

        /// <summary>Distinct values of each label, and the bytes of the values in all series.</summary>
        public Dictionary<string, (long Distinct, long Bytes)> Values { get; } = new(StringComparer.Ordinal);
    }
}
