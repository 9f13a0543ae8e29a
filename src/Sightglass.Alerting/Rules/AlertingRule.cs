using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>
/// Makes alerts of the series that an expression returns: pending until <c>for</c> has passed, firing, kept firing for
/// <c>keep_firing_for</c>, then resolved and told so for a quarter of an hour.
/// </summary>
internal sealed class AlertingRule : Rule
{
    /// <summary>How long a resolved alert is kept and told again, so that a lost message is made good.</summary>
    public static readonly TimeSpan ResolvedRetention = TimeSpan.FromMinutes(15);

    private readonly Dictionary<LabelSet, ActiveAlert> _active = [];
    private readonly RuleTemplate _template;
    private readonly List<AlertEvent> _events = [];
    private readonly string _group;

    public AlertingRule(RuleDefinition definition, RuleEnvironment environment, string group)
        : base(definition, environment)
    {
        _group = group;
        _template = new RuleTemplate(environment.ExternalUrl, environment.ExternalLabels, TemplateQuery);
    }

    public override RuleView View()
    {
        lock (Gate)
        {
            var alerts = new List<AlertView>();
            var state = AlertState.Inactive;
            foreach (var alert in _active.Values.Where(static a => a.State != AlertState.Inactive).OrderBy(static a => a.Labels))
            {
                state = alert.State > state ? alert.State : state;
                alerts.Add(new AlertView(alert.Labels, alert.Annotations, alert.State, alert.ActiveAt, alert.KeepFiringSince, alert.Value) { Fingerprint = AlertEvent.FingerprintOf(Environment.WithExternal(alert.Labels)) });
            }

            return new RuleView(Definition, state, alerts, Health, LastError, EvaluationTime, LastEvaluation);
        }
    }

    public override void CopyState(Rule from)
    {
        base.CopyState(from);
        if (from is AlertingRule rule)
        {
            lock (rule.Gate)
            {
                foreach (var (labels, alert) in rule._active)
                {
                    _active[labels] = alert;
                }
            }
        }
    }

    /// <summary>
    /// Takes up a stored alert. Time during which nobody looked does not count as pending. When it was last given to the dispatcher does not matter: this one does not have it
    /// yet, and knows itself what was told.
    /// </summary>
    public void Restore(StoredAlert stored, DateTimeOffset now)
    {
        var unobserved = now - stored.SavedAt;
        _active[stored.Labels] = new ActiveAlert(stored.Labels)
        {
            Annotations = stored.Annotations,
            State = stored.State,
            Value = stored.Value,
            ActiveAt = stored.State == AlertState.Pending && unobserved > TimeSpan.Zero ? stored.ActiveAt + unobserved : stored.ActiveAt,
            FiredAt = stored.FiredAt,
            ResolvedAt = stored.ResolvedAt,
            KeepFiringSince = stored.KeepFiringSince,
        };
    }

    public void AddStored(string group, DateTimeOffset now, List<StoredAlert> alerts, List<AlertEvent> events)
    {
        lock (Gate)
        {
            foreach (var alert in _active.Values)
            {
                alerts.Add(new StoredAlert
                {
                    Group = group,
                    Rule = Definition.Name,
                    Labels = alert.Labels,
                    Annotations = alert.Annotations,
                    State = alert.State,
                    Value = alert.Value,
                    ActiveAt = alert.ActiveAt,
                    FiredAt = alert.FiredAt,
                    ResolvedAt = alert.ResolvedAt,
                    KeepFiringSince = alert.KeepFiringSince,
                    SavedAt = now,
                });
            }

            events.AddRange(_events);
            _events.Clear();
        }
    }

    /// <summary>What ends with the rule: it is not evaluated any more.</summary>
    public IReadOnlyList<AlertEvent> Ending(DateTimeOffset at, string detail)
    {
        lock (Gate)
        {
            foreach (var alert in _active.Values.Where(static a => a.State != AlertState.Inactive))
            {
                Add(alert, Over(alert.State), at, detail);
            }

            AlertEvent[] events = [.. _events];
            _events.Clear();
            return events;
        }
    }

    /// <summary>What ends with an alert that was stored and is not taken up.</summary>
    public static AlertEvent Ending(StoredAlert stored, string group, RuleEnvironment environment, string detail) =>
        AlertEvent.Of(environment.WithExternal(stored.Labels), stored.SavedAt, Over(stored.State), group, detail, stored.Value) with { RuleGroup = group };

