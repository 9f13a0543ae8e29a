using Sightglass.Alerting.Outside;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>
/// The Alertmanagers of <c>alerting.alertmanagers</c>: told the alerts of all rules beside the one in this process, as Prometheus tells
/// its own. Thread-safe.
/// </summary>
internal sealed class OutsideAlertmanagers : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly Lock _gate = new();
    private IReadOnlyList<RelabelRule> _relabel = [];
    private List<AlertmanagerSet> _sets = [];

    public OutsideAlertmanagers(TimeProvider time, Action<string> report) => (_time, _report) = (time, report);

    /// <summary>Addresses that alerts are posted to.</summary>
    public IReadOnlyList<Uri> Active => [.. Sets().SelectMany(s => s.Active)];

    /// <summary>Addresses that relabelling dropped.</summary>
    public IReadOnlyList<Uri> Dropped => [.. Sets().SelectMany(s => s.Dropped)];

    /// <summary>What each Alertmanager was sent.</summary>
    public IReadOnlyList<(Uri Url, AlertQueueFigures Figures)> Figures => [.. Sets().SelectMany(s => s.Figures)];

    /// <summary>Goes on with another configuration; what waits for the Alertmanagers of the one before is sent within a few seconds.</summary>
    public async Task UpdateAsync(AlertingConfiguration configuration)
    {
        List<AlertmanagerSet> before;
        List<AlertmanagerSet> next = [.. configuration.Alertmanagers.Select(a => new AlertmanagerSet(a, _time, _report))];
        foreach (var set in next)
        {
            set.Start();
        }

        lock (_gate)
        {
            before = _sets;
            _sets = next;
            _relabel = configuration.Relabel;
        }

        await Task.WhenAll(before.Select(s => s.DisposeAsync().AsTask()));
    }

    /// <summary>Tells alerts to all of them. Returns at once.</summary>
    public void Post(IReadOnlyList<PostedAlert> alerts)
    {
        IReadOnlyList<RelabelRule> rules;
        List<AlertmanagerSet> sets;
        lock (_gate)
        {
            (rules, sets) = (_relabel, _sets);
        }

        if (sets.Count == 0 || Relabelled(alerts, rules) is not { Count: > 0 } kept)
        {
            return;
        }

        foreach (var set in sets)
        {
            set.Post(kept);
        }
    }

    public async ValueTask DisposeAsync() => await UpdateAsync(AlertingConfiguration.None);

    /// <summary>The alerts with their labels as the rules leave them; without those that are dropped.</summary>
    internal static IReadOnlyList<PostedAlert> Relabelled(IReadOnlyList<PostedAlert> alerts, IReadOnlyList<RelabelRule> rules)
    {
        if (rules.Count == 0)
        {
            return alerts;
        }

        var kept = new List<PostedAlert>(alerts.Count);
        foreach (var alert in alerts)
        {
            var labels = new LabelSetBuilder(alert.Labels);
            if (RelabelRule.Apply(rules, labels))
            {
                kept.Add(alert with { Labels = labels.Build() });
            }
        }

        return kept;
    }

    private List<AlertmanagerSet> Sets()
    {
        lock (_gate)
        {
            return _sets;
        }
    }
}
