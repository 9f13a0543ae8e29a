using System.Collections.Concurrent;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline.Redaction;

namespace Sightglass.Ingest.Pipeline;

/// <summary>
/// The stage that every log record passes on its way to the store, whatever receiver it came by: redaction of secrets, then the configured pipelines. Metrics
/// and spans pass through. A batch stays one batch, so that positions are stored with what is left of it. Thread-safe; a new configuration holds from the
/// next batch on.
/// </summary>
public sealed class LogPipeline : IBatchSink, IAsyncDisposable
{
    private readonly IBatchSink _next;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly LogMetrics _metrics;
    private readonly StreamLimit _streams;
    private readonly PipelineFigures _figures = new();
    private readonly ConcurrentBag<LogRowView> _views = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile CompiledPipelines _compiled;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes one in front of <paramref name="next"/>.</summary>
    public LogPipeline(IBatchSink next, PipelineConfiguration configuration, TimeProvider time, Action<string> report)
    {
        _next = next;
        _time = time;
        _report = report;
        _metrics = new LogMetrics(time);
        _streams = new StreamLimit(time);
        _compiled = new CompiledPipelines(configuration, _metrics);
    }

    /// <summary>What the pipelines in force did.</summary>
    public IReadOnlyList<PipelineFigure> Figures => _figures.Read();

    /// <summary>Streams that had a record lately, over all tenants.</summary>
    public int ActiveStreams => _streams.Active;

    /// <summary>Starts storing metrics from logs.</summary>
    public void Start() => _loop = Task.Run(StoreMetricsAsync);

    /// <summary>Puts a configuration in force. What is under way finishes as it began; metrics that stay go on counting.</summary>
    public void Update(PipelineConfiguration configuration)
    {
        var compiled = new CompiledPipelines(configuration, _metrics);
        _compiled = compiled;
        _metrics.Retain(configuration.Logs.SelectMany(l => l.Processors).OfType<MetricConfiguration>().Select(m => m.Name).ToHashSet(StringComparer.Ordinal));
        _figures.Retain(compiled.Counters);
    }

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Prepared is PreparedBatch prepared)
        {
            return AppendAgain(batch, prepared);
        }

        var compiled = _compiled;
        var view = _views.TryTake(out var kept) ? kept : new LogRowView();
        try
        {
            view.Use(batch, compiled.Counters.Count);
            if (compiled.Configuration.RedactSecrets)
            {
                SecretRedactor.Redact(batch, view.Counts[compiled.WellKnown..]);
            }

            compiled.Run(view);
            var refused = _streams.Apply(batch, compiled.Configuration.MaxActiveStreams);
            AppendResult result;
            try
            {
                // What a pipeline takes out was dealt with as its owner wants: to the sender it is no failure.
                result = batch.Count > 0 || batch.Positions.Count > 0 ? _next.Append(batch) : default;
            }
            catch
            {
                prepared = new PreparedBatch([.. view.Observations], view.Counts.ToArray(), [.. view.Sampled], compiled, refused);
                prepared.SetBack();
                batch.Prepared = prepared;
                throw;
            }

            Count(compiled, view.Observations, view.Counts, batch.Receiver);
            return With(result, refused, compiled);
        }
        finally
        {
            _views.Add(view);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private AppendResult AppendAgain(LogBatch batch, PreparedBatch prepared)
    {
        prepared.SetForward();
        AppendResult result;
        try
        {
            result = batch.Count > 0 || batch.Positions.Count > 0 ? _next.Append(batch) : default;
        }
        catch
        {
            prepared.SetBack();
            throw;
        }

        batch.Prepared = null;
        Count(prepared.Compiled, prepared.Observations, prepared.Counts, batch.Receiver);
        return With(result, prepared.Refused, prepared.Compiled);
    }

    // Records of streams beyond the limit are refused as the store refuses records: the others are stored.
    private static AppendResult With(AppendResult result, int refused, CompiledPipelines compiled) => refused == 0 ? result : result.And(
        new AppendResult(0, refused, $"too many streams: limit max_active_streams is {compiled.Configuration.MaxActiveStreams}") { SeriesLimited = refused });

    private void Count(CompiledPipelines compiled, IReadOnlyList<PendingObservation> observations, Span<long> counts, string receiver)
    {
        foreach (var (metric, labels, value, weight, overflow) in observations)
        {
            if (!metric.TryObserve(labels, value, weight))
            {
                counts[overflow]++;
            }
        }

        _figures.Add(compiled.Counters, counts, receiver);
    }

    private async Task StoreMetricsAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_compiled.Configuration.MetricInterval, _time, _stop.Token);
                StoreMetrics();
            }
        }
        catch (OperationCanceledException)
        {
            StoreMetrics();
        }
    }

    private void StoreMetrics()
    {
        try
        {
            _metrics.Store(_next, _time.GetUtcNow());
        }
        catch (Exception e) when (e is StorageFailedException or LimitExceededException)
        {
            _report($"metrics from logs: {e.Message}");
        }
    }
}