    /// <summary>The alerts that are due to be told: newly firing or resolved, and firing ones again after the resend delay.</summary>
    public List<PostedAlert> Due(DateTimeOffset at, TimeSpan resendDelay, TimeSpan interval)
    {
        var due = new List<PostedAlert>();
        var validFor = 4 * (interval > resendDelay ? interval : resendDelay);
        lock (Gate)
        {
            foreach (var alert in _active.Values)
            {
                if (alert.State == AlertState.Pending || !(alert.ResolvedAt > (alert.LastSentAt ?? DateTimeOffset.MinValue) || alert.LastSentAt is null || alert.LastSentAt + resendDelay < at))
                {
                    continue;
                }

                alert.LastSentAt = at;
                due.Add(new PostedAlert
                {
                    Labels = Environment.WithExternal(alert.Labels),
                    Annotations = alert.Annotations,
                    StartsAt = alert.FiredAt,
                    EndsAt = alert.ResolvedAt ?? at + validFor,
                    Value = alert.Value,
                    Threshold = Definition.Threshold,
                    RuleGroup = _group,
                    GeneratorUrl = ExpressionLink.Generator(Environment.ExternalUrl, Definition.Query),
                });
            }
        }

        return due;
    }

    protected override List<RecordedSample> Evaluate(DateTimeOffset at, DateTimeOffset queryAt, int limit, CancellationToken cancellation)
    {
        var result = Query(queryAt, cancellation);
        var found = new Dictionary<LabelSet, (LabelSet Annotations, double Value)>(result.Count);
        foreach (var sample in result)
        {
            var labels = Labels(sample, at);
            if (!found.TryAdd(labels, (Annotations(sample, at), sample.Value)))
            {
                throw new RuleFailedException("vector contains metrics with the same labelset after applying alert labels");
            }
        }

        lock (Gate)
        {
            return Advance(found, at, queryAt, limit);
        }
    }

    private List<RecordedSample> Advance(Dictionary<LabelSet, (LabelSet Annotations, double Value)> found, DateTimeOffset at, DateTimeOffset sampleAt, int limit)
    {
        var told = _events.Count;
        foreach (var alert in _active.Values)
        {
            alert.NotAfter(at);
        }

        foreach (var (labels, (annotations, value)) in found)
        {
            if (!_active.TryGetValue(labels, out var alert) || alert.State == AlertState.Inactive)
            {
                _active[labels] = alert = new ActiveAlert(labels) { ActiveAt = at, State = AlertState.Pending };
                alert.Value = value;
                Add(alert, AlertEventKind.Pending, at);
            }

            (alert.Annotations, alert.Value) = (annotations, value);
        }

        var samples = new List<RecordedSample>();
        var activeCount = 0;
        foreach (var (labels, alert) in _active.ToArray())
        {
            if (found.ContainsKey(labels))
            {
                alert.KeepFiringSince = null;
            }
            else if (!KeepsFiring(alert, at))
            {
                if (alert.State == AlertState.Pending || (alert.State == AlertState.Inactive && at - alert.ResolvedAt > ResolvedRetention))
                {
                    _active.Remove(labels);
                }

                if (alert.State != AlertState.Inactive)
                {
                    Add(alert, Over(alert.State), at);
                    (alert.State, alert.ResolvedAt) = (AlertState.Inactive, at);
                }

                continue;
            }

            activeCount++;
            if (alert.State == AlertState.Pending && at - alert.ActiveAt >= Definition.For)
            {
                (alert.State, alert.FiredAt) = (AlertState.Firing, at);
                Add(alert, AlertEventKind.Firing, at);
            }

            var state = alert.State == AlertState.Firing ? "firing" : "pending";
            samples.Add(new RecordedSample(labels.With(LabelSet.MetricName, "ALERTS").With("alertstate", state), 1, sampleAt));
            samples.Add(new RecordedSample(labels.With(LabelSet.MetricName, "ALERTS_FOR_STATE"), alert.ActiveAt.ToUnixTimeSeconds(), sampleAt));
        }

        if (limit > 0 && activeCount > limit)
        {
            Exceeded(at, told);
            _active.Clear();
            throw new RuleFailedException($"exceeded limit of {limit} with {activeCount} alerts");
        }

        return samples;
    }

