using Sightglass.Alerting.Rules;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Alerting.Sla;

/// <summary>Values of an expression at the ends of slots, of whichever language it is.</summary>
internal sealed class SlotValues(PromQLEngine metrics, LogQLEngine logs, TraceQLEngine spans)
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>The value of the first series at the end of each slot; no number where there is none.</summary>
    /// <exception cref="Core.Errors.QueryException">The expression cannot be executed.</exception>
    /// <exception cref="Core.Errors.LimitExceededException">A limit was reached.</exception>
    public double[] Read(RuleLanguage language, string expression, DateTimeOffset start, TimeSpan slot, int count, CancellationToken cancellation)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        var (firstMs, stepMs) = (start.ToUnixTimeMilliseconds(), (long)slot.TotalMilliseconds);
        for (var from = 0; from < count; from += SlaLimits.MaxPointsOfQuery)
        {
            var points = Math.Min(SlaLimits.MaxPointsOfQuery, count - from);
            var (atMs, lastMs) = (firstMs + ((from + 1) * stepMs), firstMs + ((from + points) * stepMs));
            if (language == RuleLanguage.LogQL)
            {
                ReadLogs(values.AsSpan(from, points), expression, atMs, lastMs, stepMs, cancellation);
                continue;
            }

            if (language == RuleLanguage.TraceQL)
            {
                var range = new TraceMetricsQuery(expression, (atMs - stepMs) * NanosecondsPerMillisecond, lastMs * NanosecondsPerMillisecond, stepMs * NanosecondsPerMillisecond) { BeginsAtStart = true };
                if (spans.Metrics(range, cancellation).Series is [{ } counted, ..])
                {
                    counted.Values.CopyTo(values.AsSpan(from));
                }

                continue;
            }

            if (metrics.Range(expression, atMs, lastMs, stepMs, cancellation: cancellation).Series is [{ } series, ..])
            {
                for (var i = 0; i < series.Count; i++)
                {
                    values[from + (int)((series.TimestampsMs[i] - atMs) / stepMs)] = series.Values[i];
                }
            }
        }

        return values;
    }

    private void ReadLogs(Span<double> values, string expression, long atMs, long lastMs, long stepMs, CancellationToken cancellation)
    {
        var range = new LogQLRange(expression, atMs * NanosecondsPerMillisecond, lastMs * NanosecondsPerMillisecond) { StepNano = stepMs * NanosecondsPerMillisecond };
        if (logs.QueryRange(range, cancellation).Series is [{ } series, ..])
        {
            for (var i = 0; i < series.Values.Count; i++)
            {
                values[(int)(((series.TimesUnixNano[i] / NanosecondsPerMillisecond) - atMs) / stepMs)] = series.Values[i];
            }
        }
    }
}
