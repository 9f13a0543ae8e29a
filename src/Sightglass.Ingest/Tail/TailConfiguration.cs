using Sightglass.Core.Model;

namespace Sightglass.Ingest.Tail;

/// <summary>How a followed line is read.</summary>
public enum LineFormat
{
    /// <summary>The line as it is; level and time are not looked for.</summary>
    Plain,

    /// <summary>A JSON object; time, level, message and trace context are taken from the usual keys.</summary>
    Json,

    /// <summary>nginx' combined access log.</summary>
    Nginx,

    /// <summary>Apache's common or combined access log.</summary>
    Apache,
}

/// <summary>One entry of <c>logs</c>: files to follow.</summary>
public sealed record TailConfiguration
{
    /// <summary>Name of the entry; the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public required string Name { get; init; }

    /// <summary>Globs: <c>*</c> and <c>?</c> within a path segment, <c>**</c> for any number of folders.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Globs of files that are not followed.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How lines are read.</summary>
    public LineFormat Format { get; init; }

    /// <summary>Labels of the streams; <c>filename</c> is added.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>Start a file that is seen for the first time at its end instead of its beginning.</summary>
    public bool FromEnd { get; init; }
}
