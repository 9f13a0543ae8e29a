using System.Diagnostics;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>What all rules of a process share.</summary>
internal sealed record RuleEnvironment
{
    public required IRuleQueryEngine Engine { get; init; }

    /// <summary>Evaluates LogQL; null where there are no logs.</summary>
    public IRuleQueryEngine? LogEngine { get; init; }

    /// <summary>Evaluates TraceQL; null where there are no spans.</summary>
    public IRuleQueryEngine? SpanEngine { get; init; }

    /// <summary>The engine of a language.</summary>
    public IRuleQueryEngine EngineOf(RuleLanguage language) => language switch
    {
        RuleLanguage.PromQL => Engine,
        RuleLanguage.LogQL => LogEngine ?? throw new RuleFailedException("there are no logs here to evaluate a LogQL expression over"),
        _ => SpanEngine ?? throw new RuleFailedException("there are no spans here to evaluate a TraceQL expression over"),
    };

    public required Uri ExternalUrl { get; init; }

    public required LabelSet ExternalLabels { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>An alert's labels as receivers see them: with the external labels whose names it has not.</summary>
    public LabelSet WithExternal(LabelSet labels)
    {
        if (ExternalLabels.Count == 0)
        {
            return labels;
        }

        var builder = new LabelSetBuilder(labels);
        foreach (var label in ExternalLabels.Span)
        {
            if (!labels.Contains(label.Name))
            {
                builder.Set(label.Name, label.Value);
            }
        }

        return builder.Build();
    }
}

/// <summary>One rule with its state. Evaluated by one group at a time; read by others under its lock.</summary>
internal abstract class Rule(RuleDefinition definition, RuleEnvironment environment)
{
    private HashSet<LabelSet> _previousSeries = [];

    public RuleDefinition Definition { get; } = definition;

    public RuleHealth Health { get; private set; }

    public string LastError { get; private set; } = string.Empty;

    public TimeSpan EvaluationTime { get; private set; }

    public DateTimeOffset? LastEvaluation { get; private set; }

    protected RuleEnvironment Environment { get; } = environment;

    protected Lock Gate { get; } = new();

    /// <summary>Evaluates; the series to write with stale markers for those that ended, or null when it failed.</summary>
    public List<RecordedSample>? Run(DateTimeOffset at, TimeSpan queryOffset, int limit, CancellationToken cancellation)
    {
        var start = Environment.Time.GetTimestamp();
        List<RecordedSample>? samples = null;
        var (health, error) = (RuleHealth.Ok, string.Empty);
        try
        {
            samples = Evaluate(at, at - queryOffset, limit, cancellation);
            AddStaleMarkers(samples, at - queryOffset);
        }
        catch (Exception e) when (e is QueryException or LimitExceededException or RuleFailedException or CorruptDataException)
        {
            (health, error) = (RuleHealth.Err, e.Message);
        }

        lock (Gate)
        {
            (Health, LastError, LastEvaluation, EvaluationTime) = (health, error, at, Environment.Time.GetElapsedTime(start));
        }

        return samples;
    }

    /// <summary>Stale markers for all series of the last evaluation: the rule is going away.</summary>
    public List<RecordedSample> End(DateTimeOffset at)
    {
        var markers = new List<RecordedSample>();
        AddStaleMarkers(markers, at);
        return markers;
    }

    public abstract RuleView View();

    /// <summary>Takes over what an earlier version of the same rule knew.</summary>
    public virtual void CopyState(Rule from) => _previousSeries = from._previousSeries;

    /// <summary>Evaluates the rule's expression in its language.</summary>
    protected IReadOnlyList<RuleSample> Query(DateTimeOffset at, CancellationToken cancellation) =>
        Environment.EngineOf(Definition.Language).Query(Definition.Expression, at, cancellation);

    protected abstract List<RecordedSample> Evaluate(DateTimeOffset at, DateTimeOffset queryAt, int limit, CancellationToken cancellation);

    private void AddStaleMarkers(List<RecordedSample> samples, DateTimeOffset at)
    {
        var series = new HashSet<LabelSet>(samples.Count);
        foreach (var sample in samples)
        {
            series.Add(sample.Labels);
        }

        foreach (var gone in _previousSeries)
        {
            if (!series.Contains(gone))
            {
                samples.Add(new RecordedSample(gone, RuleManager.StaleMarker, at));
            }
        }

        _previousSeries = series;
    }
}

/// <summary>An evaluation that failed for a reason of the rule's own.</summary>
internal sealed class RuleFailedException(string message) : Exception(message);

/// <summary>Writes the result of an expression as series of a new name.</summary>
internal sealed class RecordingRule(RuleDefinition definition, RuleEnvironment environment) : Rule(definition, environment)
{
    public override RuleView View()
    {
        lock (Gate)
        {
            return new RuleView(Definition, AlertState.Inactive, [], Health, LastError, EvaluationTime, LastEvaluation);
        }
    }

    protected override List<RecordedSample> Evaluate(DateTimeOffset at, DateTimeOffset queryAt, int limit, CancellationToken cancellation)
    {
        Debug.Assert(Definition.Record is not null);
        var result = Query(queryAt, cancellation);
        if (limit > 0 && result.Count > limit)
        {
            throw new RuleFailedException($"exceeded limit of {limit} with {result.Count} series");
        }

        var samples = new List<RecordedSample>(result.Count);
        var seen = new HashSet<LabelSet>(result.Count);
        var builder = new LabelSetBuilder();
        foreach (var sample in result)
        {
            builder.Reset(sample.Labels);
            builder.Set(LabelSet.MetricName, Definition.Record);
            foreach (var label in Definition.Labels.Span)
            {
                builder.Set(label.Name, label.Value);
            }

            foreach (var name in Definition.RemovedLabels)
            {
                builder.Remove(name);
            }

            var labels = builder.Build();
            if (!seen.Add(labels))
            {
                throw new RuleFailedException("vector contains metrics with the same labelset after applying rule labels");
            }

            samples.Add(new RecordedSample(labels, sample.Value, queryAt, sample.Histogram));
        }

        return samples;
    }
}
