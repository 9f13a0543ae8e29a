namespace Sightglass.Alerting.Rules;

/// <summary>One value of the rules' own metrics, under Prometheus' names.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="IsCounter">A counter, else a gauge.</param>
/// <param name="RuleGroup">The label <c>rule_group</c>.</param>
/// <param name="Value">The value now.</param>
public readonly record struct RuleMetric(string Name, bool IsCounter, string RuleGroup, double Value);

/// <summary>Counts what one group does.</summary>
internal sealed class RuleGroupMetrics(string group, int rules, TimeSpan interval)
{
    private long _evaluations;
    private long _failures;
    private long _iterations;
    private long _missed;
    private double _lastEvaluation;
    private double _lastDuration;
    private long _lastSamples;

    public void Evaluated() => Interlocked.Increment(ref _evaluations);

    public void Failed() => Interlocked.Increment(ref _failures);

    public void Missed(long iterations)
    {
        Interlocked.Add(ref _missed, iterations);
        Interlocked.Add(ref _iterations, iterations);
    }

    public void Iterated(DateTimeOffset at, TimeSpan duration, long samples)
    {
        Interlocked.Increment(ref _iterations);
        Volatile.Write(ref _lastEvaluation, at.ToUnixTimeMilliseconds() / 1000.0);
        Volatile.Write(ref _lastDuration, duration.TotalSeconds);
        Volatile.Write(ref _lastSamples, samples);
    }

    public IEnumerable<RuleMetric> Collect()
    {
        yield return new("prometheus_rule_evaluations_total", true, group, Interlocked.Read(ref _evaluations));
        yield return new("prometheus_rule_evaluation_failures_total", true, group, Interlocked.Read(ref _failures));
        yield return new("prometheus_rule_group_iterations_total", true, group, Interlocked.Read(ref _iterations));
        yield return new("prometheus_rule_group_iterations_missed_total", true, group, Interlocked.Read(ref _missed));
        yield return new("prometheus_rule_group_interval_seconds", false, group, interval.TotalSeconds);
        yield return new("prometheus_rule_group_last_evaluation_timestamp_seconds", false, group, Volatile.Read(ref _lastEvaluation));
        yield return new("prometheus_rule_group_last_duration_seconds", false, group, Volatile.Read(ref _lastDuration));
        yield return new("prometheus_rule_group_last_evaluation_samples", false, group, Volatile.Read(ref _lastSamples));
        yield return new("prometheus_rule_group_rules", false, group, rules);
    }
}
