using Sightglass.Core.Bytes;
using System.Text;
using Sightglass.Alerting.History;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Rules;

/// <summary>Evaluates its rules in order, those that do not need each other at one time, at moments that its interval and its name fix.</summary>
internal sealed class RuleGroup
{
    /// <summary>Rules of one group that are evaluated at one time, where none reads what another writes.</summary>
    private const int MaxParallelRules = 4;

    /// <summary>Events that wait for a store that fails.</summary>
    private const int MaxUnsavedEvents = 10_000;

    private const string RuleIsGone = "the rule is gone";

    private readonly Rule[] _rules;
    private readonly IReadOnlyList<IReadOnlyList<int>> _batches;
    private readonly RuleManagerOptions _options;
    private readonly RuleEnvironment _environment;
    private readonly TimeSpan _offset;
    private readonly List<AlertEvent> _events = [];
    private readonly RuleFailures _failures;
    private bool _hadAlerts;

    public RuleGroup(string file, RuleGroupDefinition definition, RuleManagerOptions options, RuleEnvironment environment)
    {
        File = file;
        Definition = definition;
        _options = options;
        _environment = environment = environment with { Engine = environment.Engine.For(file, definition.Name) };
        Interval = definition.Interval ?? options.EvaluationInterval;
        Key = $"{file};{definition.Name}";
        _rules = [.. definition.Rules.Select(r => r.Alert is null ? (Rule)new RecordingRule(r, environment) : new AlertingRule(r, environment, definition.Name))];
        _batches = RuleBatches.Split(definition.Rules);
        _offset = TimeSpan.FromTicks((long)(StableHash(Key) % (ulong)Interval.Ticks));
        _failures = new RuleFailures(definition, file, environment, options, Interval);
        Metrics = new RuleGroupMetrics(Key, _rules.Length, Interval);
    }

    /// <summary>Ends what is stored of groups that are not there any more.</summary>
    public static void EndStored(IEnumerable<StoredAlert> alerts, RuleManagerOptions options, RuleEnvironment environment)
    {
        foreach (var group in alerts.GroupBy(static a => a.Group, StringComparer.Ordinal))
        {
            var name = group.Key[(group.Key.LastIndexOf(';') + 1)..];
            try
            {
                options.State.Save(group.Key, [], [.. group.Where(static a => a.State != AlertState.Inactive).Select(a => AlertingRule.Ending(a, name, environment, RuleIsGone))]);
            }
            catch (StorageFailedException)
            {
                // They are ended at the next start.
            }
        }
    }

    public string File { get; }

    public RuleGroupDefinition Definition { get; }

    /// <summary>File and name: what identifies the group over reloads and restarts.</summary>
    public string Key { get; }

    public TimeSpan Interval { get; }

    public RuleGroupMetrics Metrics { get; }

    public TimeSpan EvaluationTime { get; private set; }

    public DateTimeOffset? LastEvaluation { get; private set; }

    /// <summary>The last moment up to <paramref name="now"/> at which the group is evaluated. Groups are spread over their interval.</summary>
    public DateTimeOffset Slot(DateTimeOffset now)
    {
        var shifted = now.UtcTicks - _offset.Ticks;
        return new DateTimeOffset(shifted - (shifted % Interval.Ticks) + _offset.Ticks, TimeSpan.Zero);
    }

    public void Evaluate(DateTimeOffset at, CancellationToken cancellation)
    {
        var start = _environment.Time.GetTimestamp();
        var samples = 0;
        foreach (var batch in _batches)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            if (batch.Count == 1)
            {
                samples += Evaluate(_rules[batch[0]], at, cancellation);
            }
            else
            {
                Parallel.ForEach(batch, new ParallelOptions { MaxDegreeOfParallelism = MaxParallelRules }, i => Interlocked.Add(ref samples, Evaluate(_rules[i], at, cancellation)));
            }
        }

