using Sightglass.Alerting.Rules;

namespace Sightglass.Alerting.Tests.Rules;

internal sealed class MemoryAlertStateStore : IAlertStateStore
{
    private readonly Dictionary<string, IReadOnlyList<StoredAlert>> _alerts = [];

    public List<AlertChange> Changes { get; } = [];

    public IReadOnlyList<StoredAlert> Load()
    {
        lock (Changes)
        {
            return [.. _alerts.Values.SelectMany(static a => a)];
        }
    }

    public void Save(string group, IReadOnlyList<StoredAlert> alerts, IReadOnlyList<AlertChange> changes)
    {
        lock (Changes)
        {
            _alerts[group] = alerts;
            Changes.AddRange(changes);
        }
    }

    public IReadOnlyList<AlertChange> History(int limit) => Changes;
}
