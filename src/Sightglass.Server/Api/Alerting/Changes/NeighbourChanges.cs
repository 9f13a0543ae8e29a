using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Finds the services that call the alert's, and those that these call, and how they did before and now.</summary>
internal sealed class NeighbourChanges(TraceQLEngine traceQL)
{
    private const int MaxNeighbours = 50;
    private const long NanosecondsPerMillisecond = 1_000_000;

    public IReadOnlyList<Neighbour> Find(ChangeScope scope, CancellationToken cancellation)
    {
        var found = new List<Neighbour>();
        foreach (var upstream in (bool[])[true, false])
        {
            var now = Figures(scope, upstream, scope.RecentFrom, scope.To, cancellation);
            var before = now.Count == 0 ? [] : Figures(scope, upstream, scope.BaselineFrom, scope.RecentFrom, cancellation);
            found.AddRange(now.OrderByDescending(static n => n.Value.Rate).Take(MaxNeighbours).Select(n => new Neighbour(n.Key, upstream, n.Value, before.GetValueOrDefault(n.Key))));
        }

        return found;
    }

    /// <summary>The query of a neighbour's spans: those beside a span of the alert's services.</summary>
    public static string Spans(ChangeScope scope, bool upstream, string condition)
    {
        var services = QuotedText.Quote(scope.ServicePattern);
        return $"{{ resource.service.name =~ {services} }} {(upstream ? "<" : ">")} {{ resource.service.name !~ {services}{condition} }}";
    }

    private Dictionary<string, NeighbourFigures> Figures(ChangeScope scope, bool upstream, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var rates = Values(Spans(scope, upstream, string.Empty), "rate()", from, to, cancellation);
        if (rates.Count == 0)
        {
            return [];
        }

        var errors = Values(Spans(scope, upstream, " && status = error"), "rate()", from, to, cancellation);
        var slow = Values(Spans(scope, upstream, string.Empty), "quantile_over_time(duration, 0.95)", from, to, cancellation);
        return rates.ToDictionary(static r => r.Key, r => new NeighbourFigures(r.Value, r.Value > 0 ? Math.Min(1, errors.GetValueOrDefault(r.Key) / r.Value) : 0, slow.GetValueOrDefault(r.Key)), StringComparer.Ordinal);
    }

    private Dictionary<string, double> Values(string spans, string function, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var request = new TraceMetricsQuery($"({spans}) | {function} by (resource.service.name)", from.ToUnixTimeMilliseconds() * NanosecondsPerMillisecond, to.ToUnixTimeMilliseconds() * NanosecondsPerMillisecond, 0);
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var series in traceQL.Metrics(request, cancellation).Series)
        {
            if (series.Labels.FirstOrDefault(static l => l.Key == "resource.service.name") is { Key: not null } label && double.IsFinite(series.Values[0]))
            {
                values[$"{label.Value}"] = series.Values[0];
            }
        }

        return values;
    }
}
