using Sightglass.Alerting.Outside;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Discovery;
using Sightglass.Ingest.Scrape.Http;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>The Alertmanagers that one entry of <c>alerting.alertmanagers</c> lists and finds, with a queue for each. Thread-safe.</summary>
internal sealed class AlertmanagerSet : IAsyncDisposable
{
    private const string SchemeLabel = "__scheme__";
    private const string AddressLabel = "__address__";
    private const string PathLabel = "__alerts_path__";

    /// <summary>Bytes of an answer that are read: it says no more than why.</summary>
    private const int MaxAnswerBytes = 64 << 10;

    private static readonly KeyValuePair<string, string>[] Headers = [new("User-Agent", "Sightglass")];

    private readonly OutsideAlertmanagerConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly TargetWatch _watch;
    private readonly HttpPoster _poster;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Uri Url, AlertQueue Queue)> _queues = new(StringComparer.Ordinal);
    private readonly List<Task> _ending = [];
    private List<Uri> _dropped = [];
    private bool _closed;

    public AlertmanagerSet(OutsideAlertmanagerConfiguration configuration, TimeProvider time, Action<string> report)
    {
        (_configuration, _time, _report) = (configuration, time, report);
        _poster = new HttpPoster(configuration.Http, time);
        _watch = new TargetWatch("alerting.alertmanagers", configuration.StaticTargets, configuration.Discoveries, time, report);
    }

    public IReadOnlyList<Uri> Active
    {
        get
        {
            lock (_gate)
            {
                return [.. _queues.Values.Select(q => q.Url)];
            }
        }
    }

    public IReadOnlyList<Uri> Dropped
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    public IReadOnlyList<(Uri Url, AlertQueueFigures Figures)> Figures
    {
        get
        {
            lock (_gate)
            {
                return [.. _queues.Values.Select(q => (q.Url, q.Queue.Figures))];
            }
        }
    }

    public void Start()
    {
        _watch.Start(Sync);
        Sync();
    }

    public void Post(IReadOnlyList<PostedAlert> alerts)
    {
        var kept = OutsideAlertmanagers.Relabelled(alerts, _configuration.AlertRelabel);
        if (kept.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (_, queue) in _queues.Values)
            {
                queue.Add(kept);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            _closed = true;
            ending = [.. _ending, .. _queues.Values.Select(q => q.Queue.DisposeAsync().AsTask())];
            _queues.Clear();
        }

        await _watch.DisposeAsync();
        await Task.WhenAll(ending);
        _poster.Dispose();
    }

    // Brings the queues in line with what is found now. One that stays goes on with what waits in it.
    private void Sync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            var wanted = new Dictionary<string, Uri>(StringComparer.Ordinal);
            var dropped = new List<Uri>();
            foreach (var group in _watch.Groups)
            {
                foreach (var address in group.Targets)
                {
                    Find(group, address, wanted, dropped);
                }
            }

            _dropped = dropped;
            foreach (var (key, (_, queue)) in _queues.ToArray())
            {
                if (!wanted.ContainsKey(key))
                {
                    _queues.Remove(key);
                    _ending.RemoveAll(t => t.IsCompleted);
                    _ending.Add(queue.DisposeAsync().AsTask());
                }
            }

            foreach (var (key, url) in wanted)
            {
                if (!_queues.ContainsKey(key))
                {
                    _queues.Add(key, (url, new AlertQueue((body, cancellation) => PostAsync(url, body, cancellation), _time, m => _report($"alertmanager {key}: {m}"))));
                }
            }
        }
    }

    private void Find(TargetGroup group, string address, Dictionary<string, Uri> wanted, List<Uri> dropped)
    {
        var labels = new LabelSetBuilder(group.Labels)
            .Set(AddressLabel, address)
            .Set(SchemeLabel, _configuration.Scheme)
            .Set(PathLabel, $"/{_configuration.PathPrefix.Trim('/')}/api/v2/alerts".Replace("//", "/", StringComparison.Ordinal));
        var before = labels.Build();
        var kept = RelabelRule.Apply(_configuration.Relabel, labels);
        if (Url(kept ? labels.Build() : before) is not { } url)
        {
            _report($"alertmanager {address} of {group.Source}: no usable address after relabelling");
        }
        else if (kept)
        {
            wanted.TryAdd(url.OriginalString, url);
        }
        else
        {
            dropped.Add(url);
        }
    }

    private static Uri? Url(LabelSet labels) =>
        !labels[AddressLabel].Contains('/', StringComparison.Ordinal)
        && Uri.TryCreate($"{labels[SchemeLabel]}://{labels[AddressLabel]}{labels[PathLabel]}", UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? url
            : null;

    private async Task PostAsync(Uri url, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        try
        {
            var answer = await _poster.PostAsync(url, Headers, "application/json", null, body, MaxAnswerBytes, _configuration.Timeout, cancellation);
            if (answer.Status / 100 != 2)
            {
                throw new AlertPostFailedException($"bad response status {answer.Status}");
            }
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            throw new AlertPostFailedException(e.Message);
        }
    }
}