        Save(at);
        (EvaluationTime, LastEvaluation) = (_environment.Time.GetElapsedTime(start), at);
        Metrics.Iterated(at, EvaluationTime, samples);
    }

    /// <summary>Ends all series: the group is gone from the configuration.</summary>
    public void End(DateTimeOffset at)
    {
        var markers = _rules.SelectMany(r => r.End(at)).ToList();
        if (markers.Count > 0)
        {
            Write(markers);
        }

        AddEnding(_rules, at);
        try
        {
            _options.State.Save(Key, [], _events);
        }
        catch (StorageFailedException)
        {
            // What is left of it is removed at the next start.
            Metrics.Failed();
        }
    }

    public void CopyState(RuleGroup from, DateTimeOffset at)
    {
        var left = from._rules.ToList();
        foreach (var rule in _rules)
        {
            var index = left.FindIndex(r => r.GetType() == rule.GetType() && r.Definition.Name == rule.Definition.Name && r.Definition.Labels == rule.Definition.Labels);
            if (index >= 0)
            {
                rule.CopyState(left[index]);
                left.RemoveAt(index);
            }
        }

        _events.AddRange(from._events);
        AddEnding(left, at);
        _hadAlerts = from._hadAlerts;
    }

    /// <summary>Takes up the stored alerts of this group; what cannot be taken up any more is over.</summary>
    public void Restore(IEnumerable<StoredAlert> alerts, DateTimeOffset now)
    {
        foreach (var stored in alerts)
        {
            if (stored.Group != Key)
            {
                continue;
            }

            var rule = Array.Find(_rules, r => r is AlertingRule && r.Definition.Name == stored.Rule && HasStaticLabels(r, stored)) as AlertingRule;
            if (rule is not null && now - stored.SavedAt <= _options.OutageTolerance)
            {
                rule.Restore(stored, now);
                _hadAlerts = true;
            }
            else if (stored.State != AlertState.Inactive)
            {
                _events.Add(AlertingRule.Ending(stored, Definition.Name, _environment, rule is null ? RuleIsGone : "the server was away for too long"));
            }
        }
    }

    public RuleGroupView View() =>
        new(Definition.Name, File, Interval, Definition.Limit, [.. _rules.Select(static r => r.View())], EvaluationTime, LastEvaluation);

    /// <summary>Evaluates a rule, tells and writes what came of it at once; the number of samples.</summary>
    private int Evaluate(Rule rule, DateTimeOffset at, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return 0;
        }

        Metrics.Evaluated();
        var result = rule.Run(at, Definition.QueryOffset ?? _options.QueryOffset, Definition.Limit, cancellation);
        if (result is null)
        {
            Metrics.Failed();
            if (!cancellation.IsCancellationRequested && _failures.Failed(rule, at) is { } failed)
            {
                Tell([failed]);
            }

            return 0;
        }

        if (_failures.Succeeded(rule, at) is { } over)
        {
            Tell([over]);
        }

        if (rule is AlertingRule alerting && alerting.Due(at, _options.ResendDelay, Interval) is { Count: > 0 } due)
        {
            Tell(due);
        }

        if (result.Count > 0 && !Write(result))
        {
            Metrics.Failed();
        }

        return result.Count;
    }

    private void AddEnding(IEnumerable<Rule> rules, DateTimeOffset at)
    {
        foreach (var rule in rules)
        {
            if (rule is AlertingRule alerting)
            {
                _events.AddRange(alerting.Ending(at, RuleIsGone));
            }
        }
    }

    private static bool HasStaticLabels(Rule rule, StoredAlert stored)
    {
        foreach (var label in rule.Definition.Labels.Span)
        {
            if (!label.Value.Contains("{{", StringComparison.Ordinal) && stored.Labels[label.Name] != label.Value)
            {
                return false;
            }
        }

        return true;
    }

    private void Tell(List<Routing.PostedAlert> due)
    {
        try
        {
            _options.Alerts(due);
        }
        catch (LimitExceededException)
        {
            // Too many alerts at a time: those that fit were taken, the others are told again after the resend delay.
            Metrics.Failed();
        }
    }

    private bool Write(List<RecordedSample> samples)
    {
        try
        {
            _options.Samples(samples);
            return true;
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            // Alerts go on when series cannot be written: a full disk must not silence the alert about it.
            return false;
        }
    }

    private void Save(DateTimeOffset at)
    {
        var alerts = new List<StoredAlert>();
        foreach (var rule in _rules)
        {
            (rule as AlertingRule)?.AddStored(Key, at, alerts, _events);
        }

        if (alerts.Count == 0 && _events.Count == 0 && !_hadAlerts)
        {
            return;
        }

        try
        {
            _options.State.Save(Key, alerts, _events);
            _hadAlerts = alerts.Count > 0;
            _events.Clear();
        }
        catch (StorageFailedException)
        {
            // What happened is stored with the next evaluation, the oldest left out where that goes on for long.
            Metrics.Failed();
            _events.RemoveRange(0, Math.Max(0, _events.Count - MaxUnsavedEvents));
        }
    }

    private static ulong StableHash(string text) => Hash128.Compute(Encoding.UTF8.GetBytes(text)).Low;
}
