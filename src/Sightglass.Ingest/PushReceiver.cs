using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Loki;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;

namespace Sightglass.Ingest;

/// <summary>
/// Takes decompressed bodies of every protocol that is pushed to us, decodes them, hands them to the sink and counts in the ledger what became
/// of them. Thread-safe. A body that does not parse is <see cref="Core.Errors.MalformedInputException"/>, one over a limit
/// <see cref="Core.Errors.LimitExceededException"/>; single items that are refused are counted in the result.
/// </summary>
public sealed class PushReceiver(IBatchSink sink, DeltaAccumulator deltas, IngestLimits limits, TimeProvider time)
{
    private readonly MetricFamilies _families = new();

    /// <summary>The limits in force.</summary>
    public IngestLimits Limits { get; } = limits;

    /// <summary>Takes an <c>ExportMetricsServiceRequest</c>.</summary>
    public AppendResult OtlpMetrics(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = MetricBatch.Rent();
        using var decoder = new OtlpMetricsDecoder(_families, deltas, Limits);
        var rejections = new Rejections();
        decoder.Decode(body, batch, rejections, Now);
        return Close(HasMetrics(batch) ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes an <c>ExportLogsServiceRequest</c>.</summary>
    public AppendResult OtlpLogs(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        var rejections = new Rejections();
        OtlpLogsDecoder.Decode(body, batch, rejections, Limits, Now);
        return Close(batch.Count > 0 ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes an <c>ExportTraceServiceRequest</c>.</summary>
    public AppendResult OtlpTraces(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = SpanBatch.Rent();
        var rejections = new Rejections();
        OtlpTracesDecoder.Decode(body, batch, rejections, Limits);
        return Close(batch.Count > 0 ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes a <c>prometheus.WriteRequest</c>.</summary>
    public AppendResult RemoteWrite(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = MetricBatch.Rent();
        var rejections = new Rejections();
        RemoteWriteDecoder.Decode(body, batch, rejections, Limits);
        return Close(HasMetrics(batch) ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes a push of Loki's API, as JSON or as <c>logproto.PushRequest</c>.</summary>
    public AppendResult LokiPush(ReadOnlySpan<byte> body, bool json, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        var rejections = new Rejections();
        if (json)
        {
            LokiJsonDecoder.Decode(body, batch, rejections, Limits, Now);
        }
        else
        {
            LokiProtoDecoder.Decode(body, batch, rejections, Limits, Now);
        }

        return Close(batch.Count > 0 ? sink.Append(batch) : default, rejections, source);
    }

    private long Now => OtlpTimes.NowUnixNano(time);

    private static bool HasMetrics(MetricBatch batch) => batch.SampleCount + batch.Histograms.Count + batch.Metadata.Count > 0;

    private static AppendResult Close(AppendResult stored, Rejections rejections, IngestSource source)
    {
        rejections.CountIn(source);
        if (stored.Rejected > 0)
        {
            source.Reject("store", stored.Rejected, stored.FirstReason ?? "refused by the store");
        }

        source.StoredItems(stored.Stored);
        return new AppendResult(0, (int)Math.Min(rejections.Items, int.MaxValue), rejections.First).And(stored);
    }
}
