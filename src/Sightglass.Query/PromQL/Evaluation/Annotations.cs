using System.Globalization;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Warnings and infos of one evaluation, each once. Thread-safe.</summary>
internal sealed class Annotations(string text)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _warnings = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _infos = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Warnings => [.. _warnings];

    public IReadOnlyList<string> Infos => [.. _infos];

    public void Warn(string message, PromQLExpression at) => Add(_warnings, $"PromQL warning: {message} ({SourcePosition.Describe(text, at.Span.Start)})");

    /// <summary>A warning that has no place in the query's text.</summary>
    public void Warn(string message) => Add(_warnings, message);

    public void Info(string message, PromQLExpression at) => Add(_infos, $"PromQL info: {message} ({SourcePosition.Describe(text, at.Span.Start)})");

    public void WarnNamed(string message, string metric, PromQLExpression at) => Warn(Named(message, metric), at);

    public void InfoNamed(string message, string metric, PromQLExpression at) => Info(Named(message, metric), at);

    public void QuantileOutOfRange(double q, PromQLExpression at)
    {
        if (double.IsNaN(q) || q < 0 || q > 1)
        {
            Warn(string.Create(CultureInfo.InvariantCulture, $"quantile value should be between 0 and 1, got {GoFloat.General(q)}"), at);
        }
    }

    private static string Named(string message, string metric) => metric.Length == 0 ? message : $"{message} for metric name {QuotedText.Quote(metric)}";

    private void Add(SortedSet<string> set, string message)
    {
        lock (_gate)
        {
            set.Add(message);
        }
    }
}
