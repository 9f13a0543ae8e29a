using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Tests.Scrape;

/// <summary>Reads answers as a target does, without the network, and keeps the batch.</summary>
internal sealed class AnswerHost(ScrapeConfiguration configuration)
{
    private readonly MetricFamilies _families = new();
    private SampleAppender? _appender;
    private long _at = 1_000_000;

    public MetricBatch Batch { get; } = new();

    public SampleAppender Appender => _appender ??= new SampleAppender(configuration, LabelSet.Of("job", "j"), IngestLimits.Default);

    /// <summary>The samples of the last answer as text, sorted: <c>series value[@timestamp]</c>.</summary>
    public string[] Samples
    {
        get
        {
            var lines = new List<string>();
            for (var i = 0; i < Batch.SampleCount; i++)
            {
                var at = Batch.SampleTimestampsMs[i];
                lines.Add(FormattableString.Invariant($"{Series(Batch.SampleSeries[i])} {Batch.SampleValues[i]}{(at == _at ? string.Empty : $"@{at}")}"));
            }

            return [.. lines.Order(StringComparer.Ordinal)];
        }
    }

    public (string Series, NativeHistogram Histogram)[] Histograms => [.. Batch.Histograms.Select(h => (Series(h.Series), h.Histogram))];

    public string[] Exemplars => [.. Batch.Exemplars.Select(e => FormattableString.Invariant($"{Series(e.Series)} {e.Labels} {e.Value}{(e.TimestampMs == _at ? string.Empty : $"@{e.TimestampMs}")}"))];

    public AnswerHost Text(string text, bool openMetrics = false) => Read(() => new TextAnswer(Appender, _families).Read(System.Text.Encoding.UTF8.GetBytes(text), openMetrics));

    public AnswerHost Protobuf(byte[] body) => Read(() => new ProtobufAnswer(Appender, _families, configuration).Read(body));

    private AnswerHost Read(Action read)
    {
        _at += 15_000;
        Batch.Clear();
        Appender.Begin(Batch, _at);
        _families.Begin();
        read();
        Appender.End();
        _families.End(Batch);
        Appender.Cache.End(Batch, _at);
        return this;
    }

    private string Series(int series) => LabelSet.FromKey(Batch.SeriesKey(series)).Without("job").ToString();
}
