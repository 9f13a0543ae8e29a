using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>An <c>eval</c> of a script with what it expects.</summary>
internal sealed partial class ScriptEvaluation
{
    private readonly ScriptExpectations _expected;
    private readonly bool _isRange;
    private readonly long _startMs;
    private readonly long _endMs;
    private readonly long _stepMs;

    private ScriptEvaluation(Match match, bool isRange, ScriptExpectations expected)
    {
        _expected = expected;
        _isRange = isRange;
        var modifier = match.Groups[1].Value;
        expected.Fail = modifier == "fail";
        expected.Ordered = modifier == "ordered";
        if (modifier is "warn" or "info")
        {
            expected.Message(modifier);
        }

        _startMs = PromQLScript.Milliseconds(match.Groups[2].Value);
        _endMs = isRange ? PromQLScript.Milliseconds(match.Groups[3].Value) : _startMs;
        _stepMs = isRange ? PromQLScript.Milliseconds(match.Groups[4].Value) : 0;
        Query = match.Groups[isRange ? 5 : 3].Value;
        if (_endMs < _startMs)
        {
            throw new QueryException(QueryErrorKind.BadData, $"invalid test definition, end timestamp ({match.Groups[3].Value}) is before start timestamp ({match.Groups[2].Value})");
        }
    }

    public string Query { get; }

    /// <summary>How many lines of the block below it are its own.</summary>
    public int ExpectationLines { get; private set; }

    public static ScriptEvaluation Parse(string line, IEnumerable<string> block, int maxValues)
    {
        var range = RangeLine().Match(line);
        var match = range.Success ? range : InstantLine().Match(line);
        if (!match.Success)
        {
            throw new QueryException(QueryErrorKind.BadData, "invalid evaluation command, expected 'eval instant at <time> <query>' or 'eval range from <from> to <to> step <step> <query>'");
        }

        var expected = new ScriptExpectations(maxValues);
        var evaluation = new ScriptEvaluation(match, range.Success, expected);
        foreach (var item in block)
        {
            expected.Line(item);
            evaluation.ExpectationLines++;
            if (expected.IsComplete)
            {
                break;
            }
        }

        if (!range.Success && expected.Range is null && expected.Series.Exists(s => s.Values.Count > 1))
        {
            throw new QueryException(QueryErrorKind.BadData, "expecting multiple values in instant evaluation not allowed. consider using 'expect range vector' directive to enable a range vector result for an instant query");
        }

        return evaluation;
    }

    /// <summary>Runs the query; null when all is as expected.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked for it.</exception>
    public ScriptProblem? Run(PromQLEngine engine, CancellationToken cancellation)
    {
        if (_isRange)
        {
            return Check(() => engine.Range(Query, _startMs, _endMs, _stepMs, cancellation: cancellation), _startMs);
        }

        var problem = Instant(engine, Query, _startMs, cancellation);
        if (problem is not null || _expected.Fail)
        {
            return problem;
        }

        // As Prometheus does: fixed to its time by @, the query gives the same whenever it is asked.
        if (PinnedQuery.Of(engine.Parse(Query), _startMs) is not { } pinned)
        {
            return null;
        }

        foreach (var time in _startMs == 0 ? (long[])[-1000, 0, 1000] : [-10 * _startMs, 0, _startMs / 5, _startMs, 10 * _startMs])
        {
            problem = Instant(engine, pinned, time, cancellation);
            if (problem is not null)
            {
                return problem with { Got = $"{problem.Got} (of {pinned} at {time} ms)" };
            }
        }

        return null;
    }

    private ScriptProblem? Instant(PromQLEngine engine, string query, long timeMs, CancellationToken cancellation)
    {
        var scalar = false;
        var problem = Check(
            () =>
            {
                var result = engine.Instant(query, timeMs, cancellation: cancellation);
                scalar = result.Type == PromQLType.Scalar;
                return result;
            },
            timeMs);
        if (problem is not null || _expected.Fail || _expected.Ordered || _expected.ExcludedFromRange || DependsOnRange().IsMatch(query))
        {
            return problem;
        }

        // As Prometheus does: the same query over a range gives the same in the middle.
        try
        {
            var around = engine.Range(query, timeMs - 60_000, timeMs + 60_000, 60_000, cancellation: cancellation);
            var middle = around.Series.Select(s => At(s, timeMs)).OfType<ResultSeries>().ToArray();
            problem = scalar ? CheckScalar(middle.Length == 1 ? middle[0].Values[0] : double.NaN) : CheckSeries(middle, timeMs);
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            problem = new ScriptProblem("a value", $"failure: {e.Message}");
        }

        return problem is null ? null : problem with { Got = $"{problem.Got} (as a range query)" };
    }

