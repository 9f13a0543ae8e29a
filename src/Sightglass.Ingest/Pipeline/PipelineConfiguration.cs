using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>What happens to log records between a receiver and the store.</summary>
public sealed record PipelineConfiguration
{
    /// <summary>Far more than services and hosts make, and few enough that a label made of ids is noticed: some hundred bytes of memory each.</summary>
    public const int DefaultMaxActiveStreams = 100_000;

    /// <summary>Nothing configured: well-known secrets are redacted.</summary>
    public static PipelineConfiguration Default { get; } = new();

    /// <summary>Whether well-known secrets are redacted in every record, before anything else.</summary>
    public bool RedactSecrets { get; init; } = true;

    /// <summary>Pipelines in order; a record goes through each whose receivers and streams it is of.</summary>
    public IReadOnlyList<LogPipelineConfiguration> Logs { get; init; } = [];

    /// <summary>Streams that may be active in one tenant at one time; 0 is without bound.</summary>
    public int MaxActiveStreams { get; init; } = DefaultMaxActiveStreams;

    /// <summary>How often metrics from logs are stored.</summary>
    public TimeSpan MetricInterval { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>One pipeline of log records.</summary>
/// <param name="Name">Its name, in counters and errors.</param>
/// <param name="Receivers">Names of receivers; empty for all.</param>
/// <param name="Streams">Conditions on the stream's labels; empty for all.</param>
/// <param name="Processors">What is done, in order.</param>
public sealed record LogPipelineConfiguration(string Name, IReadOnlyList<string> Receivers, IReadOnlyList<LabelMatcher> Streams, IReadOnlyList<ProcessorConfiguration> Processors);

/// <summary>One step.</summary>
public abstract record ProcessorConfiguration
{
    /// <summary>What the configuration calls it.</summary>
    public abstract string Kind { get; }

    /// <summary>Records that it is for; the others pass unchanged.</summary>
    public LogCondition Where { get; init; } = LogCondition.Always;
}

/// <summary>Takes records out: those that satisfy <see cref="ProcessorConfiguration.Where"/>, or those that do not.</summary>
/// <param name="Keep">Those that do not.</param>
public sealed record FilterConfiguration(bool Keep) : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "filter";
}

/// <summary>Gives attributes other names.</summary>
/// <param name="Names">Old and new names.</param>
public sealed record RenameConfiguration(IReadOnlyList<KeyValuePair<string, string>> Names) : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "rename";
}

/// <summary>Takes attributes out.</summary>
/// <param name="Names">Names; a <c>*</c> at the end stands for anything.</param>
public sealed record DropConfiguration(IReadOnlyList<string> Names) : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "drop";
}

/// <summary>Makes an attribute of a template, or attributes of the named groups of an expression.</summary>
public sealed record DeriveConfiguration : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "derive";

    /// <summary>The attribute (or <c>body</c> or <c>level</c>) that the template makes.</summary>
    public string Field { get; init; } = string.Empty;

    /// <summary>Text with <c>${field}</c> in it.</summary>
    public string Template { get; init; } = string.Empty;

    /// <summary>The field that the expression reads.</summary>
    public string From { get; init; } = "body";

    /// <summary>The expression, linear in the length of the text; null for a template.</summary>
    public Regex? Pattern { get; init; }
}

/// <summary>Overwrites what should not be kept.</summary>
public sealed record RedactConfiguration : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "redact";

    /// <summary>Well-known secrets and tokens.</summary>
    public bool Secrets { get; init; }

    /// <summary>Card numbers that satisfy the Luhn check.</summary>
    public bool Cards { get; init; }

    /// <summary>E-mail addresses.</summary>
    public bool Emails { get; init; }

    /// <summary>Expressions and what stands in the place of their matches, with <c>$1</c> and <c>${name}</c> for groups.</summary>
    public IReadOnlyList<RedactPattern> Patterns { get; init; } = [];

    /// <summary>Fields that are looked at; empty for the body and every attribute.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];
}

/// <summary>An expression whose matches are overwritten.</summary>
/// <param name="Pattern">The expression, linear in the length of the text.</param>
/// <param name="Replacement">What stands in the place of a match, with <c>$1</c> and <c>${name}</c> for groups.</param>
/// <param name="Name">What its redactions are counted as.</param>
public sealed record RedactPattern(Regex Pattern, string Replacement, string Name);

/// <summary>By what records are sampled.</summary>
public enum SampleBy
{
    /// <summary>One of every so many.</summary>
    All,

    /// <summary>One of every so many of one pattern of body, the first always.</summary>
    Pattern,

    /// <summary>All records of one of so many traces.</summary>
    Trace,
}

/// <summary>Keeps one of so many records, with its weight in an attribute.</summary>
/// <param name="OneIn">Of how many one is kept.</param>
/// <param name="By">By what.</param>
public sealed record SampleConfiguration(int OneIn, SampleBy By) : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "sample";

    /// <summary>The attribute with the number of records that one stands for.</summary>
    public const string WeightAttribute = "sample_weight";
}

/// <summary>Counts records, or measures a field of theirs, in the metrics engine.</summary>
public sealed record MetricConfiguration : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "metric";

    /// <summary>Most label sets of one metric; what comes after is counted under <c>(other)</c>.</summary>
    public const int MaxSeries = 1_000;

    /// <summary>Name of the metric.</summary>
    public required string Name { get; init; }

    /// <summary>What it says.</summary>
    public string Help { get; init; } = string.Empty;

    /// <summary>Upper bounds of the buckets of a histogram; empty for a counter.</summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];

    /// <summary>The field that is added or measured; empty to count records.</summary>
    public string Value { get; init; } = string.Empty;

    /// <summary>Labels and the fields that they are of.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>Puts records into another stream: the same labels and these.</summary>
/// <param name="Labels">The labels, by which retention, deletion and queries find it.</param>
public sealed record RouteConfiguration(IReadOnlyList<KeyValuePair<string, string>> Labels) : ProcessorConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "route";
}
