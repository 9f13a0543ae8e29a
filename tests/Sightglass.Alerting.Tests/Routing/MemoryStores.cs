using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;

namespace Sightglass.Alerting.Tests.Routing;

internal sealed class MemoryNotificationStore : INotificationStore
{
    private readonly Dictionary<string, NotificationRecord> _records = [];
    private readonly Dictionary<(string, string), NotificationLogEntry> _log = [];

    public List<NotificationStatus> Seen { get; } = [];

    /// <summary>What each write runs into, or null.</summary>
    public Exception? Failure { get; set; }

    public void Save(NotificationRecord record, NotificationLogEntry? entry = null)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        lock (_records)
        {
            Seen.Add(record.Status);
            _records[record.Id] = record;
            if (entry is not null)
            {
                SaveLog(entry);
            }
        }
    }

    public void SaveLog(NotificationLogEntry entry)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        lock (_records)
        {
            _log[(entry.GroupKey, entry.Receiver)] = entry;
        }
    }

    public IReadOnlyList<NotificationLogEntry> LoadLog(DateTimeOffset now) => [.. _log.Values];

    public NotificationPage List(NotificationFilter filter) => new(List(filter.Limit), null);

    public IReadOnlyList<NotificationRecord> List(int limit)
    {
        lock (_records)
        {
            return [.. _records.Values.OrderByDescending(static r => r.CreatedAt).Take(limit)];
        }
    }
}

internal sealed class MemorySilenceStore : IEntryStore<Silence>
{
    public Dictionary<string, Silence> Silences { get; } = [];

    public IReadOnlyList<Silence> Load() => [.. Silences.Values];

    public void Save(Silence silence) => Silences[silence.Id] = silence;

    public void Delete(string id) => Silences.Remove(id);
}
