using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules.Testing;

/// <summary>A file of unit tests of rules, in promtool's format.</summary>
/// <param name="Path">The file.</param>
/// <param name="RuleFiles">Patterns of the rule files, relative to the file.</param>
/// <param name="EvaluationInterval">How often all groups are evaluated.</param>
/// <param name="GroupOrder">Order of the groups within one evaluation.</param>
/// <param name="FuzzyCompare">Values may differ in their last digits.</param>
/// <param name="Tests">The tests.</param>
internal sealed record RuleTestFile(
    string Path, IReadOnlyList<string> RuleFiles, TimeSpan EvaluationInterval, IReadOnlyList<string> GroupOrder, bool FuzzyCompare, IReadOnlyList<RuleTest> Tests);

/// <summary>One test: series, and what has to come of them.</summary>
internal sealed record RuleTest
{
    public required string Name { get; init; }

    public required int Line { get; init; }

    /// <summary>Time between two values of the series.</summary>
    public required TimeSpan Interval { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required IReadOnlyList<(LabelSet Labels, string Values, int Line)> Series { get; init; }

    public required IReadOnlyList<AlertExpectation> Alerts { get; init; }

    public required IReadOnlyList<ExpressionExpectation> Expressions { get; init; }

    public required LabelSet ExternalLabels { get; init; }

    public required string ExternalUrl { get; init; }
}

/// <summary>The alerts that fire at a moment.</summary>
internal sealed record AlertExpectation(TimeSpan At, string AlertName, IReadOnlyList<ExpectedAlert> Alerts, int Line);

/// <summary>One alert that has to fire.</summary>
internal sealed record ExpectedAlert(LabelSet Labels, LabelSet Annotations);

/// <summary>The value of an expression at a moment.</summary>
internal sealed record ExpressionExpectation(string Expression, TimeSpan At, IReadOnlyList<ExpectedSample> Samples, int Line);

/// <summary>One sample that has to come out; the texts are as the file has them.</summary>
internal sealed record ExpectedSample(string Labels, double Value, string Histogram);

/// <summary>What came of one test.</summary>
/// <param name="Name">Its name, empty when it has none.</param>
/// <param name="Line">Its line in the file.</param>
/// <param name="Failures">What was not as expected.</param>
/// <param name="Duration">How long it took.</param>
internal sealed record RuleTestResult(string Name, int Line, IReadOnlyList<string> Failures, TimeSpan Duration);

/// <summary>What came of a file of tests.</summary>
/// <param name="Warnings">Patterns that name no file.</param>
/// <param name="Errors">Why nothing could be run, when it could not.</param>
/// <param name="Results">One per test that was run.</param>
internal sealed record RuleTestReport(IReadOnlyList<string> Warnings, IReadOnlyList<string> Errors, IReadOnlyList<RuleTestResult> Results)
{
    public bool Passed => Errors.Count == 0 && Results.All(static r => r.Failures.Count == 0);
}
