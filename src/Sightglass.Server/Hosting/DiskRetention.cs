using System.Collections.Concurrent;
using Sightglass.Core.Errors;
using Sightglass.Server.Configuration;
using Sightglass.Storage;

namespace Sightglass.Server.Hosting;

/// <summary>Keeps the stores under <c>storage.retention.max_disk</c>, now and then.</summary>
internal sealed class DiskRetention : IDisposable
{
    /// <summary>Between two looks: parts come every two minutes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly DiskBudget _budget;
    private readonly string _path;
    private readonly Action<string> _report;
    private readonly ConcurrentDictionary<string, (long Parts, long Bytes)> _dropped = new();
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private ITimer? _timer;
    private bool _toldOver;

    public DiskRetention(IReadOnlyList<IPartOwner> owners, string path, DiskLimit? limit, TimeProvider time, Action<string> report)
    {
        _path = path;
        _report = report;
        _time = time;
        Limit = limit;
        _budget = new DiskBudget(owners, () => Limit?.BytesOn(_path) ?? long.MaxValue);
    }

    /// <summary>The bound; null is none.</summary>
    public DiskLimit? Limit { get; set; }

    /// <summary>The bound in bytes; null is none.</summary>
    public long? LimitBytes => Limit?.BytesOn(_path);

    /// <summary>Parts and bytes given up since the start, by signal.</summary>
    public IReadOnlyList<(string Signal, long Parts, long Bytes)> Dropped =>
        [.. ((string[])["metrics", "logs", "traces"]).Select(s => (s, _dropped.GetValueOrDefault(s).Parts, _dropped.GetValueOrDefault(s).Bytes))];

    public void Start() => _timer = _time.CreateTimer(_ => Apply(), null, Interval, Interval);

    /// <summary>Looks, and gives up what has to go.</summary>
    public void Apply()
    {
        if (Limit is null || !_gate.TryEnter())
        {
            return;
        }

        try
        {
            foreach (var one in _budget.Apply())
            {
                _dropped.AddOrUpdate(one.Signal, (one.Parts, one.Bytes), (_, sum) => (sum.Parts + one.Parts, sum.Bytes + one.Bytes));
                _report($"over max_disk ({_budget.LimitBytes} bytes): dropped {one.Bytes} bytes of {one.Signal} of {DateTimeOffset.UnixEpoch.AddDays(one.Day):yyyy-MM-dd}");
            }

            var over = _budget.UsedBytes > _budget.LimitBytes;
            if (over && !_toldOver)
            {
                _report($"over max_disk ({_budget.LimitBytes} bytes) with {_budget.UsedBytes} bytes, and only the newest part of each signal is left");
            }

            _toldOver = over;
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            _report($"max_disk not applied: {e.Message}");
        }
        finally
        {
            _gate.Exit();
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();

        // A look under way ends before the stores do.
        lock (_gate)
        {
            Limit = null;
        }
    }
}
