using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL;

/// <summary>Which names have a meaning where log records are shown as Loki shows them.</summary>
public static class LokiNames
{
    /// <summary>Labels that may say the service, in order of precedence.</summary>
    public static IReadOnlyList<string> ServiceNameSources => LokiStream.ServiceNameSources;

    /// <summary>Labels and fields that may say the level, in order of precedence.</summary>
    public static IReadOnlyList<string> LevelFields => LevelDetector.Fields;

    /// <summary>Attributes of resources that are index labels.</summary>
    public static IReadOnlyCollection<string> IndexAttributes => LokiStream.IndexAttributes;

    /// <summary>A duration as the language writes it.</summary>
    public static string Duration(TimeSpan duration) => LogQLFormatter.Duration(duration.Ticks * 100);
}