    private static ResultSeries? At(ResultSeries series, long timeMs)
    {
        for (var i = 0; i < series.Count; i++)
        {
            if (series.TimestampsMs[i] == timeMs)
            {
                return new ResultSeries(series.Labels, [timeMs], [series.Values[i]], series.HistogramAt(i) is { } h ? [h] : null);
            }
        }

        return null;
    }

    private ScriptProblem? Check(Func<PromQLResult> run, long timeMs)
    {
        PromQLResult result;
        try
        {
            result = run();
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            return _expected.Fail ? _expected.CheckMessages("fail", [e.Message]) : new ScriptProblem("a value", $"failure: {e.Message}");
        }

        if (_expected.Fail)
        {
            return new ScriptProblem("failure", "a value");
        }

        return _expected.CheckMessages("warn", result.Warnings) ?? _expected.CheckMessages("info", result.Infos) ?? result.Type switch
        {
            PromQLType.Scalar => CheckScalar(result.Scalar),
            PromQLType.String => result.Text == (_expected.Text ?? string.Empty) ? null : new ScriptProblem($"string {Syntax.QuotedText.Quote(_expected.Text ?? string.Empty)}", $"string {Syntax.QuotedText.Quote(result.Text)}"),
            _ => _expected.Scalar is not null || _expected.Text is not null ? new ScriptProblem(_expected.Text is null ? "a scalar" : "a string", "series") : CheckSeries(result.Series, timeMs),
        };
    }

    private ScriptProblem? CheckScalar(double got)
    {
        if (_expected.Scalar is not { } wanted)
        {
            return new ScriptProblem("series", $"scalar {Syntax.GoFloat.General(got)}");
        }

        return ScriptComparison.AlmostEqual(wanted, got) ? null : new ScriptProblem($"scalar {Syntax.GoFloat.General(wanted)}", $"scalar {Syntax.GoFloat.General(got)}");
    }

    private ScriptProblem? CheckSeries(IReadOnlyList<ResultSeries> got, long timeMs)
    {
        if (_expected.Ordered)
        {
            for (var i = 0; i < Math.Min(got.Count, _expected.Series.Count); i++)
            {
                if (!got[i].Labels.Equals(_expected.Series[i].Labels))
                {
                    return new ScriptProblem($"{_expected.Series[i].Labels} at position {i + 1}", got[i].Labels.ToString());
                }
            }
        }

        var byLabels = new Dictionary<LabelSet, ResultSeries>();
        foreach (var series in got)
        {
            if (!byLabels.TryAdd(series.Labels, series))
            {
                return new ScriptProblem($"{series.Labels} once", "it twice");
            }
        }

        var (start, end, step) = _expected.Range ?? (_isRange ? _startMs : timeMs, _isRange ? _endMs : timeMs, _isRange ? _stepMs : 1);
        foreach (var (labels, values) in _expected.Series)
        {
            if (values.Count > 0 && start + ((values.Count - 1) * step) > end)
            {
                return new ScriptProblem($"{values.Count} points of {labels}", "a time range with fewer");
            }

            var expected = values.Select((v, i) => (Time: start + (i * step), Value: v)).Where(v => !v.Value.Omitted).ToList();
            if (!byLabels.Remove(labels, out var series))
            {
                if (expected.Count == 0)
                {
                    continue;
                }

                return new ScriptProblem(labels.ToString(), got.Count == 0 ? "nothing" : string.Join(", ", got.Take(20).Select(g => g.Labels)));
            }

            if (ScriptComparison.Compare(expected, series) is { } problem)
            {
                return new ScriptProblem($"{labels} {problem.Expected}", problem.Got);
            }
        }

        var extra = byLabels.Values.FirstOrDefault();
        return extra is null ? null : new ScriptProblem("no further series", $"{extra.Labels} {ScriptComparison.Show(extra, 0)}");
    }

    [GeneratedRegex(@"^eval(?:_(fail|warn|info|ordered))?\s+instant\s+at\s+(\S+)\s+(.+)$", RegexOptions.IgnoreCase)]
    private static partial Regex InstantLine();

    [GeneratedRegex(@"^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$", RegexOptions.IgnoreCase)]
    private static partial Regex RangeLine();

    [GeneratedRegex(@"\b(start|end|range|step)\s*\(\s*\)")]
    private static partial Regex DependsOnRange();
}
