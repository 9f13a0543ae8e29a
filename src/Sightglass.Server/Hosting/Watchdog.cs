using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>
/// The alert that always fires: a dead man's switch that hears nothing of it raises the alarm. It is told where a route asks for it by name,
/// so that it wakes nobody by accident, or everywhere.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const string Name = "Watchdog";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    /// <summary>Longer than a few tellings that come late.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    private readonly AlertDispatcher _dispatcher;
    private readonly Action<IReadOnlyList<PostedAlert>> _outside;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _since;
    private readonly ITimer _timer;
    private volatile AlertingConfiguration _configuration;

    public Watchdog(AlertDispatcher dispatcher, Action<IReadOnlyList<PostedAlert>> outside, AlertingConfiguration configuration, TimeProvider time)
    {
        (_dispatcher, _outside, _configuration, _time, _since) = (dispatcher, outside, configuration, time, time.GetUtcNow());
        _timer = time.CreateTimer(static state => ((Watchdog)state!).Tell(), this, First, Interval);
    }

    /// <summary>Takes another configuration and tells at once.</summary>
    public void Update(AlertingConfiguration configuration)
    {
        _configuration = configuration;
        _timer.Change(TimeSpan.Zero, Interval);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Whether a node below the root asks for an alert by its name.</summary>
    internal static bool IsAskedFor(Alerting.Routing.Route route, LabelSet labels, bool isNamed = false)
    {
        isNamed |= route.Matchers.Any(static m => m.Name == "alertname");
        return route.Matchers.All(m => m.Matches(labels[m.Name])) && ((isNamed && route.Matchers.Count > 0) || route.Routes.Any(r => IsAskedFor(r, labels, isNamed)));
    }

    private void Tell()
    {
        var (configuration, now) = (_configuration, _time.GetUtcNow());
        var builder = new LabelSetBuilder(configuration.WatchdogLabels).Set("alertname", Name);
        if (builder.Get("severity").Length == 0)
        {
            builder.Set("severity", "none");
        }

        var labels = builder.Build();
        if (configuration.Watchdog == WatchdogMode.Off || (configuration.Watchdog == WatchdogMode.Routed && !IsAskedFor(_dispatcher.Configuration.Route, labels)))
        {
            return;
        }

        PostedAlert[] alert =
        [
            new()
            {
                Labels = labels,
                Annotations = LabelSet.From([new Label("summary", "Alerting works. This alert always fires: who is told of it and hears nothing knows that something is wrong.")]),
                StartsAt = _since,
                EndsAt = now + Validity,
            },
        ];
        _dispatcher.Post(alert);
        if (configuration.Watchdog == WatchdogMode.Always)
        {
            _outside(alert);
        }
    }
}
