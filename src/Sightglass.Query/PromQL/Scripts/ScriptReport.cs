namespace Sightglass.Query.PromQL.Scripts;

/// <summary>An evaluation that did not come out as the script says, or a line that is no command.</summary>
/// <param name="Line">Line of the <c>eval</c>, <c>load</c> or unknown command, from 1.</param>
/// <param name="Query">The query; the line itself where it is no evaluation.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Got">What came.</param>
public sealed record ScriptFailure(int Line, string Query, string Expected, string Got)
{
    /// <summary>Both in one sentence.</summary>
    public string Message => $"expected {Expected}, got {Got}";
}

/// <summary>The outcome of a script.</summary>
/// <param name="Passed">Evaluations as expected.</param>
/// <param name="Failures">The others.</param>
public sealed record ScriptReport(int Passed, IReadOnlyList<ScriptFailure> Failures);
