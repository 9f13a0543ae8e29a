using System.Globalization;
using Sightglass.Alerting.History;
using Sightglass.Core.Errors;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>What was found, and what could not be looked at.</summary>
internal sealed record FoundChanges(IReadOnlyList<AlertChange> Changes, IReadOnlyList<Neighbour> Neighbours, IReadOnlyList<(string Section, string Error)> Partial);

/// <summary>Looks at everything that may say why an alert began. Each part has a time of its own: one that is slow is left out and named, the others are told.</summary>
internal sealed class ChangeFinder(IAlertTimeline timeline, PromQLEngine promQL, LogQLEngine logQL, LogInsights insights, TraceQLEngine traceQL, TimeProvider time)
{
    private const int MaxAlerts = 50;

    /// <summary>Other alerts that began this long after are told too: of what begins together either may be evaluated first.</summary>
    private static readonly TimeSpan JustAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SectionTimeout = TimeSpan.FromSeconds(5);

    public FoundChanges Find(ChangeScope scope, CancellationToken cancellation)
    {
        var (changes, neighbours, partial) = (new List<AlertChange>(), new List<Neighbour>(), new List<(string, string)>());
        void Section(string name, Action<CancellationToken> find)
        {
            using var timeout = new CancellationTokenSource(SectionTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
            try
            {
                find(both.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                partial.Add((name, string.Create(CultureInfo.InvariantCulture, $"took longer than {SectionTimeout.TotalSeconds} s")));
            }
            catch (Exception e) when (e is QueryException or LimitExceededException or CorruptDataException or StorageFailedException)
            {
                partial.Add((name, e.Message));
            }
        }

        Section("alerts", _ => changes.AddRange(Alerts(scope)));
        if (scope.Services.Count == 0)
        {
            partial.Add(("services", "the alert has no label service_name, service, job or app: nothing else was looked at"));
        }
        else
        {
            var deployments = new DeploymentChanges(promQL, logQL, traceQL);
            var logs = new LogChanges(logQL, insights);
            Section("deployments", token => changes.AddRange(deployments.Find(scope, token)));
            Section("log_patterns", token => changes.AddRange(logs.Patterns(scope, token)));
            Section("exceptions", token => changes.AddRange(logs.Exceptions(scope, token)));
            Section("neighbours", token => neighbours.AddRange(new NeighbourChanges(traceQL).Find(scope, token)));
            changes.AddRange(neighbours.Where(static n => n.FailsMore || n.IsSlower).Select(n => Words(scope, n)));
        }

        return new FoundChanges([.. changes.OrderBy(static c => c.At).ThenBy(static c => c.Kind, StringComparer.Ordinal).ThenBy(static c => c.What, StringComparer.Ordinal)], neighbours, partial);
    }

    private IEnumerable<AlertChange> Alerts(ChangeScope scope) => timeline
        .List(new AlertEventFilter { Kinds = [AlertEventKind.Firing], From = scope.From, To = scope.At + JustAfter, Limit = MaxAlerts }).Events
        .Where(e => e.Fingerprint != scope.Fingerprint)
        .Select(static e => new AlertChange(e.At, "alert", e.Labels["service_name"] is { Length: > 0 } service ? service : e.Labels["job"], $"{e.AlertName} began to fire") { Fingerprint = e.Fingerprint });

    private static AlertChange Words(ChangeScope scope, Neighbour n)
    {
        var words = new List<string>();
        if (n.FailsMore)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{n.Now.ErrorShare:P1} of its requests fail, {n.Before.ErrorShare:P1} before"));
        }

        if (n.IsSlower)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"95 of 100 are answered within {n.Now.P95Seconds * 1000:0.#} ms, {n.Before.P95Seconds * 1000:0.#} ms before"));
        }

        return new AlertChange(scope.RecentFrom, n.IsUpstream ? "upstream" : "downstream", n.Service, $"{n.Service}, which {(n.IsUpstream ? "calls" : "is called by")} {scope.Services[^1]}: {string.Join("; ", words)}")
        {
            Query = new ChangeQuery("traceql", NeighbourChanges.Spans(scope, n.IsUpstream, $" && resource.service.name = {Query.Syntax.QuotedText.Quote(n.Service)}{(n.FailsMore ? " && status = error" : string.Empty)}")),
        };
    }
}
