using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>Which names of labels and metrics are allowed (Prometheus' <c>metric_name_validation_scheme</c>).</summary>
public enum NameValidation
{
    /// <summary>Any valid Unicode text: Prometheus 3's default.</summary>
    Utf8,

    /// <summary>Letters, digits, <c>_</c> (and <c>:</c> in metrics) only.</summary>
    Legacy,
}

/// <summary>The language of a rule's expression.</summary>
public enum RuleLanguage
{
    /// <summary>PromQL over metrics.</summary>
    PromQL,

    /// <summary>LogQL over logs, with a metric as its result.</summary>
    LogQL,

    /// <summary>TraceQL over spans, with a metric as its result.</summary>
    TraceQL,
}

/// <summary>Names of languages.</summary>
public static class RuleLanguages
{
    /// <summary>As files and APIs write it.</summary>
    public static string Name(this RuleLanguage language) => language switch
    {
        RuleLanguage.PromQL => "promql",
        RuleLanguage.LogQL => "logql",
        _ => "traceql",
    };
}

/// <summary>A rule file as loaded.</summary>
/// <param name="Path">The file's name.</param>
/// <param name="Groups">Its groups, in the file's order.</param>
public sealed record RuleFile(string Path, IReadOnlyList<RuleGroupDefinition> Groups);

/// <summary>A group of rules that are evaluated one after the other.</summary>
public sealed record RuleGroupDefinition
{
    /// <summary>Name, unique in the file.</summary>
    public required string Name { get; init; }

    /// <summary>How often; null is the global evaluation interval.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How far in the past the expressions are evaluated; null is the global setting.</summary>
    public TimeSpan? QueryOffset { get; init; }

    /// <summary>Most alerts or series that one rule may make; 0 is no limit.</summary>
    public int Limit { get; init; }

    /// <summary>The rules in order.</summary>
    public required IReadOnlyList<RuleDefinition> Rules { get; init; }

    /// <summary>Line in the file.</summary>
    public int Line { get; init; }
}

/// <summary>One recording or alerting rule.</summary>
public sealed record RuleDefinition
{
    /// <summary>Name of the series to write, or null for an alerting rule.</summary>
    public string? Record { get; init; }

    /// <summary>Name of the alert, or null for a recording rule.</summary>
    public string? Alert { get; init; }

    /// <summary>The expression as written, without white space around it.</summary>
    public required string Expression { get; init; }

    /// <summary>The expression's language.</summary>
    public RuleLanguage Language { get; init; }

    /// <summary>The expression in the language's own form, as the API shows it.</summary>
    public required string Query { get; init; }

    /// <summary>What the expression compares its value with, as text; null when it compares with no constant.</summary>
    public string? Threshold { get; init; }

    /// <summary>How long the expression has to hold before the alert fires.</summary>
    public TimeSpan For { get; init; }

    /// <summary>How long the alert goes on firing after the expression stopped holding.</summary>
    public TimeSpan KeepFiringFor { get; init; }

    /// <summary>Labels to add, those of the group included; values are templates in an alerting rule.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Labels that the file gives an empty value: what is found loses them.</summary>
    public IReadOnlyList<string> RemovedLabels { get; init; } = [];

    /// <summary>Annotations; values are templates.</summary>
    public required LabelSet Annotations { get; init; }

    /// <summary>Line in the file.</summary>
    public int Line { get; init; }

    /// <summary>The alert's or the series' name.</summary>
    public string Name => Alert ?? Record!;
}
