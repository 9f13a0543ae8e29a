using Sightglass.Alerting.Receivers;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>Alertmanager's configuration, checked.</summary>
public sealed record AlertmanagerConfiguration
{
    /// <summary>What holds when nothing is configured: alerts are kept and shown, and nobody is told.</summary>
    public static AlertmanagerConfiguration Nobody { get; } = new()
    {
        Original = "route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n",
        ResolveTimeout = TimeSpan.FromMinutes(5),
        Route = new Route
        {
            Receiver = "nobody",
            GroupBy = [],
            GroupByAll = false,
            Matchers = [],
            Continue = false,
            GroupWait = TimeSpan.FromSeconds(30),
            GroupInterval = TimeSpan.FromMinutes(5),
            RepeatInterval = TimeSpan.FromHours(4),
            MuteTimeIntervals = [],
            ActiveTimeIntervals = [],
            Routes = [],
            Key = "{}",
        },
        Receivers = [new Receiver("nobody", LabelSet.Empty, [])],
        InhibitRules = [],
        TimeIntervals = new Dictionary<string, IReadOnlyList<TimeInterval>>(),
        Templates = [],
        Unsupported = [],
    };

    /// <summary>The text as loaded, with secrets replaced, for the status API.</summary>
    public required string Original { get; init; }

    /// <summary>An alert without an end is over after this time unless it is posted again.</summary>
    public required TimeSpan ResolveTimeout { get; init; }

    /// <summary>The root of the routing tree.</summary>
    public required Route Route { get; init; }

    /// <summary>The receivers in order.</summary>
    public required IReadOnlyList<Receiver> Receivers { get; init; }

    /// <summary>An email to one person by the settings of <c>global</c>, without an address; null where they name no server.</summary>
    internal EmailConfiguration? PersonalEmail { get; init; }

    /// <summary>The inhibition rules.</summary>
    public required IReadOnlyList<InhibitRule> InhibitRules { get; init; }

    /// <summary>Time intervals by name.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<TimeInterval>> TimeIntervals { get; init; }

    /// <summary>Template files: path and text.</summary>
    public required IReadOnlyList<(string Path, string Text)> Templates { get; init; }

    /// <summary>What Alertmanager accepts and this server does not do yet: it must not be loaded as if it did.</summary>
    public required IReadOnlyList<UnsupportedSetting> Unsupported { get; init; }
}

/// <summary>A setting that is valid and not built.</summary>
/// <param name="Line">Line in the file.</param>
/// <param name="Message">A sentence, such as <c>receiver integration pagerduty is not built yet (receiver "oncall")</c>.</param>
public sealed record UnsupportedSetting(int Line, string Message)
{
    /// <summary>Alertmanager does not start with it either; only amtool finds nothing wrong with it.</summary>
    public bool IsRefusedByAlertmanager { get; init; }
}

/// <summary>A receiver: a name and the integrations that messages go through.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Labels of the receiver, for filters of the API.</param>
/// <param name="Integrations">Its integrations in Alertmanager's order.</param>
public sealed record Receiver(string Name, LabelSet Labels, IReadOnlyList<IntegrationConfiguration> Integrations);

/// <summary>While an alert that matches the source fires, those that match the target are silent if they agree in the equal labels.</summary>
/// <param name="Source">Matchers of the source.</param>
/// <param name="Target">Matchers of the target.</param>
/// <param name="Equal">Labels in which both have to agree.</param>
public sealed record InhibitRule(IReadOnlyList<LabelMatcher> Source, IReadOnlyList<LabelMatcher> Target, IReadOnlyList<string> Equal);
