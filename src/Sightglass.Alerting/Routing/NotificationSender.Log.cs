using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Routing;

/// <content>The log of what was told to whom and when.</content>
internal sealed partial class NotificationSender
{
    /// <summary>What was told and could not be stored; a restart would tell it again.</summary>
    private readonly Dictionary<(string Group, string Receiver), NotificationLogEntry> _unsaved = [];
    private TimeSpan _set;

    /// <summary>Stores what could not be stored when it was told.</summary>
    public void SaveAgain()
    {
        NotificationLogEntry[] unsaved;
        lock (_gate)
        {
            unsaved = [.. _unsaved.Values];
        }

        try
        {
            foreach (var entry in unsaved)
            {
                _options.Notifications.SaveLog(entry);
                lock (_gate)
                {
                    // Another may have taken its place meanwhile.
                    if (_unsaved.TryGetValue((entry.GroupKey, entry.Receiver), out var present) && ReferenceEquals(present, entry))
                    {
                        _unsaved.Remove((entry.GroupKey, entry.Receiver));
                    }
                }
            }
        }
        catch (StorageFailedException)
        {
            // Not yet; the failure was reported when it was told.
        }
    }

    /// <summary>The clock was set: what was told before was told as long ago as it was.</summary>
    public void Shift(TimeSpan step)
    {
        lock (_gate)
        {
            _set += step;
            foreach (var (key, entry) in _log.ToArray())
            {
                _log[key] = Moved(entry, step);
            }
        }
    }

    private NotificationLogEntry? Last(string group, string receiver)
    {
        lock (_gate)
        {
            return _log.GetValueOrDefault((group, receiver));
        }
    }

    /// <summary>By how much the clock was set since the start.</summary>
    private TimeSpan ClockSet()
    {
        lock (_gate)
        {
            return _set;
        }
    }

    private static NotificationLogEntry Moved(NotificationLogEntry entry, TimeSpan step) =>
        step == TimeSpan.Zero ? entry : entry with { At = AlertDispatcher.Later(entry.At, step), ExpiresAt = AlertDispatcher.Later(entry.ExpiresAt, step) };

    /// <summary>Keeps what was told; <paramref name="set"/> is what <see cref="ClockSet"/> was when its times were read.</summary>
    private NotificationLogEntry Remember(NotificationLogEntry entry, TimeSpan set)
    {
        lock (_gate)
        {
            entry = Moved(entry, _set - set);
            _log[(entry.GroupKey, entry.Receiver)] = entry;
            if (_log.Count > AlertingLimits.MaxGroups)
            {
                foreach (var key in _log.Where(e => e.Value.ExpiresAt < entry.At).Select(static e => e.Key).ToArray())
                {
                    _log.Remove(key);
                }
            }

            return entry;
        }
    }

    /// <summary>A store that fails must not keep a message back; that <paramref name="told"/> was told is stored as soon as it works again.</summary>
    private void Store(Action save, string group, NotificationLogEntry? told = null)
    {
        try
        {
            save();
            if (told is not null)
            {
                lock (_gate)
                {
                    _unsaved.Remove((told.GroupKey, told.Receiver));
                }
            }
        }
        catch (StorageFailedException e)
        {
            if (told is not null)
            {
                lock (_gate)
                {
                    _unsaved[(told.GroupKey, told.Receiver)] = told;
                }
            }

            _options.Failed?.Invoke(group, e);
        }
    }
}
