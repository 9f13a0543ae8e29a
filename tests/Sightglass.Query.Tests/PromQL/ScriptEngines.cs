using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;
using Sightglass.Query.Vectors;
using Sightglass.TestKit;
using Sightglass.TestKit.Scripts;

namespace Sightglass.Query.Tests.PromQL;

/// <summary>Puts the engine behind the words of the script runner.</summary>
internal static class ScriptEngines
{
    public static ScriptEngine Of(IMetricStore store, PromQLOptions options)
    {
        var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System, options);
        return new ScriptEngine(
            (query, time) => Try(() => engine.Instant(query, time)),
            (query, start, end, step) => Try(() => engine.Range(query, start, end, step)));
    }

    public static ScriptReport Run(string text, PromQLOptions options) =>
        PromQLScript.Run(text, () => new InMemoryMetricStore(), store => Of(store, options));

    private static ScriptResult Try(Func<PromQLResult> query)
    {
        try
        {
            var result = query();
            return new ScriptResult(result.Type switch { PromQLType.Scalar => ScriptResultKind.Scalar, PromQLType.String => ScriptResultKind.Text, _ => ScriptResultKind.Series })
            {
                Scalar = result.Scalar,
                Text = result.Text,
                Series = [.. result.Series.Select(Series)],
                Warnings = result.Warnings,
                Infos = result.Infos,
            };
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            return new ScriptResult(ScriptResultKind.Failure) { Text = e.Message };
        }
    }

    private static ScriptSeries Series(ResultSeries series) =>
        new(series.Labels, [.. Enumerable.Range(0, series.Count).Select(i => new ScriptPoint(series.TimestampsMs[i], series.Values[i], series.HistogramAt(i)))]);
}
