using System.Globalization;
using Sightglass.Core.Templates;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Warnings and infos of one evaluation, each text once: at the place that said it last, as Prometheus has it. Thread-safe.</summary>
internal sealed class Annotations(string text)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, PromQLExpression?> _warnings = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, PromQLExpression?> _infos = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForcedHistograms> _forced = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Warnings => [.. _warnings.Select(Placed)];

    public IReadOnlyList<string> Infos => [.. _infos.Select(Placed)];

    public void Warn(string message, PromQLExpression at) => Add(_warnings, $"PromQL warning: {message}", at);

    /// <summary>A warning that has no place in the query's text.</summary>
    public void Warn(string message) => Add(_warnings, message, null);

    public void Info(string message, PromQLExpression at) => Add(_infos, $"PromQL info: {message}", at);

    /// <summary>A warning that names the metric, even one without a name; null for none that is known.</summary>
    public void WarnNamed(string message, string? metric, PromQLExpression at) => Warn(Named(message, metric), at);

    /// <summary>An info that names the metric, even one without a name; null for none that is known.</summary>
    public void InfoNamed(string message, string? metric, PromQLExpression at) => Info(Named(message, metric), at);

    /// <summary>An info of a histogram that was made monotonic: all of a metric are told in one, at the place that said it first.</summary>
    public void Forced(ForcedMonotonicity by, long timeMs, string? metric, PromQLExpression at)
    {
        var message = Named("PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)", metric);
        var one = new ForcedHistograms(by, 1, timeMs, timeMs);
        lock (_gate)
        {
            _forced[message] = _forced.TryGetValue(message, out var others) ? others.And(one) : one;
            _infos.TryAdd(message, at);
        }
    }

    /// <summary>Of the quantiles of all steps the outermost are told, and that one is no number.</summary>
    public void QuantilesOutOfRange(ReadOnlySpan<double> quantiles, PromQLExpression at)
    {
        var (lowest, highest, anyNaN) = Outermost(quantiles);
        if (anyNaN)
        {
            QuantileOutOfRange(SpecialNumbers.NaN, at);
        }

        if (lowest < 0)
        {
            QuantileOutOfRange(lowest, at);
        }

        if (highest > 1)
        {
            QuantileOutOfRange(highest, at);
        }
    }

    /// <summary>Of the ratios of all steps the outermost are told.</summary>
    public void RatiosOutOfRange(ReadOnlySpan<double> ratios, PromQLExpression at)
    {
        var (lowest, highest, _) = Outermost(ratios);
        if (lowest < -1)
        {
            Warn($"ratio value should be between -1 and 1, got {GoFloat.General(lowest)}, capping to -1", at);
        }

        if (highest > 1)
        {
            Warn($"ratio value should be between -1 and 1, got {GoFloat.General(highest)}, capping to 1", at);
        }
    }

    public void QuantileOutOfRange(double q, PromQLExpression at)
    {
        if (double.IsNaN(q) || q < 0 || q > 1)
        {
            Warn(string.Create(CultureInfo.InvariantCulture, $"quantile value should be between 0 and 1, got {GoFloat.General(q)}"), at);
        }
    }

    private static (double Lowest, double Highest, bool AnyNaN) Outermost(ReadOnlySpan<double> values)
    {
        var (lowest, highest, anyNaN) = (double.MaxValue, double.MinValue, false);
        foreach (var value in values)
        {
            lowest = Math.Min(lowest, value);
            highest = Math.Max(highest, value);
            anyNaN |= double.IsNaN(value);
        }

        return (lowest, highest, anyNaN);
    }

    private static string Named(string message, string? metric) => metric is null ? message : $"{message} for metric name {QuotedText.Quote(metric)}";

    private string Placed(KeyValuePair<string, PromQLExpression?> note)
    {
        var message = _forced.TryGetValue(note.Key, out var forced) ? note.Key + forced : note.Key;
        return note.Value is { } at ? $"{message} ({SourcePosition.Describe(text, at.Span.Start)})" : message;
    }

    private void Add(SortedDictionary<string, PromQLExpression?> notes, string message, PromQLExpression? at)
    {
        lock (_gate)
        {
            notes[message] = at;
        }
    }

    /// <summary>The histograms of one metric that were made monotonic.</summary>
    private readonly record struct ForcedHistograms(ForcedMonotonicity By, int Count, long FirstMs, long LastMs)
    {
        public ForcedHistograms And(ForcedHistograms other) => new(By.And(other.By), Count + other.Count, Math.Min(FirstMs, other.FirstMs), Math.Max(LastMs, other.LastMs));

        public override string ToString() =>
            $", from buckets {GoFloat.General(By.LowestBound)} to {GoFloat.General(By.HighestBound)}, with a max diff of {GoNumber.Format(By.LargestDifference, 'g', 2)}, over {Count.ToString(CultureInfo.InvariantCulture)} samples from {Time(FirstMs)} to {Time(LastMs)}";

        private static string Time(long ms) =>
            DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture);
    }
}
