using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>
/// Hands the pushed groups to the store at every interval, as a scrape of a Pushgateway with <c>honor_labels</c> would: under the labels they were
/// pushed with, at the time of the scrape, with stale markers for what is gone.
/// </summary>
public sealed class PushgatewayExposer(PushgatewayStore store, IBatchSink sink, IngestSource source, TimeSpan interval, TimeProvider time, Action<string> report) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private HashSet<LabelSet> _exposed = [];
    private Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;

    /// <summary>Starts.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Hands on what there is now.</summary>
    public void ExposeOnce()
    {
        using var batch = MetricBatch.Rent();
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var exposed = new HashSet<LabelSet>();
        var metadata = new Dictionary<string, MetricMetadata>(StringComparer.Ordinal);
        foreach (var group in store.Groups)
        {
            foreach (var family in group.Families.Values.Concat(PushgatewayStore.Times(group)))
            {
                metadata[family.Metadata.Family] = family.Metadata;
                foreach (var sample in family.Samples)
                {
                    exposed.Add(sample.Labels);
                    var series = batch.AddSeries(sample.Labels);
                    if (sample.Histogram is { } histogram)
                    {
                        batch.Histograms.Add((series, at, histogram));
                    }
                    else
                    {
                        batch.AddSample(series, at, sample.Value);
                    }
                }
            }
        }

        foreach (var gone in _exposed)
        {
            if (!exposed.Contains(gone))
            {
                batch.AddSample(batch.AddSeries(gone), at, SpecialValues.StaleNaN);
            }
        }

        foreach (var (name, now) in metadata)
        {
            if (_metadata.GetValueOrDefault(name) != now)
            {
                batch.Metadata.Add(now);
            }
        }

        if (batch.SampleCount + batch.Histograms.Count == 0)
        {
            return;
        }

        batch.Sender = "pushgateway";
        var result = sink.Append(batch);
        source.StoredItems(result.Stored);
        source.Reject("store", result.Rejected, result.FirstReason ?? "refused by the store");
        (_exposed, _metadata) = (exposed, metadata);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    ExposeOnce();
                }
                catch (Exception e) when (e is StorageFailedException or LimitExceededException)
                {
                    report($"pushed metrics: {e.Message}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
