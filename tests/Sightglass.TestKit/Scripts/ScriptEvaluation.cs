using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>An <c>eval</c> of a script with what it expects.</summary>
internal sealed partial class ScriptEvaluation
{
    private readonly List<(string Kind, bool IsRegex, string Text)> _expectations = [];
    private readonly List<(LabelSet Labels, List<ScriptValue> Values)> _series = [];
    private bool _isRange;
    private long _startMs;
    private long _endMs;
    private long _stepMs;
    private double? _scalar;
    private string? _text;
    private bool _fail;
    private bool _ordered;
    private (long Start, long End, long Step)? _vectorRange;

    public string Query { get; private set; } = string.Empty;

    public static ScriptEvaluation Parse(string line, int number, List<string> block)
    {
        var evaluation = new ScriptEvaluation();
        var instant = InstantLine().Match(line);
        var range = RangeLine().Match(line);
        var modifier = string.Empty;
        if (instant.Success)
        {
            modifier = instant.Groups[1].Value;
            evaluation._startMs = evaluation._endMs = PromQLScript.Milliseconds(instant.Groups[2].Value);
            evaluation.Query = instant.Groups[3].Value;
        }
        else if (range.Success)
        {
            modifier = range.Groups[1].Value;
            evaluation._isRange = true;
            evaluation._startMs = PromQLScript.Milliseconds(range.Groups[2].Value);
            evaluation._endMs = PromQLScript.Milliseconds(range.Groups[3].Value);
            evaluation._stepMs = PromQLScript.Milliseconds(range.Groups[4].Value);
            evaluation.Query = range.Groups[5].Value;
        }
        else
        {
            throw new FormatException($"line {number}: not an evaluation: {line}");
        }

        evaluation._fail = modifier == "fail";
        evaluation._ordered = modifier == "ordered";
        if (modifier is "warn" or "info")
        {
            evaluation._expectations.Add((modifier, false, string.Empty));
        }

        foreach (var item in block)
        {
            evaluation.Expect(item);
        }

        return evaluation;
    }

    /// <summary>Runs the query; null when all is as expected.</summary>
    public string? Run(ScriptEngine engine)
    {
        var result = _isRange ? engine.Range(Query, _startMs, _endMs, _stepMs) : engine.Instant(Query, _startMs);
        var problem = Check(result);
        if (problem is not null || _isRange || _fail || _ordered || result.Kind != ScriptResultKind.Series || _vectorRange is not null || DependsOnRange().IsMatch(Query))
        {
            return problem;
        }

        // As Prometheus does: the same query over a range must give the same in the middle.
        var around = engine.Range(Query, _startMs - 60_000, _startMs + 60_000, 60_000);
        if (around.Kind == ScriptResultKind.Failure)
        {
            return $"as a range query: failed: {around.Text}";
        }

        var middle = around.Series.Select(s => s with { Points = [.. s.Points.Where(p => p.TimeMs == _startMs)] }).Where(s => s.Points.Count > 0).ToArray();
        problem = CheckSeries(middle);
        return problem is null ? null : $"as a range query: {problem}";
    }

    private void Expect(string line)
    {
        var expect = ExpectLine().Match(line);
        if (expect.Success)
        {
            var kind = expect.Groups[1].Value;
            var rest = expect.Groups[2].Value.Trim();
            switch (kind)
            {
                case "ordered":
                    _ordered = true;
                    return;
                case "string":
                    _text = ScriptText(rest);
                    return;
                case "range":
                    var range = VectorRangeLine().Match(rest);
                    _vectorRange = (PromQLScript.Milliseconds(range.Groups[1].Value), PromQLScript.Milliseconds(range.Groups[2].Value), PromQLScript.Milliseconds(range.Groups[3].Value));
                    return;
            }

            _fail |= kind == "fail";
            var isRegex = rest.StartsWith("regex:", StringComparison.Ordinal);
            var text = isRegex ? rest[6..] : rest.StartsWith("msg:", StringComparison.Ordinal) ? rest[4..] : rest;
            _expectations.Add((kind, isRegex, text.Trim()));
        }
        else if (line.StartsWith("expected_fail_message ", StringComparison.Ordinal))
        {
            _expectations.Add(("fail", false, line["expected_fail_message ".Length..].Trim()));
        }
        else if (line.StartsWith("expected_fail_regexp ", StringComparison.Ordinal))
        {
            _expectations.Add(("fail", true, line["expected_fail_regexp ".Length..].Trim()));
        }
        else if (ScalarLine().IsMatch(line))
        {
            _scalar = ScriptHistogramText.ParseNumber(line);
        }
        else
        {
            _series.Add(ScriptSeriesText.Parse(line, out _));
        }
    }

