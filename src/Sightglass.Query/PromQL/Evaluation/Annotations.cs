using System.Globalization;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Warnings and infos of one evaluation, each text once: at the place that said it last, as Prometheus has it. Thread-safe.</summary>
internal sealed class Annotations(string text)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, PromQLExpression?> _warnings = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, PromQLExpression?> _infos = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Warnings => [.. _warnings.Select(Placed)];

    public IReadOnlyList<string> Infos => [.. _infos.Select(Placed)];

    public void Warn(string message, PromQLExpression at) => Add(_warnings, $"PromQL warning: {message}", at);

    /// <summary>A warning that has no place in the query's text.</summary>
    public void Warn(string message) => Add(_warnings, message, null);

    public void Info(string message, PromQLExpression at) => Add(_infos, $"PromQL info: {message}", at);

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

    private string Placed(KeyValuePair<string, PromQLExpression?> note) =>
        note.Value is { } at ? $"{note.Key} ({SourcePosition.Describe(text, at.Span.Start)})" : note.Key;

    private void Add(SortedDictionary<string, PromQLExpression?> notes, string message, PromQLExpression? at)
    {
        lock (_gate)
        {
            notes[message] = at;
        }
    }
}