    /// <summary>None of the alerts begins; those there were are over.</summary>
    private void Exceeded(DateTimeOffset at, int told)
    {
        var now = _events[told..];
        _events.RemoveRange(told, now.Count);
        _events.AddRange(now.Where(static e => e.Kind is AlertEventKind.Resolved or AlertEventKind.Cleared));
        foreach (var alert in _active.Values.Where(a => a.State != AlertState.Inactive && a.ActiveAt < at))
        {
            Add(alert, alert.FiredAt == at ? AlertEventKind.Cleared : Over(alert.State), at, "the rule has more alerts than its limit");
        }
    }

    private bool KeepsFiring(ActiveAlert alert, DateTimeOffset at)
    {
        if (alert.State != AlertState.Firing || Definition.KeepFiringFor <= TimeSpan.Zero)
        {
            return false;
        }

        alert.KeepFiringSince ??= at;
        return at - alert.KeepFiringSince < Definition.KeepFiringFor;
    }

    private static AlertEventKind Over(AlertState state) => state == AlertState.Firing ? AlertEventKind.Resolved : AlertEventKind.Cleared;

    private void Add(ActiveAlert alert, AlertEventKind kind, DateTimeOffset at, string detail = "") =>
        _events.Add(AlertEvent.Of(Environment.WithExternal(alert.Labels), at, kind, _group, detail, alert.Value) with { RuleGroup = _group });

    private LabelSet Labels(RuleSample sample, DateTimeOffset at)
    {
        var source = sample.Labels.Without(LabelSet.MetricName);
        var builder = new LabelSetBuilder(source);
        foreach (var label in Definition.Labels.Span)
        {
            builder.Set(label.Name, Expand(label.Value, sample, at));
        }

        foreach (var name in Definition.RemovedLabels)
        {
            builder.Remove(name);
        }

        return builder.Set("alertname", Definition.Name).Build();
    }

    private LabelSet Annotations(RuleSample sample, DateTimeOffset at)
    {
        var builder = new LabelSetBuilder();
        foreach (var annotation in Definition.Annotations.Span)
        {
            builder.Set(annotation.Name, Expand(annotation.Value, sample, at));
        }

        return builder.Build();
    }

    /// <summary>A template that fails does not keep the alert back: its text says what went wrong.</summary>
    private string Expand(string text, RuleSample sample, DateTimeOffset at)
    {
        try
        {
            return _template.Render("__alert_" + Definition.Name, text, sample.Labels, sample.Value, at);
        }
        catch (TemplateException e)
        {
            return $"<error expanding template: error executing template __alert_{Definition.Name}: {e.Message}>";
        }
    }

    private List<TemplateSample> TemplateQuery(string expression, DateTimeOffset at)
    {
        try
        {
            return [.. Environment.Engine.Query(expression, at, CancellationToken.None).Select(static s => new TemplateSample(s.Labels, s.Value))];
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            throw new TemplateFunctionException(e.Message);
        }
    }

    private sealed class ActiveAlert(LabelSet labels)
    {
        public LabelSet Labels { get; } = labels;

        public LabelSet Annotations { get; set; } = LabelSet.Empty;

        public AlertState State { get; set; }

        public double Value { get; set; }

        public DateTimeOffset ActiveAt { get; set; }

        public DateTimeOffset? FiredAt { get; set; }

        public DateTimeOffset? ResolvedAt { get; set; }

        public DateTimeOffset? LastSentAt { get; set; }

        public DateTimeOffset? KeepFiringSince { get; set; }

        /// <summary>Nothing was later than now. It would be after the clock was set back, and nothing would be due before it has caught up.</summary>
        public void NotAfter(DateTimeOffset at)
        {
            ActiveAt = ActiveAt > at ? at : ActiveAt;
            (FiredAt, ResolvedAt) = (Earlier(FiredAt, at), Earlier(ResolvedAt, at));
            (LastSentAt, KeepFiringSince) = (Earlier(LastSentAt, at), Earlier(KeepFiringSince, at));
        }

        private static DateTimeOffset? Earlier(DateTimeOffset? time, DateTimeOffset at) => time > at ? at : time;
    }
}