    private static string ScriptText(string quoted) => quoted.Length >= 2 ? quoted[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal) : quoted;

    private string? Check(ScriptResult result)
    {
        if (result.Kind == ScriptResultKind.Failure)
        {
            return _fail ? CheckMessages("fail", [result.Text]) : $"failed: {result.Text}";
        }

        if (_fail)
        {
            return "did not fail";
        }

        return CheckMessages("warn", result.Warnings) ?? CheckMessages("info", result.Infos) ?? CheckValue(result);
    }

    private string? CheckMessages(string kind, IReadOnlyList<string> got)
    {
        var wanted = _expectations.FindAll(e => e.Kind == kind);
        if (_expectations.Exists(e => e.Kind == "no_" + kind) && got.Count > 0)
        {
            return $"unexpected {kind}: {string.Join(" | ", got)}";
        }

        if (wanted.Count == 0)
        {
            return null;
        }

        static bool Matches((string Kind, bool IsRegex, string Text) expectation, string message) =>
            expectation.Text.Length == 0 || (expectation.IsRegex ? Regex.IsMatch(message, expectation.Text) : message == expectation.Text);
        foreach (var expectation in wanted)
        {
            if (!got.Any(message => Matches(expectation, message)))
            {
                return $"expected {kind} {expectation.Text}, got [{string.Join(" | ", got)}]";
            }
        }

        var extra = got.FirstOrDefault(message => !wanted.Exists(expectation => Matches(expectation, message)));
        return extra is null ? null : $"unexpected {kind}: {extra}";
    }

    private string? CheckValue(ScriptResult result)
    {
        switch (result.Kind)
        {
            case ScriptResultKind.Scalar:
                return _scalar is { } wanted ? (ScriptComparison.AlmostEqual(wanted, result.Scalar) ? null : $"expected {wanted:R}, got {result.Scalar:R}") : "got a scalar";
            case ScriptResultKind.Text:
                return result.Text == _text ? null : $"expected string {_text}, got {result.Text}";
            default:
                return _scalar is not null || _text is not null ? "got series" : CheckSeries(result.Series);
        }
    }

    private string? CheckSeries(IReadOnlyList<ScriptSeries> got)
    {
        if (_ordered)
        {
            for (var i = 0; i < Math.Min(got.Count, _series.Count); i++)
            {
                if (!got[i].Labels.Equals(_series[i].Labels))
                {
                    return $"at position {i + 1}: expected {_series[i].Labels}, got {got[i].Labels}";
                }
            }
        }

        var byLabels = new Dictionary<LabelSet, ScriptSeries>();
        foreach (var series in got)
        {
            if (!byLabels.TryAdd(series.Labels, series))
            {
                return $"got {series.Labels} twice";
            }
        }

        foreach (var (labels, values) in _series)
        {
            var (start, _, step) = _vectorRange ?? (_startMs, _endMs, _isRange ? _stepMs : 1);
            var expected = values.Select((v, i) => (Time: start + (i * step), Value: v)).Where(v => !v.Value.Omitted).ToArray();
            if (!byLabels.Remove(labels, out var series))
            {
                if (expected.Length == 0)
                {
                    continue;
                }

                return $"expected {labels}, not there; got {string.Join(", ", got.Select(g => g.Labels))}";
            }

            var problem = ScriptComparison.Compare(expected, series.Points);
            if (problem is not null)
            {
                return $"{labels}: {problem}";
            }
        }

        return byLabels.Count == 0 ? null : $"unexpected {byLabels.Keys.First()}: {ScriptComparison.Show(byLabels.Values.First().Points[0])}";
    }

    [GeneratedRegex(@"^eval(?:_(fail|warn|info|ordered))?\s+instant\s+(?:at\s+(\S+))?\s*(.+)$")]
    private static partial Regex InstantLine();

    [GeneratedRegex(@"^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$")]
    private static partial Regex RangeLine();

    [GeneratedRegex(@"^expect\s+(ordered|fail|warn|no_warn|info|no_info|string|range)\b(.*)$")]
    private static partial Regex ExpectLine();

    [GeneratedRegex(@"^vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$")]
    private static partial Regex VectorRangeLine();

    [GeneratedRegex(@"^[+-]?(\d[\d_.eExX+\-a-fA-F]*|\.\d+(e[+-]?\d+)?|inf|nan)$", RegexOptions.IgnoreCase)]
    private static partial Regex ScalarLine();

    [GeneratedRegex(@"\b(start|end|range|step)\s*\(\s*\)")]
    private static partial Regex DependsOnRange();
}
