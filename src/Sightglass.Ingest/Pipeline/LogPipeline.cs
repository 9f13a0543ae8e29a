using System.Collections.Concurrent;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline.Redaction;

namespace Sightglass.Ingest.Pipeline;

/// <summary>What one pipeline has done since it was put in force.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Records">Records that came to it.</param>
/// <param name="Dropped">Records that its processors took out.</param>
public sealed record LogPipelineFigures(string Name, long Records, long Dropped);

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
    private readonly LogMetrics _metrics = new();
    private readonly SecretRedactor _redactor = new();
    private readonly ConcurrentBag<LogRowView> _views = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile Compiled _compiled;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes one in front of <paramref name="next"/>.</summary>
    public LogPipeline(IBatchSink next, PipelineConfiguration configuration, TimeProvider time, Action<string> report)
    {
        _next = next;
        _time = time;
        _report = report;
        _compiled = new Compiled(configuration, _metrics);
    }

    /// <summary>Secrets redacted since the start.</summary>
    public long Redacted => _redactor.Redacted;

    /// <summary>Every pipeline's figures.</summary>
    public IReadOnlyList<LogPipelineFigures> Figures => [.. _compiled.Pipelines.Select(p => new LogPipelineFigures(p.Configuration.Name, p.Records, p.Dropped))];

    /// <summary>Starts storing metrics from logs.</summary>
    public void Start() => _loop = Task.Run(StoreMetricsAsync);

    /// <summary>Puts a configuration in force. What is under way finishes as it began; metrics that stay go on counting.</summary>
    public void Update(PipelineConfiguration configuration)
    {
        _compiled = new Compiled(configuration, _metrics);
        _metrics.Retain(configuration.Logs.SelectMany(l => l.Processors).OfType<MetricConfiguration>().Select(m => m.Name).ToHashSet(StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var compiled = _compiled;
        if (compiled.Configuration.RedactSecrets)
        {
            _redactor.Redact(batch);
        }

        if (compiled.Pipelines.Length == 0 || batch.Count == 0)
        {
            return _next.Append(batch);
        }

        var view = _views.TryTake(out var kept) ? kept : new LogRowView();
        try
        {
            view.Use(batch);
            compiled.Run(view);
            var result = batch.Count > 0 || batch.Positions.Count > 0 ? _next.Append(batch) : default;
            foreach (var (metric, labels, value, weight) in view.Observations)
            {
                metric.Observe(labels, value, weight);
            }

            // What a pipeline takes out was dealt with as its owner wants: to the sender it is no failure.
            return result;
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

    /// <summary>A configuration made ready to run.</summary>
    private sealed class Compiled(PipelineConfiguration configuration, LogMetrics metrics)
    {
        public PipelineConfiguration Configuration { get; } = configuration;

        public CompiledPipeline[] Pipelines { get; } = [.. configuration.Logs.Select(l => new CompiledPipeline(l, metrics))];

        /// <summary>Runs all pipelines over all records.</summary>
        public void Run(LogRowView view)
        {
            var batch = view.Batch;
            bool[]? removed = null;
            foreach (var pipeline in Pipelines)
            {
                if (!pipeline.IsFor(batch.Receiver))
                {
                    continue;
                }

                var streams = pipeline.StreamsOf(batch);
                for (var i = 0; i < batch.Count; i++)
                {
                    if ((removed is not null && removed[i]) || (streams is not null && !streams[batch.Rows[i].Resource]))
                    {
                        continue;
                    }

                    view.Begin(i);
                    if (pipeline.Apply(view))
                    {
                        view.End();
                    }
                    else
                    {
                        (removed ??= new bool[batch.Count])[i] = true;
                    }
                }
            }

            if (removed is not null)
            {
                batch.RemoveRows(removed);
            }
        }
    }

    private sealed class CompiledPipeline(LogPipelineConfiguration configuration, LogMetrics metrics)
    {
        private readonly (LogCondition Where, LogProcessor Processor)[] _processors =
            [.. configuration.Processors.Select(p => (p is FilterConfiguration ? LogCondition.Always : p.Where, LogProcessor.Create(p, metrics)))];

        private long _records;
        private long _dropped;

        public LogPipelineConfiguration Configuration { get; } = configuration;

        public long Records => Interlocked.Read(ref _records);

        public long Dropped => Interlocked.Read(ref _dropped);

        public bool IsFor(string receiver) => Configuration.Receivers.Count == 0 || Configuration.Receivers.Contains(receiver, StringComparer.Ordinal);

        /// <summary>Which of the batch's resources are of the pipeline's streams; null for all.</summary>
        public bool[]? StreamsOf(LogBatch batch)
        {
            if (Configuration.Streams.Count == 0)
            {
                return null;
            }

            var holds = new bool[batch.Resources.Count];
            for (var i = 0; i < holds.Length; i++)
            {
                var resource = batch.Resources[i].Attributes;
                holds[i] = Configuration.Streams.All(m => m.Matches(StreamLabel(batch, resource, m.Name)));
            }

            return holds;
        }

        public bool Apply(LogRowView view)
        {
            Interlocked.Increment(ref _records);
            foreach (var (where, processor) in _processors)
            {
                if (where.Holds(view) && !processor.Apply(view))
                {
                    Interlocked.Increment(ref _dropped);
                    return false;
                }
            }

            return true;
        }

        // Attributes of OTLP are labels with underscores.
        private static string StreamLabel(LogBatch batch, AttributeRange range, string name)
        {
            for (var i = range.Start; i < range.Start + range.Count; i++)
            {
                if (IsLabel(batch.AttributeKey(i), name) && batch.AttributeTypeOf(i) == AttributeType.String)
                {
                    return System.Text.Encoding.UTF8.GetString(batch.AttributeBytes(i));
                }
            }

            return string.Empty;
        }

        private static bool IsLabel(ReadOnlySpan<byte> key, string name)
        {
            if (key.Length != name.Length)
            {
                return false;
            }

            for (var i = 0; i < key.Length; i++)
            {
                if (key[i] != name[i] && !(name[i] == '_' && !char.IsAsciiLetterOrDigit((char)key[i])))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
