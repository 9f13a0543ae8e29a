using Sightglass.Alerting.History;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Tests.History;

internal sealed class MemoryAlertTimeline : IAlertTimeline
{
    private readonly List<AlertEvent> _events = [];

    public bool Fails { get; set; }

    public IReadOnlyList<AlertEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public void Append(IReadOnlyList<AlertEvent> events)
    {
        lock (_events)
        {
            if (Fails)
            {
                throw new StorageFailedException("no space left on device");
            }

            _events.AddRange(events);
        }
    }

    /// <summary>A filter by time alone, in pages that begin at the number in the cursor.</summary>
    public AlertEventPage List(AlertEventFilter filter)
    {
        lock (_events)
        {
            var found = _events.Where(e => !(e.At < filter.From) && !(e.At > filter.To)).OrderBy(static e => e.At).ToList();
            if (!filter.Ascending)
            {
                found.Reverse();
            }

            var start = filter.Cursor is { } cursor ? int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture) : 0;
            var end = start + filter.Limit;
            return new AlertEventPage([.. found.Skip(start).Take(filter.Limit)], end < found.Count ? end.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
        }
    }

    public IReadOnlyList<AlertEvent> FiringAt(DateTimeOffset at) =>
        [.. Events.Where(e => e.At < at && e.Kind is AlertEventKind.Firing or AlertEventKind.Resolved).GroupBy(static e => e.Fingerprint).Select(static g => g.Last()).Where(static e => e.Kind == AlertEventKind.Firing)];

    public IReadOnlyList<AlertEvent> Open()
    {
        var open = new List<AlertEvent>();
        foreach (var e in Events)
        {
            open.RemoveAll(o => o.Fingerprint == e.Fingerprint && e.Kind.Ends().Contains(o.Kind) && (o.At < e.At || (o.At == e.At && (e.Kind != AlertEventKind.Firing || o.Kind <= AlertEventKind.Firing))));
            if (e.Kind.Lasts())
            {
                open.Add(e);
            }
        }

        return open;
    }
}
