using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Alerting.Rules;

/// <summary>Evaluates rules whose language is TraceQL metrics: over the last five minutes, or as long as the hint <c>with(window=…)</c> of the query says.</summary>
public sealed class TraceQLRuleEngine(TraceQLEngine engine) : IRuleQueryEngine
{
    private const long NanosecondsPerTick = 100;

    /// <summary>The window of a query that names none.</summary>
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public IReadOnlyList<RuleSample> Query(string expression, DateTimeOffset at, CancellationToken cancellation)
    {
        var window = TraceQLRules.WindowOf(expression) ?? DefaultWindow;
        var end = (at - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;
        var result = engine.Metrics(new TraceMetricsQuery(expression, end - (window.Ticks * NanosecondsPerTick), end, 0), cancellation);
        return [.. result.Series.Select(static s => new RuleSample(LabelsOf(s), s.Values[0]))];
    }

    // Names as metrics have them: resource.service.name is resource_service_name. What a series without groups is called is no label of an alert.
    internal static LabelSet LabelsOf(TraceMetricSeries series) => LabelSet.From(series.Labels
        .Where(static l => l.Key != LabelSet.MetricName)
        .Select(static l => new Label(NameOf(l.Key), l.Value.ToString()))
        .DistinctBy(static l => l.Name));

    /// <summary>A name of TraceQL as a label has it.</summary>
    internal static string NameOf(string key)
    {
        var name = string.Concat(key.TrimStart('.').Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return name.Length > 0 && char.IsAsciiDigit(name[0]) ? "_" + name : name;
    }
}
