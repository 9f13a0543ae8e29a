using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>The history that the engines of this process have.</summary>
internal sealed class EngineHistory(PromQLEngine promQL, LogQLEngine logQL, IRuleQueryEngine traces) : IBacktestHistory
{
    /// <summary>Points of one query; the engines take 11,000 at most unless configured otherwise.</summary>
    private const int PointsPerQuery = 5_000;

    private const long NanosecondsPerMillisecond = 1_000_000;

    public Task<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>> HoldsAsync(
        string expression, RuleLanguage language, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, CancellationToken cancellation) => Task.Run<IReadOnlyDictionary<LabelSet, IReadOnlyList<HeldMoment>>>(
        () =>
        {
            var holds = new Dictionary<LabelSet, List<HeldMoment>>();
            if (language == RuleLanguage.TraceQL)
            {
                AddTraces(holds, expression, start, end, interval, cancellation);
                return Holds(holds);
            }

            for (var from = start; from <= end; from += interval * PointsPerQuery)
            {
                cancellation.ThrowIfCancellationRequested();
                var last = from + (interval * (PointsPerQuery - 1));
                var (fromMs, toMs, stepMs) = (from.ToUnixTimeMilliseconds(), (last < end ? last : end).ToUnixTimeMilliseconds(), (long)interval.TotalMilliseconds);
                if (language == RuleLanguage.LogQL)
                {
                    AddLogs(holds, expression, fromMs, toMs, stepMs, cancellation);
                }
                else
                {
                    AddMetrics(holds, expression, fromMs, toMs, stepMs, cancellation);
                }
            }

            return Holds(holds);
        },
        cancellation);

    public Task<IReadOnlyList<RuleSample>> QueryAsync(string expression, DateTimeOffset at, CancellationToken cancellation) =>
        Task.Run(() => new PromQLRuleEngine(promQL).Query(expression, at, cancellation), cancellation);

    private static Dictionary<LabelSet, IReadOnlyList<HeldMoment>> Holds(Dictionary<LabelSet, List<HeldMoment>> holds) =>
        holds.ToDictionary(static h => h.Key, static h => (IReadOnlyList<HeldMoment>)h.Value);

    private void AddMetrics(Dictionary<LabelSet, List<HeldMoment>> holds, string expression, long fromMs, long toMs, long stepMs, CancellationToken cancellation)
    {
        foreach (var series in promQL.Range(expression, fromMs, toMs, stepMs, cancellation: cancellation).Series)
        {
            var moments = Moments(holds, series.Labels);
            for (var i = 0; i < series.Count; i++)
            {
                moments.Add(new HeldMoment(DateTimeOffset.FromUnixTimeMilliseconds(series.TimestampsMs[i]), series.Values[i]));
            }
        }
    }

    private void AddLogs(Dictionary<LabelSet, List<HeldMoment>> holds, string expression, long fromMs, long toMs, long stepMs, CancellationToken cancellation)
    {
        var range = new LogQLRange(expression, fromMs * NanosecondsPerMillisecond, toMs * NanosecondsPerMillisecond) { StepNano = stepMs * NanosecondsPerMillisecond };
        foreach (var series in logQL.QueryRange(range, cancellation).Series)
        {
            Moments(holds, series.Labels).AddRange(series.TimesUnixNano.Zip(series.Values, static (t, v) => new HeldMoment(DateTimeOffset.FromUnixTimeMilliseconds(t / NanosecondsPerMillisecond), v)));
        }
    }

    // A query over spans is about one window, which is another one at each moment: its intervals would not slide.
    private void AddTraces(Dictionary<LabelSet, List<HeldMoment>> holds, string expression, DateTimeOffset start, DateTimeOffset end, TimeSpan interval, CancellationToken cancellation)
    {
        for (var at = start; at <= end; at += interval)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var sample in traces.Query(expression, at, cancellation))
            {
                Moments(holds, sample.Labels).Add(new HeldMoment(at, sample.Value));
            }
        }
    }

    private static List<HeldMoment> Moments(Dictionary<LabelSet, List<HeldMoment>> holds, LabelSet labels)
    {
        if (!holds.TryGetValue(labels, out var moments))
        {
            holds.Add(labels, moments = []);
        }

        return moments;
    }
}
