using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Something that changed around an alert's start.</summary>
/// <param name="At">When.</param>
/// <param name="Kind"><c>alert</c>, <c>deployment</c>, <c>log_pattern</c>, <c>error</c>, <c>upstream</c> or <c>downstream</c>.</param>
/// <param name="Service">Of which service, or empty.</param>
/// <param name="What">In words.</param>
internal sealed record AlertChange(DateTimeOffset At, string Kind, string Service, string What)
{
    /// <summary>The other alert, for <c>alert</c>.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>A query that shows it, or null.</summary>
    public ChangeQuery? Query { get; init; }
}

/// <summary>A query that shows a change.</summary>
/// <param name="Language"><c>promql</c>, <c>logql</c> or <c>traceql</c>.</param>
/// <param name="Expression">The query.</param>
internal sealed record ChangeQuery(string Language, string Expression);

/// <summary>A service that calls, or is called by, one of the alert.</summary>
internal sealed record Neighbour(string Service, bool IsUpstream, NeighbourFigures Now, NeighbourFigures Before)
{
    private const double MoreErrors = 0.01;
    private const double TimesErrors = 2;
    private const double TimesSlower = 1.5;
    private const double SecondsSlower = 0.01;

    /// <summary>Clearly more of its requests fail than before.</summary>
    public bool FailsMore => Now.ErrorShare - Before.ErrorShare >= MoreErrors && Now.ErrorShare >= TimesErrors * Before.ErrorShare;

    /// <summary>It is clearly slower than before; what was not there before is not slower.</summary>
    public bool IsSlower => Before.P95Seconds > 0 && Now.P95Seconds >= TimesSlower * Before.P95Seconds && Now.P95Seconds - Before.P95Seconds >= SecondsSlower;
}

/// <summary>How a service did over a time.</summary>
/// <param name="Rate">Requests a second.</param>
/// <param name="ErrorShare">Those that failed, 0 to 1.</param>
/// <param name="P95Seconds">The time within which 95 of 100 were answered.</param>
internal readonly record struct NeighbourFigures(double Rate, double ErrorShare, double P95Seconds);

/// <summary>The alert and the times that are looked at.</summary>
internal sealed record ChangeScope
{
    /// <summary>How long before the start the time of the alert itself begins, with which the time before is compared.</summary>
    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);

    /// <summary>How long after the start is looked at.</summary>
    private static readonly TimeSpan After = TimeSpan.FromMinutes(5);

    /// <summary>Labels that name a service, the surest first.</summary>
    private static readonly string[] ServiceLabels = ["service_name", "service", "job", "app"];

    public required string Fingerprint { get; init; }

    public required LabelSet Labels { get; init; }

    /// <summary>The alert's start.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long before the start is looked at.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>Now: nothing is known beyond.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The services that the alert is about: a job's name may have a namespace before it.</summary>
    public IReadOnlyList<string> Services => [.. ServiceLabels.Select(l => Labels[l]).Where(static v => v.Length > 0).SelectMany(static v => new[] { v, v[(v.LastIndexOf('/') + 1)..] }).Where(static v => v.Length > 0).Distinct(StringComparer.Ordinal)];

    public DateTimeOffset From => At - Window;

    public DateTimeOffset To => At + After < Now ? At + After : Now;

    /// <summary>Where the alert's own time begins.</summary>
    public DateTimeOffset RecentFrom => At - (Lead < Window ? Lead : Window);

    /// <summary>Where the time before begins, with which it is compared.</summary>
    public DateTimeOffset BaselineFrom => RecentFrom - Window;

    /// <summary>A regular expression of all services, in the syntax that all languages here share.</summary>
    public string ServicePattern => string.Join('|', Services.Select(Escaped));

    private static string Escaped(string text) => string.Concat(text.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' || c > 127 ? c.ToString() : $"\\{c}"));
}
