using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Errors;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>
/// Looks once a minute which services count under the names that objectives are made of by themselves, and gives the rules of all objectives to the
/// rule manager, with those of files and those written by API, when there is a new one. A service that was found keeps its objectives while the process lives. Thread-safe.
/// </summary>
internal sealed class FoundSlos(IRuleQueryEngine metrics, Func<IReadOnlyList<RuleFile>> written, TimeProvider time, Action<string> report) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Names that are remembered; more than have objectives, because those are the first of them by name.</summary>
    private const int MostNames = 100 * SloDefaults.MaxServices;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _available = new(StringComparer.Ordinal);
    private readonly HashSet<string> _timed = new(StringComparer.Ordinal);
    private ServerConfiguration _configuration = new();
    private Action<IReadOnlyList<RuleFile>> _update = static _ => { };
    private volatile IReadOnlyList<SloDefinition> _found = [];
    private ITimer? _timer;
    private bool _looked;
    private bool _told;
    private bool _stopped;

    /// <summary>Every objective: those of the configuration, and those found.</summary>
    public IReadOnlyList<SloDefinition> All => [.. _configuration.Slos, .. _found];

    /// <summary>Takes the configuration's rules into force, and those of what is found.</summary>
    public void Apply(ServerConfiguration configuration, Action<IReadOnlyList<RuleFile>> update)
    {
        lock (_gate)
        {
            (_configuration, _update) = (configuration, update);
            _found = configuration.SloDefaults.Of(_available, _timed, configuration.Slos);
            Update();
        }
    }

    /// <summary>Takes rules into force that were written or removed by API.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                Update();
            }
        }
    }

    /// <summary>Begins to look.</summary>
    public void Start() => _timer = time.CreateTimer(_ => Look(), null, TimeSpan.Zero, Interval);

    /// <summary>Looks now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_stopped || !_configuration.SloDefaults.Enabled)
            {
                return;
            }

            try
            {
                // At the start those of the last day, too: a restart in a quiet hour forgets nobody.
                var (now, range) = (time.GetUtcNow(), _looked ? "5m" : "1d");
                var grown = Add(_available, $"group by (service) (present_over_time(sli_availability_total[{range}]))", now)
                    | Add(_timed, $"group by (service) (present_over_time(sli_latency_seconds_count[{range}]))", now);
                _looked = true;
                if (grown)
                {
                    _found = _configuration.SloDefaults.Of(_available, _timed, _configuration.Slos);
                    Update();
                }
            }
            catch (Exception e) when (e is QueryException or LimitExceededException or CorruptDataException or StorageFailedException or IOException)
            {
                report($"objectives of services: {e.Message}");
            }
        }
    }

    public void Dispose()
    {
        // Whoever looks has done so when the stores are closed.
        lock (_gate)
        {
            _stopped = true;
            _timer?.Dispose();
        }
    }

    private bool Add(HashSet<string> services, string query, DateTimeOffset now)
    {
        var grown = false;
        foreach (var sample in metrics.Query(query, now, CancellationToken.None))
        {
            grown |= services.Count < MostNames && services.Add(sample.Labels["service"]);
        }

        if (services.Count > SloDefaults.MaxServices && !_told)
        {
            _told = true;
            report($"objectives of services: {services.Count} services count for themselves, limit MaxServices is {SloDefaults.MaxServices}; the first by name have objectives");
        }

        return grown;
    }

    private void Update() => _update([.. _configuration.AllRules, .. written(), .. _found.Select(SloRules.File)]);
}
