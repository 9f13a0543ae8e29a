using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.Hosting;

/// <summary>
/// Says that something cannot be written to the disk: as the alert <c>StorageNotWritable</c> with the <c>store</c>, until it can be again. It needs no disk
/// to do so. Thread-safe; those who write only leave a mark here.
/// </summary>
internal sealed class StorageAlarm : IDisposable
{
    /// <summary>How often the alert is told anew and it is tried whether there is room again.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Valid for several tellings: one that is late does not end it.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(2);

    /// <summary>Written to find out whether there is room: more than what is left over at the end of a full disk.</summary>
    private const int ProbeBytes = 256 << 10;

    private readonly string _probe;
    private readonly Action<IReadOnlyList<PostedAlert>> _tell;
    private readonly Func<LabelSet> _external;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Lock _telling = new();
    private readonly Dictionary<string, Failure> _failing = new(StringComparer.Ordinal);
    private volatile bool _any;
    private volatile bool _disposed;

    /// <param name="folder">The data folder.</param>
    /// <param name="tell">Takes alerts.</param>
    /// <param name="external">Labels of this server.</param>
    /// <param name="time">The clock.</param>
    public StorageAlarm(string folder, Action<IReadOnlyList<PostedAlert>> tell, Func<LabelSet> external, TimeProvider time)
    {
        (_probe, _tell, _external, _time) = (Path.Combine(folder, "probe.tmp"), tell, external, time);
        _timer = time.CreateTimer(static state => ((StorageAlarm)state!).Tell(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private sealed record Failure(DateTimeOffset Since, long LastAt, string Error, bool IsTold);

    /// <summary>What cannot be written, with the last error.</summary>
    public IReadOnlyList<(string Store, DateTimeOffset Since, string Error)> Failing
    {
        get
        {
            lock (_gate)
            {
                return [.. _failing.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => (f.Key, f.Value.Since, f.Value.Error))];
            }
        }
    }

    /// <summary>Looks once whether there is room, beside the start: of a disk that was full before, people are told before anybody tries to write.</summary>
    public void Start() => _ = Task.Run(() =>
    {
        Exception? error;
        lock (_telling)
        {
            error = _disposed ? null : Probe();
        }

        if (error is not null)
        {
            Failed("disk", new StorageFailedException($"data folder: {error.Message}", error));
        }
    });

    /// <summary>A write failed.</summary>
    public void Failed(string store, StorageFailedException error)
    {
        lock (_gate)
        {
            var known = _failing.GetValueOrDefault(store);
            _failing[store] = new Failure(known?.Since ?? _time.GetUtcNow(), _time.GetTimestamp(), error.Message, known?.IsTold ?? false);
            if (!_any && !_disposed)
            {
                _any = true;
                _timer.Change(TimeSpan.Zero, Interval);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer.Dispose();
        }

        lock (_telling)
        {
            // Nothing is written into the data folder when others may have it.
        }
    }

    /// <summary>Tells what fails, and the end of what does not any more: nothing of it failed lately, and there is room.</summary>
    private void Tell()
    {
        if (_disposed || !_telling.TryEnter())
        {
            return;
        }

        try
        {
            var alerts = new List<PostedAlert>();
            var isRoom = Probe() is null;
            lock (_gate)
            {
                var now = _time.GetUtcNow();
                foreach (var (store, failure) in _failing.ToArray())
                {
                    if (isRoom && _time.GetElapsedTime(failure.LastAt) >= Interval)
                    {
                        _failing.Remove(store);
                        if (failure.IsTold)
                        {
                            alerts.Add(Alert(store, failure, now));
                        }

                        continue;
                    }

                    _failing[store] = failure with { IsTold = true };
                    alerts.Add(Alert(store, failure, now + Validity));
                }

                if (_failing.Count == 0)
                {
                    _any = false;
                    _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }

            if (alerts.Count > 0)
            {
                _tell(alerts);
            }
        }
        catch (LimitExceededException)
        {
            // There are too many alerts already; this one is told again with the next telling.
        }
        finally
        {
            _telling.Exit();
        }
    }

    /// <summary>Whether there is room: null, or why it cannot be written.</summary>
    private Exception? Probe()
    {
        try
        {
            using var file = new FileStream(_probe, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose, BufferSize = 0 });
            file.Write(new byte[ProbeBytes]);
            file.Flush(flushToDisk: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }

    private PostedAlert Alert(string store, Failure failure, DateTimeOffset ends)
    {
        var labels = new LabelSetBuilder(_external()).Set("alertname", "StorageNotWritable").Set("severity", "critical").Set("store", store);
        return new PostedAlert
        {
            Labels = labels.Build(),
            Annotations = LabelSet.From(
            [
                new Label("summary", $"{store} cannot be written to the disk"),
                new Label("description", $"{failure.Error.TrimEnd('.')}. What is sent is refused until there is room again; rules go on with what was stored before."),
            ]),
            StartsAt = failure.Since,
            EndsAt = ends,
        };
    }
}
