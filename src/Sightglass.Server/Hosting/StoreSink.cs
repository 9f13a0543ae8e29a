using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Server.Hosting;

/// <summary>The end of the way in: metrics to one engine, logs and spans to the other.</summary>
internal sealed class StoreSink(IMetricStore metrics, IEventStore events) : IBatchSink
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
        var result = metrics.Append(batch);
        Interlocked.Add(ref _samples, result.Stored);
        return result;
    }

    public AppendResult Append(LogBatch batch)
    {
        var result = events.Append(batch);
        Interlocked.Add(ref _logs, result.Stored);
        return result;
    }

    public AppendResult Append(SpanBatch batch)
    {
        var result = events.Append(batch);
        Interlocked.Add(ref _spans, result.Stored);
        return result;
    }
}
