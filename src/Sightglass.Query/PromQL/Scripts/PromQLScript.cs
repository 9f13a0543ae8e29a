using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>
/// Runs scripts of Prometheus' test language: <c>load</c>, <c>load_with_nhcb</c>, <c>clear</c>, <c>eval instant|range</c> with
/// <c>expect</c> lines, and the older <c>eval_fail|warn|info|ordered</c>. A <c>features</c> line switches experimental parts.
/// Every instant query runs as a range query too, and fixed by <c>@</c> at other times.
/// </summary>
public sealed class PromQLScript
{
    private readonly Func<IMetricStore> _newStore;
    private readonly Func<IMetricStore, PromQLOptions, PromQLEngine> _newEngine;
    private readonly ScriptLimits _limits;
    private readonly string[] _lines;
    private readonly List<ScriptFailure> _failures = [];
    private readonly CancellationToken _deadline;
    private PromQLOptions _options;
    private IMetricStore _store;
    private PromQLEngine _engine;
    private int _passed;

    private PromQLScript(string text, PromQLOptions options, Func<IMetricStore> newStore, Func<IMetricStore, PromQLOptions, PromQLEngine> newEngine, ScriptLimits limits, CancellationToken deadline)
    {
        _newStore = newStore;
        _newEngine = newEngine;
        _limits = limits;
        _options = options;
        _lines = [.. text.Split('\n').Select(l => l.Trim()).Select(l => l.StartsWith('#') ? string.Empty : l)];
        _store = newStore();
        _engine = newEngine(_store, options);
        _deadline = deadline;
    }

    /// <summary>Runs a script over series in memory; <paramref name="options"/> hold until its first <c>features</c> line (all on when null).</summary>
    /// <exception cref="LimitExceededException">The script is too long.</exception>
    public static ScriptReport Run(string text, TimeProvider time, PromQLOptions? options = null, ScriptLimits? limits = null)
    {
        limits ??= ScriptLimits.Default;
        return Run(
            text,
            () => new InMemoryMetricStore(limits.MaxLoadedSamples),
            (store, on) => new PromQLEngine(store, Core.Limits.QueryLimits.Default, time, on),
            time,
            options,
            limits);
    }

    /// <summary>Runs a script over any store and engine; <c>clear</c> takes a new store.</summary>
    /// <exception cref="LimitExceededException">The script is too long.</exception>
    public static ScriptReport Run(string text, Func<IMetricStore> newStore, Func<IMetricStore, PromQLOptions, PromQLEngine> newEngine, TimeProvider time, PromQLOptions? options = null, ScriptLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(newStore);
        ArgumentNullException.ThrowIfNull(newEngine);
        limits ??= ScriptLimits.Default;
        if (text.Length > limits.MaxScriptLength)
        {
            throw new LimitExceededException(nameof(ScriptLimits.MaxScriptLength), limits.MaxScriptLength, text.Length, "script is too long");
        }

        using var deadline = new CancellationTokenSource(limits.MaxDuration, time);
        var script = new PromQLScript(text, options ?? PromQLOptions.AllExperimental, newStore, newEngine, limits, deadline.Token);
        try
        {
            script.Run();
        }
        finally
        {
            (script._store as IDisposable)?.Dispose();
        }

        return new ScriptReport(script._passed, script._failures);
    }

    /// <summary>Milliseconds of a duration or of a number of seconds.</summary>
    internal static long Milliseconds(string text)
    {
        var sign = text.StartsWith('-') ? -1 : 1;
        if (DurationText.TryParse(text.AsSpan(sign < 0 ? 1 : 0), out var milliseconds))
        {
            return sign * milliseconds;
        }

        return NumberText.TryParseFloat(text, out var seconds) && Math.Abs(seconds) < 9e12
            ? (long)Math.Round(seconds * 1000)
            : throw new QueryException(QueryErrorKind.BadData, $"{QuotedText.Quote(text)} is not a duration");
    }

    private void Run()
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            var line = _lines[i];
            if (line.Length == 0)
            {
                continue;
            }

            var at = i;
            try
            {
                i = Command(line, i);
            }
            catch (OperationCanceledException)
            {
                _failures.Add(new ScriptFailure(at + 1, line, $"an end within {nameof(ScriptLimits.MaxDuration)} of {_limits.MaxDuration}", "none"));
                return;
            }
            catch (Exception e) when (e is QueryException or LimitExceededException)
            {
                // What follows stands on this line: no use in going on.
                _failures.Add(new ScriptFailure(at + 1, line, "a command", e.Message));
                return;
            }

            if (_failures.Count >= _limits.MaxFailures)
            {
                _failures.Add(new ScriptFailure(at + 1, line, $"fewer than {nameof(ScriptLimits.MaxFailures)} of {_limits.MaxFailures} failures", "as many"));
                return;
            }
        }
    }

    /// <summary>Runs one command and returns its last line.</summary>
    private int Command(string line, int at)
    {
        var word = line.Split([' ', '\t', ':'], 2)[0].ToLowerInvariant();
        switch (word)
        {
            case "clear":
                (_store as IDisposable)?.Dispose();
                _store = _newStore();
                _engine = _newEngine(_store, _options);
                return at;
            case "feature" or "features":
                _options = ScriptFeatures.Parse(line);
                _engine = _newEngine(_store, _options);
                return at;
        }

        var last = at;
        while (last + 1 < _lines.Length && _lines[last + 1].Length > 0)
        {
            last++;
        }

        var block = _lines[(at + 1)..(last + 1)];
        if (word is "load" or "load_with_nhcb")
        {
            var step = line[word.Length..].Trim();
            SeriesLoader.Load(_store, Milliseconds(step), block, withCustomBuckets: word == "load_with_nhcb", maxValuesPerSeries: _limits.MaxValuesPerSeries);
            return last;
        }

        if (!word.StartsWith("eval", StringComparison.Ordinal))
        {
            throw new QueryException(QueryErrorKind.BadData, $"invalid command {QuotedText.Quote(word)}, expected load, load_with_nhcb, clear, eval or features");
        }

        var evaluation = ScriptEvaluation.Parse(line, block, _limits.MaxValuesPerSeries);
        if (evaluation.Run(_engine, _deadline) is { } problem)
        {
            _failures.Add(new ScriptFailure(at + 1, evaluation.Query, problem.Expected, problem.Got));
        }
        else
        {
            _passed++;
        }

        return at + evaluation.ExpectationLines;
    }
}
