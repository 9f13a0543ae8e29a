using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.Hosting;

/// <summary>The end of the way in: metrics to one engine, logs and spans to the other.</summary>
internal sealed class StoreSink(IMetricStore metrics, IEventStore events, Action<string, StorageFailedException> failed) : IBatchSink
{
    private long _samples;
    private long _logs;
    private long _spans;

    /// <summary>Samples stored since the start.</summary>
    public long Samples => Interlocked.Read(ref _samples);

    /// <summary>Log records stored since the start.</summary>
    public long Logs => Interlocked.Read(ref _logs);

    /// <summary>Spans stored since the start.</summary>
    public long Spans => Interlocked.Read(ref _spans);

    public AppendResult Append(MetricBatch batch)
    {
        var result = Append("metrics", metrics.Append, batch);
        Interlocked.Add(ref _samples, result.Stored);
        return result;
    }

    public AppendResult Append(LogBatch batch)
    {
        var result = Append("logs", events.Append, batch);
        Interlocked.Add(ref _logs, result.Stored);
        return result;
    }

    public AppendResult Append(SpanBatch batch)
    {
        var result = Append("traces", events.Append, batch);
        Interlocked.Add(ref _spans, result.Stored);
        return result;
    }

    private AppendResult Append<T>(string store, Func<T, AppendResult> append, T batch)
    {
        try
        {
            return append(batch);
        }
        catch (StorageFailedException e)
        {
            failed(store, e);
            throw;
        }
    }
}
