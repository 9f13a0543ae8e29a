using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>What kind of value a query in a script had.</summary>
public enum ScriptResultKind
{
    /// <summary>One number.</summary>
    Scalar,

    /// <summary>A string.</summary>
    Text,

    /// <summary>Series with points.</summary>
    Series,

    /// <summary>The query failed.</summary>
    Failure,
}

/// <summary>A point of a result or of an expectation.</summary>
/// <param name="TimeMs">Time.</param>
/// <param name="Value">Number, without meaning when there is a histogram.</param>
/// <param name="Histogram">The histogram, or null.</param>
public readonly record struct ScriptPoint(long TimeMs, double Value, NativeHistogram? Histogram);

/// <summary>A series of a result.</summary>
/// <param name="Labels">Labels.</param>
/// <param name="Points">Points.</param>
public sealed record ScriptSeries(LabelSet Labels, IReadOnlyList<ScriptPoint> Points);

/// <summary>The value of a query in the words of the script runner, so that it can test any engine.</summary>
public sealed record ScriptResult(ScriptResultKind Kind)
{
    /// <summary>Number of a scalar.</summary>
    public double Scalar { get; init; }

    /// <summary>Text of a string, message of a failure.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Series of a vector or matrix.</summary>
    public IReadOnlyList<ScriptSeries> Series { get; init; } = [];

    /// <summary>Warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Infos.</summary>
    public IReadOnlyList<string> Infos { get; init; } = [];
}

/// <summary>The engine that a script tries. Failures of queries are results, not exceptions.</summary>
/// <param name="Instant">Runs an instant query: text, milliseconds.</param>
/// <param name="Range">Runs a range query: text, start, end, step in milliseconds.</param>
public sealed record ScriptEngine(Func<string, long, ScriptResult> Instant, Func<string, long, long, long, ScriptResult> Range);

/// <summary>An evaluation that did not come out as the script says.</summary>
/// <param name="Line">Line of the <c>eval</c>.</param>
/// <param name="Query">The query.</param>
/// <param name="Message">What was expected and what came.</param>
public sealed record ScriptFailure(int Line, string Query, string Message);

/// <summary>The outcome of a script.</summary>
/// <param name="Passed">Evaluations as expected.</param>
/// <param name="Failures">The others.</param>
public sealed record ScriptReport(int Passed, IReadOnlyList<ScriptFailure> Failures);
