using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Metrics;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.RemoteRead;

/// <summary>
/// The store as PromQL sees it: this server's, and with <c>remote_read</c> what other servers have. One that does not answer makes a warning and
/// no failure. Names and values of labels are this server's. Thread-safe.
/// </summary>
internal sealed class RemoteReadStore(MetricStore store, QueryLimits limits, TimeProvider time) : IMetricStore, IDisposable
{
    private volatile RemoteReadClient[] _clients = [];

    /// <summary>Goes on with other servers. Queries that run finish with those they began with.</summary>
    public void Update(IReadOnlyList<RemoteReadTarget> targets)
    {
        var before = Interlocked.Exchange(ref _clients, [.. targets.Select(t => new RemoteReadClient(t, limits, time))]);
        foreach (var client in before)
        {
            client.Dispose();
        }
    }

    public long CoarsestMs => store.CoarsestMs;

    public long Revision => store.Revision;

    // What the others have changes unseen.
    public long UnchangedUntilMs(long revision) => _clients.Length == 0 ? store.UnchangedUntilMs(revision) : long.MinValue;

    public AppendResult Append(MetricBatch batch) => store.Append(batch);

    public ISeriesSelection Select(MetricSelection selection, CancellationToken cancellation)
    {
        var clients = _clients;
        if (clients.Length == 0)
        {
            return store.Select(selection, cancellation);
        }

        var answers = new List<SortedDictionary<LabelSet, RemoteSeries>>();
        var warnings = new List<string>();
        var oldest = store.OldestTimeMs;
        foreach (var client in clients)
        {
            // What this server has from the beginning of its own samples on, nobody else has to be asked for.
            var end = client.Target.ReadRecent ? selection.MaxTimeMs : Math.Min(selection.MaxTimeMs, oldest - 1);
            if (end < selection.MinTimeMs || !client.Wants(selection.Matchers))
            {
                continue;
            }

            try
            {
                answers.Add(client.Read(selection.Matchers, selection.MinTimeMs, end, cancellation));
            }
            catch (Exception e) when (e is RemoteReadFailedException or ObjectDisposedException)
            {
                warnings.Add($"remote read {client.Target.Name}: {e.Message}");
            }
        }

        var own = store.Select(selection, cancellation);
        return answers.Count == 0 && warnings.Count == 0 ? own : new JoinedSelection(own, answers, warnings);
    }

    public IReadOnlyList<string> LabelNames(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) => store.LabelNames(matchers, minTimeMs, maxTimeMs, cancellation);

    public IReadOnlyList<string> LabelValues(string name, IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, CancellationToken cancellation) =>
        store.LabelValues(name, matchers, minTimeMs, maxTimeMs, cancellation);

    public IReadOnlyList<LabelSet> Series(IReadOnlyList<LabelMatcher> matchers, long minTimeMs, long maxTimeMs, int limit, CancellationToken cancellation) =>
        store.Series(matchers, minTimeMs, maxTimeMs, limit, cancellation);

    public IReadOnlyList<MetricMetadata> Metadata(string? family) => store.Metadata(family);

    public IReadOnlyList<ExemplarSeries> Exemplars(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, CancellationToken cancellation) =>
        store.Exemplars(selectors, minTimeMs, maxTimeMs, cancellation);

    public void Dispose() => Update([]);
}
