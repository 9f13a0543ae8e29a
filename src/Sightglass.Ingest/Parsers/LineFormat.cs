using System.Text.RegularExpressions;

namespace Sightglass.Ingest.Parsers;

/// <summary>What a stage of a parser reads.</summary>
public enum LineFormat
{
    /// <summary>The line as it is; level and time are not looked for.</summary>
    Plain,

    /// <summary>A JSON object; time, level, message and trace context are taken from the usual keys.</summary>
    Json,

    /// <summary>nginx' combined access log, or its error log.</summary>
    Nginx,

    /// <summary>Apache's common or combined access log, or its error log.</summary>
    Apache,

    /// <summary>Pairs of <c>key=value</c>.</summary>
    Logfmt,

    /// <summary>A regular expression with named groups.</summary>
    Regexp,
}

/// <summary>What a container runtime has put around every line.</summary>
public enum LineWrapper
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The format of Kubernetes' container runtimes: time, stream, <c>F</c> or <c>P</c>, line.</summary>
    Cri,

    /// <summary>Docker's <c>json-file</c>: an object with <c>log</c>, <c>stream</c> and <c>time</c>.</summary>
    Docker,
}

/// <summary>How records are read: what is around their lines, then stages, each of the text that the ones before left as the body or of one of their fields.</summary>
/// <param name="Wrapper">What is around every line.</param>
/// <param name="Stages">The stages in order.</param>
public sealed record ParserConfiguration(LineWrapper Wrapper, IReadOnlyList<StageConfiguration> Stages)
{
    /// <summary>Lines as they are.</summary>
    public static ParserConfiguration Plain { get; } = new(LineWrapper.None, []);

    /// <summary>One stage of a format without options.</summary>
    public static ParserConfiguration Of(LineFormat format) => format == LineFormat.Plain ? Plain : new(LineWrapper.None, [new StageConfiguration(format)]);
}

/// <summary>One stage.</summary>
/// <param name="Format">What it reads.</param>
public sealed record StageConfiguration(LineFormat Format)
{
    /// <summary>The field whose text is read; empty for the body.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary>The field that becomes the body; empty to leave the body as it is.</summary>
    public string Message { get; init; } = string.Empty;

    /// <summary>The expression of <see cref="LineFormat.Regexp"/>, linear in the length of the line.</summary>
    public Regex? Expression { get; init; }

    /// <summary>The field that holds the time, where it has another name than the usual ones.</summary>
    public string TimeField { get; init; } = string.Empty;

    /// <summary>How the time is written; null for RFC 3339 and numbers since 1970.</summary>
    public TimeFormat? TimeFormat { get; init; }

    /// <summary>The field that holds the level, where it has another name than the usual ones.</summary>
    public string LevelField { get; init; } = string.Empty;
}
