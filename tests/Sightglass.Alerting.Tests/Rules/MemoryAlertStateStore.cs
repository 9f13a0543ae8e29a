using Sightglass.Alerting.History;
using Sightglass.Alerting.Rules;

namespace Sightglass.Alerting.Tests.Rules;

internal sealed class MemoryAlertStateStore : IAlertStateStore
{
    private readonly Dictionary<string, IReadOnlyList<StoredAlert>> _alerts = [];

    public List<AlertEvent> Events { get; } = [];

    public IReadOnlyList<StoredAlert> Load()
    {
        lock (Events)
        {
            return [.. _alerts.Values.SelectMany(static a => a)];
        }
    }

    public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertEvent> events)
    {
        lock (Events)
        {
            _alerts[group] = alerts;
            Events.AddRange(events);
        }
    }
}
