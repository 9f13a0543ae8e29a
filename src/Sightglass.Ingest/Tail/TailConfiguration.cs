using Sightglass.Core.Model;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tail;

/// <summary>One entry of <c>logs</c>: files to follow.</summary>
public sealed record TailConfiguration
{
    /// <summary>Name of the entry; the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public required string Name { get; init; }

    /// <summary>Globs: <c>*</c> and <c>?</c> within a path segment, <c>**</c> for any number of folders.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Globs of files that are not followed.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How records are read.</summary>
    public ParserConfiguration Parser { get; init; } = ParserConfiguration.Plain;

    /// <summary>Which lines are one record; null where every line is one.</summary>
    public MultiLine? MultiLine { get; init; }

    /// <summary>The zone of times that name none; null for the server's.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>Labels of the streams; <c>filename</c> is added.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>Start files that are there at the very first start at their end instead of their beginning.</summary>
    public bool FromEnd { get; init; }
}
