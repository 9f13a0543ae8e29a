using Sightglass.Alerting.History;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Alerting.Rules.Testing;

/// <summary>One run of one test over a store of its own.</summary>
internal sealed class RuleTestRun : IDisposable
{
    private readonly RuleTestFile _file;
    private readonly RuleTest _test;
    private readonly bool _diff;
    private readonly InMemoryMetricStore _store = new(QueryLimits.Default.MaxSamples);
    private readonly PromQLEngine _engine;
    private readonly PromQLRuleEngine _rules;
    private readonly RuleGroup[] _groups;
    private readonly (LabelSet Labels, List<SeriesValue> Values)[] _series;
    private readonly List<string> _failures = [];
    private int _loaded;

    public RuleTestRun(RuleTestFile file, IReadOnlyList<RuleFile> rules, RuleTest test, TimeProvider time, bool diff)
    {
        _file = file;
        _test = test;
        _diff = diff;
        _engine = new PromQLEngine(_store, QueryLimits.Default, time) { DefaultSubqueryStep = file.EvaluationInterval };
        _rules = new PromQLRuleEngine(_engine);
        _series = [.. test.Series.Select(static s => (s.Labels, SeriesNotation.ParseValues(s.Values)))];
        var url = new Uri(test.ExternalUrl, UriKind.RelativeOrAbsolute);
        var environment = new RuleEnvironment { Engine = _rules, ExternalUrl = url, ExternalLabels = test.ExternalLabels, Time = time };
        var options = new RuleManagerOptions
        {
            Engine = _rules,
            Samples = Record,
            Alerts = static _ => { },
            State = new ForgetfulStateStore(),
            Time = time,
            ExternalUrl = url,
            ExternalLabels = test.ExternalLabels,
            EvaluationInterval = file.EvaluationInterval,
        };
        _groups = [.. rules.SelectMany(f => f.Groups.Select(g => new RuleGroup(f.Path, g, options, environment))).OrderBy(g => Math.Max(0, Index(file.GroupOrder, g.Definition.Name)))];
    }

    /// <summary>What was not as expected, in promtool's words.</summary>
    public List<string> Run(CancellationToken cancellation)
    {
        var last = _test.Alerts.Select(static a => a.At).Concat(_test.Expressions.Select(static e => e.At)).DefaultIfEmpty().Max();
        var moments = _test.Alerts.Select(static a => a.At).Distinct().Order().ToList();
        var next = 0;
        for (var at = TimeSpan.Zero; at <= last; at += _file.EvaluationInterval)
        {
            cancellation.ThrowIfCancellationRequested();
            Load(at);
            if (!Evaluate(at, cancellation))
            {
                return _failures;
            }

            for (; next < moments.Count && moments[next] < at + _file.EvaluationInterval; next++)
            {
                foreach (var expected in _test.Alerts.Where(a => a.At == moments[next]))
                {
                    CheckAlerts(expected);
                }
            }
        }

        Load(last);
        foreach (var expected in _test.Expressions)
        {
            CheckExpression(expected, cancellation);
        }

        return _failures;
    }

    public void Dispose() => _engine.Dispose();

