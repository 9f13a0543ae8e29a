using System.Globalization;
using Sightglass.Core.Contracts;

namespace Sightglass.TestKit.Scripts;

/// <summary>
/// Runs scripts of Prometheus' test language (<c>load</c>, <c>load_with_nhcb</c>, <c>clear</c>, <c>eval instant|range</c> with
/// <c>expect</c> lines and the older <c>eval_fail|warn|info|ordered</c>) against any store and any engine.
/// </summary>
public sealed class PromQLScript
{
    private readonly Func<IMetricStore> _newStore;
    private readonly Func<IMetricStore, ScriptEngine> _newEngine;
    private readonly string[] _lines;
    private readonly List<ScriptFailure> _failures = [];
    private IMetricStore _store;
    private ScriptEngine _engine;
    private int _passed;

    private PromQLScript(string text, Func<IMetricStore> newStore, Func<IMetricStore, ScriptEngine> newEngine)
    {
        _newStore = newStore;
        _newEngine = newEngine;
        _lines = [.. text.Split('\n').Select(l => l.Trim()).Select(l => l.StartsWith('#') ? string.Empty : l)];
        _store = newStore();
        _engine = newEngine(_store);
    }

    /// <summary>Runs a script; <c>clear</c> takes a new store.</summary>
    public static ScriptReport Run(string text, Func<IMetricStore> newStore, Func<IMetricStore, ScriptEngine> newEngine)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(newStore);
        ArgumentNullException.ThrowIfNull(newEngine);
        var script = new PromQLScript(text, newStore, newEngine);
        script.Run();
        return new ScriptReport(script._passed, script._failures);
    }

    /// <summary>Milliseconds of a duration or of a number of seconds.</summary>
    internal static long Milliseconds(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return (long)Math.Round(seconds * 1000);
        }

        long total = 0;
        var negative = text.StartsWith('-');
        var at = negative ? 1 : 0;
        while (at < text.Length)
        {
            var start = at;
            while (char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            var number = long.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture);
            var unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }

            total += number * (text[unit..at] switch
            {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                "w" => 604_800_000,
                "y" => 31_536_000_000,
                var other => throw new FormatException($"unknown unit {other} in {text}"),
            });
        }

        return negative ? -total : total;
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

            if (line == "clear")
            {
                (_store as IDisposable)?.Dispose();
                _store = _newStore();
                _engine = _newEngine(_store);
                continue;
            }

            var block = new List<string>();
            var at = i;
            while (i + 1 < _lines.Length && _lines[i + 1].Length > 0)
            {
                block.Add(_lines[++i]);
            }

            if (line.StartsWith("load", StringComparison.Ordinal))
            {
                var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                ScriptLoader.Load(_store, Milliseconds(parts[1]), block, withCustomBuckets: parts[0] == "load_with_nhcb");
            }
            else if (line.StartsWith("eval", StringComparison.Ordinal))
            {
                var evaluation = ScriptEvaluation.Parse(line, at + 1, block);
                if (evaluation.Run(_engine) is { } problem)
                {
                    _failures.Add(new ScriptFailure(at + 1, evaluation.Query, problem));
                }
                else
                {
                    _passed++;
                }
            }
            else
            {
                throw new FormatException($"line {at + 1}: unknown command: {line}");
            }
        }

        (_store as IDisposable)?.Dispose();
    }
}
