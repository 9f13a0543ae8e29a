using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using static Sightglass.Ingest.Tests.Otlp.ProtoText;

namespace Sightglass.Ingest.Tests.Otlp;

/// <summary>Decodes metrics requests and shows the series as texts.</summary>
internal sealed class MetricsRequest : IDisposable
{
    public const long NowNano = 1_700_000_000_000_000_000;

    private readonly OtlpMetricsDecoder _decoder;

    public MetricsRequest(IngestLimits? limits = null, DeltaAccumulator? deltas = null, OtlpMetricOptions? options = null) => _decoder =
        new OtlpMetricsDecoder(new MetricFamilies((options ?? WithScope).Translation), options ?? WithScope, deltas ?? new DeltaAccumulator(TimeProvider.System), limits ?? IngestLimits.Default);

    /// <summary>The defaults with the scope's labels.</summary>
    public static OtlpMetricOptions WithScope { get; } = new() { PromoteScopeMetadata = true };

    public MetricBatch Batch { get; } = new();

    public Rejections Rejected { get; private set; } = new();

    /// <summary>The samples as <c>labels value</c>, sorted, without those of target_info.</summary>
    public IReadOnlyList<string> Samples =>
    [
        .. Enumerable.Range(0, Batch.SampleCount)
            .Select(i => $"{LabelSet.FromKey(Batch.SeriesKey(Batch.SampleSeries[i]))} {(SpecialValues.IsStale(Batch.SampleValues[i]) ? "stale" : Batch.SampleValues[i])}")
            .Where(static s => !s.StartsWith("target_info", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    /// <summary>A request of one resource and scope with these metrics.</summary>
    public static byte[] Of(params byte[][] metrics) => Of([], [], metrics);

    public static byte[] Of(byte[][] resourceAttributes, byte[] scope, params byte[][] metrics) =>
        Bytes(1, Message(
            Bytes(1, Message(resourceAttributes)),
            Bytes(2, Message([Bytes(1, scope), .. metrics.Select(static m => Bytes(2, m))]))));

    public static byte[] Metric(string name, string unit, int kind, params byte[][] data) =>
        Message(Text(1, name), Text(2, $"help of {name}"), Text(3, unit), Bytes(kind, Message(data)));

    /// <summary>A number point without attributes, at a second after the start.</summary>
    public static byte[] Number(double value, int second = 0, params byte[][] more) =>
        Bytes(1, Message([Fixed64(3, Time(second)), Double(4, value), .. more]));

    public static long Time(int second) => NowNano - 1_000_000_000_000 + (second * 1_000_000_000L);

    public MetricsRequest Decode(byte[] request)
    {
        Batch.Clear();
        Rejected = new Rejections();
        _decoder.Decode(request, Batch, Rejected, NowNano);
        return this;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        Batch.Dispose();
    }
}
