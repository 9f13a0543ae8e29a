using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
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
    private volatile SourceRateLimit _logRate = SourceRateLimit.None;
    private volatile OtlpTranslator _otlp = new(OtlpMetricOptions.Default);
    private readonly SeenFamilies _seen = new();

    /// <summary>The limits in force.</summary>
    public IngestLimits Limits { get; } = limits;

    /// <summary>How OTLP metrics become series; may be changed while requests come in, which then finish with what they began with.</summary>
    public OtlpMetricOptions Otlp
    {
        get => _otlp.Options;
        set => _otlp = new OtlpTranslator(value);
    }

    /// <summary>How many logs one sender may send; may be changed while requests come in.</summary>
    public SourceRateLimit LogRate
    {
        get => _logRate;
        set => _logRate = value;
    }

    /// <summary>Takes an <c>ExportMetricsServiceRequest</c>.</summary>
    public AppendResult OtlpMetrics(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = MetricBatch.Rent();
        batch.Sender = NameOf(source);
        var otlp = _otlp;
        using var decoder = new OtlpMetricsDecoder(otlp.Families, otlp.Options, deltas, Limits);
        var rejections = new Rejections();
        decoder.Decode(body, batch, rejections, Now);
        return Close(HasMetrics(batch) ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes an <c>ExportLogsServiceRequest</c>.</summary>
    public AppendResult OtlpLogs(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        batch.Receiver = source.Receiver;
        var rejections = new Rejections();
        OtlpLogsDecoder.Decode(body, batch, rejections, Limits, Now);
        LogIntake.Admit(source, LogRate, batch.Count, body.Length);
        return Close(batch.Count > 0 ? sink.Append(batch) : default, rejections, source, "stream_limit");
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
        batch.Sender = NameOf(source);
        var rejections = new Rejections();
        RemoteWriteDecoder.Decode(body, batch, rejections, Limits);
        return Close(HasMetrics(batch) ? sink.Append(batch) : default, rejections, source);
    }

    /// <summary>Takes an <c>io.prometheus.write.v2.Request</c>.</summary>
    public RemoteWriteResult RemoteWrite2(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var floats = MetricBatch.Rent();
        using var histograms = MetricBatch.Rent();
        floats.Sender = histograms.Sender = NameOf(source);
        var rejections = new Rejections();
        using var decoder = new RemoteWrite2Decoder(floats, histograms, rejections, Limits, _seen);
        decoder.Decode(body);
        var samples = HasMetrics(floats) ? sink.Append(floats) : default;
        _seen.Add(decoder.NewFamilies);
        var native = HasMetrics(histograms) ? sink.Append(histograms) : default;
        return new RemoteWriteResult(Close(samples.And(native), rejections, source), samples.Stored, native.Stored, decoder.Exemplars);
    }

    /// <summary>Takes a push of Loki's API, as JSON or as <c>logproto.PushRequest</c>.</summary>
    public AppendResult LokiPush(ReadOnlySpan<byte> body, bool json, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        batch.Receiver = source.Receiver;
        var rejections = new Rejections();
        if (json)
        {
            LokiJsonDecoder.Decode(body, batch, rejections, Limits, Now);
        }
        else
        {
            LokiProtoDecoder.Decode(body, batch, rejections, Limits, Now);
        }

        LogIntake.Admit(source, LogRate, batch.Count, body.Length);
        return Close(batch.Count > 0 ? sink.Append(batch) : default, rejections, source, "stream_limit");
    }

    private long Now => OtlpTimes.NowUnixNano(time);

    /// <summary>Options and the names that were translated by them.</summary>
    private sealed record OtlpTranslator(OtlpMetricOptions Options)
    {
        public MetricFamilies Families { get; } = new(Options.Translation);
    }

    private static string NameOf(IngestSource source) => $"{source.Receiver} {source.Sender}";

    private static bool HasMetrics(MetricBatch batch) => batch.SampleCount + batch.Histograms.Count + batch.Exemplars.Count + batch.Metadata.Count > 0;

    private static AppendResult Close(AppendResult stored, Rejections rejections, IngestSource source, string limited = "series_limit")
    {
        rejections.CountIn(source);
        if (stored.Rejected > 0)
        {
            source.Reject(stored.SeriesLimited == stored.Rejected ? limited : "store", stored.Rejected, stored.FirstReason ?? "refused by the store");
        }

        source.StoredItems(stored.Stored);
        return new AppendResult(0, (int)Math.Min(rejections.Items, int.MaxValue), rejections.First).And(stored);
    }
}

/// <summary>What became of a remote write 2.0 request.</summary>
/// <param name="Items">Samples and histograms together.</param>
/// <param name="Samples">Float samples that were stored.</param>
/// <param name="Histograms">Native histograms that were stored.</param>
/// <param name="Exemplars">Exemplars that were taken.</param>
public readonly record struct RemoteWriteResult(AppendResult Items, int Samples, int Histograms, int Exemplars);
