using System.Text.Json;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>What a query cost, in the form of Prometheus' <c>stats</c>.</summary>
internal static class StatisticsJson
{
    public static void Write(Utf8JsonWriter json, QueryStatistics statistics)
    {
        var inner = statistics.EvalTotal - statistics.Preparation - statistics.ResultSort;
        json.WriteStartObject();
        json.WriteStartObject("timings"u8);
        json.WriteNumber("evalTotalTime"u8, statistics.EvalTotal.TotalSeconds);
        json.WriteNumber("resultSortTime"u8, statistics.ResultSort.TotalSeconds);
        json.WriteNumber("queryPreparationTime"u8, statistics.Preparation.TotalSeconds);
        json.WriteNumber("innerEvalTime"u8, Math.Max(0, inner.TotalSeconds));
        json.WriteNumber("execQueueTime"u8, statistics.Queue.TotalSeconds);
        json.WriteNumber("execTotalTime"u8, (statistics.Queue + statistics.EvalTotal).TotalSeconds);
        json.WriteEndObject();
        json.WriteStartObject("samples"u8);
        if (statistics.SamplesPerStep.Count > 0)
        {
            json.WriteStartArray("totalQueryableSamplesPerStep"u8);
            foreach (var (timeMs, samples) in statistics.SamplesPerStep)
            {
                json.WriteStartArray();
                ResultJson.WriteTime(json, timeMs);
                json.WriteNumberValue(samples);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteNumber("totalQueryableSamples"u8, statistics.TotalSamples);
        json.WriteNumber("peakSamples"u8, statistics.PeakSamples);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