    private static int Index(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool Same(double a, double b, bool fuzzy) =>
        a == b || (double.IsNaN(a) && double.IsNaN(b)) || (fuzzy && (double.BitIncrement(a) == b || double.BitDecrement(a) == b));

    /// <summary>Adds the values up to a moment; later ones are not there yet.</summary>
    private void Load(TimeSpan at)
    {
        var until = (int)Math.Min(int.MaxValue, (at.Ticks / _test.Interval.Ticks) + 1);
        var (from, startMs, stepMs) = (_loaded, _test.Start.ToUnixTimeMilliseconds(), (long)_test.Interval.TotalMilliseconds);
        if (until <= from)
        {
            return;
        }

        foreach (var (labels, values) in _series)
        {
            if (from < values.Count)
            {
                SeriesLoader.Load(_store, labels, values.GetRange(from, Math.Min(until, values.Count) - from), stepMs, startMs + (from * stepMs));
            }
        }

        _loaded = until;
    }

    private bool Evaluate(TimeSpan at, CancellationToken cancellation)
    {
        var before = _failures.Count;
        foreach (var group in _groups)
        {
            group.Evaluate(_test.Start + at, cancellation);
            foreach (var rule in group.View().Rules.Where(static r => r.Health == RuleHealth.Err))
            {
                _failures.Add($"    rule: {rule.Definition.Name}, time: {PromDuration.Format(at)}, err: {rule.LastError}");
            }
        }

        return _failures.Count == before;
    }

    private void CheckAlerts(AlertExpectation expected)
    {
        var got = Sorted(_groups.SelectMany(static g => g.View().Rules).Where(r => r.Definition.Alert == expected.AlertName)
            .SelectMany(static r => r.Alerts).Where(static a => a.State == AlertState.Firing).Select(static a => new ExpectedAlert(a.Labels, a.Annotations)));
        var wanted = Sorted(expected.Alerts);
        if (wanted.SequenceEqual(got))
        {
            return;
        }

        var name = _test.Name.Length > 0 ? $"    name: {_test.Name},\n" : string.Empty;
        var (want, have) = (RuleTestText.Alerts(wanted), RuleTestText.Alerts(got));
        const string Indent = "            ";
        _failures.Add($"{name}    alertname: {expected.AlertName}, time: {PromDuration.Format(expected.At)}, " + (_diff
            ? $"\n        diff:\n{Indent}{RuleTestText.Indent(RuleTestText.Diff(want, have), Indent)}"
            : $"\n        exp:{RuleTestText.Indent(want, Indent)}, \n        got:{RuleTestText.Indent(have, Indent)}"));
    }

    private void CheckExpression(ExpressionExpectation expected, CancellationToken cancellation)
    {
        var what = $"    expr: {GoFormat.Quote(expected.Expression)}, time: {PromDuration.Format(expected.At)},";
        try
        {
            var got = _rules.Query(expected.Expression, _test.Start + expected.At, cancellation).OrderBy(static s => s.Labels).ToList();
            var wanted = expected.Samples.Select(Sample).OrderBy(static s => s.Labels).ToList();
            if (wanted.Count == got.Count && wanted.Zip(got).All(p => Same(p.First, p.Second)))
            {
                return;
            }

            var (want, have) = (RuleTestText.Samples(wanted), RuleTestText.Samples(got));
            _failures.Add(_diff
                ? $"{what}\n        diff:\n            {RuleTestText.Indent(RuleTestText.Diff(want.Replace(", {", ",\n{", StringComparison.Ordinal), have.Replace(", {", ",\n{", StringComparison.Ordinal)), "            ")}"
                : $"{what}\n        exp: {want}\n        got: {have}");
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            _failures.Add($"{what} err: {e.Message}");
        }
    }

    private bool Same(RuleSample expected, RuleSample got) => expected.Labels == got.Labels
        && (expected.Histogram is { } want
            ? got.Histogram is { } have && RuleTestText.Histogram(want) == RuleTestText.Histogram(have)
            : got.Histogram is null && Same(expected.Value, got.Value, _file.FuzzyCompare));

    private static RuleSample Sample(ExpectedSample sample)
    {
        try
        {
            var labels = sample.Labels.Length == 0 ? LabelSet.Empty : SeriesNotation.ParseLabels(sample.Labels);
            if (sample.Histogram.Length == 0)
            {
                return new RuleSample(labels, sample.Value);
            }

            var values = SeriesNotation.ParseValues(sample.Histogram);
            return values.Count == 1 && values[0].Histogram is { } histogram
                ? new RuleSample(labels, 0, histogram)
                : throw new QueryException(QueryErrorKind.BadData, $"expected exactly one histogram, got {GoFormat.Quote(sample.Histogram)}");
        }
        catch (QueryException e)
        {
            throw new QueryException(QueryErrorKind.BadData, $"labels {GoFormat.Quote(sample.Labels)}: {e.Message}", -1, e);
        }
    }

    private static List<ExpectedAlert> Sorted(IEnumerable<ExpectedAlert> alerts) => [.. alerts.OrderBy(static a => a.Labels).ThenBy(static a => a.Annotations)];

    private void Record(IReadOnlyList<RecordedSample> samples)
    {
        foreach (var sample in samples)
        {
            if (sample.Histogram is { } histogram)
            {
                _store.Add(sample.Labels, sample.Timestamp.ToUnixTimeMilliseconds(), histogram);
            }
            else
            {
                _store.Add(sample.Labels, sample.Timestamp.ToUnixTimeMilliseconds(), sample.Value);
            }
        }
    }

    /// <summary>A test begins with nothing and leaves nothing.</summary>
    private sealed class ForgetfulStateStore : IAlertStateStore
    {
        public IReadOnlyList<StoredAlert> Load() => [];

        public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertEvent> events)
        {
        }
    }
}
