using System.Text.Json;
using Sightglass.Core.Errors;
using Sightglass.Metrics;
using Sightglass.Metrics.Cardinality;

namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>status/tsdb</c>: which metrics, labels and values make the series of the last two hours, Prometheus' head.</summary>
internal sealed class CardinalityEndpoint(MetricStore store, TimeProvider time)
{
    private const int DefaultLimit = 10;

    /// <summary>Prometheus' largest, above which it refuses too.</summary>
    private const int MaxLimit = 10_000;

    private static readonly TimeSpan HeadRange = TimeSpan.FromHours(2);

    public async Task Write(HttpContext context, ApiParameters parameters)
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

        var from = (time.GetUtcNow() - HeadRange).ToUnixTimeMilliseconds();
        var report = await Task.Run(() => store.Cardinality([], from, ApiParameters.MaxTimeMs, limit, null, context.RequestAborted), context.RequestAborted);
        await ApiResponse.Success(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("headStats"u8);
            json.WriteNumber("numSeries"u8, report.Series);
            json.WriteNumber("numLabelPairs"u8, report.LabelPairs);

            // Not cut into chunks here: what comes nearest is the open one of each series.
            json.WriteNumber("chunkCount"u8, report.Series);
            json.WriteNumber("minTime"u8, report.MinTimeMs ?? long.MaxValue);
            json.WriteNumber("maxTime"u8, report.MaxTimeMs ?? long.MinValue);
            json.WriteEndObject();
            Items(json, "seriesCountByMetricName", report.Metrics);
            Items(json, "labelValueCountByLabelName", report.LabelValues);
            Items(json, "memoryInBytesByLabelName", report.LabelBytes);
            Items(json, "seriesCountByLabelValuePair", report.Pairs.Select(p => new CardinalityItem($"{p.Label}={p.Value}", p.Series)));
            json.WriteEndObject();
        });
    }

    /// <summary>A list of names with numbers.</summary>
    internal static void Items(Utf8JsonWriter json, string name, IEnumerable<CardinalityItem> items)
    {
        json.WriteStartArray(name);
        foreach (var (item, value) in items)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, item);
            json.WriteNumber("value"u8, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
