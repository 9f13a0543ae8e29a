using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Otlp;

/// <summary>OpenTelemetry's own examples in JSON, read back field by field.</summary>
public sealed class ConformanceTests : IBatchSink
{
    private const long Time = 1544712660300000000;

    private readonly InMemoryEventStore _events = new();
    private readonly List<string> _samples = [];
    private readonly List<(string Series, NativeHistogram Histogram)> _histograms = [];
    private readonly List<MetricMetadata> _metadata = [];

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            batch.SampleTimestampsMs[i].ShouldBe(Time / 1_000_000);
            _samples.Add($"{LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i]))} {batch.SampleValues[i]}");
        }

        _histograms.AddRange(batch.Histograms.Select(h => (LabelSet.FromKey(batch.SeriesKey(h.Series)).ToString(), h.Histogram)));
        _metadata.AddRange(batch.Metadata);
        return AppendResult.All(batch.SampleCount + batch.Histograms.Count);
    }

    public AppendResult Append(LogBatch batch) => _events.Append(batch);

    public AppendResult Append(SpanBatch batch) => _events.Append(batch);

    [SharedFact]
    public void Metrics()
    {
        Send("metrics.json", OtlpJsonMessage.Metrics, static (r, b, s) => r.OtlpMetrics(b, s)).ShouldBe(AppendResult.All(7));
        const string Scope = "job=\"my.service\", {0}otel_scope_my_scope_attribute=\"some scope attribute\", otel_scope_name=\"my.library\", otel_scope_version=\"1.0.0\"";
        string Labels(string attribute) => Scope.Replace("{0}", $"{attribute}=\"some value\", ", StringComparison.Ordinal);
        string Bucket(string le) => Labels("my_histogram_attr").Replace("my_histogram_attr", $"le=\"{le}\", my_histogram_attr", StringComparison.Ordinal);
        _samples.Order(StringComparer.Ordinal).ShouldBe(new[]
        {
            $"my_counter_total{{{Labels("my_counter_attr")}}} 5",
            $"my_gauge_ratio{{{Labels("my_gauge_attr")}}} 10",
            $"my_histogram_bucket{{{Bucket("+Inf")}}} 2",
            $"my_histogram_bucket{{{Bucket("1")}}} 1",
            $"my_histogram_count{{{Labels("my_histogram_attr")}}} 2",
            $"my_histogram_sum{{{Labels("my_histogram_attr")}}} 2",
        }.Order(StringComparer.Ordinal));
        var (series, histogram) = _histograms.ShouldHaveSingleItem();
        series.ShouldBe($"my_exponential_histogram{{{Labels("my_exponential_histogram_attr")}}}");
        (histogram.Schema, histogram.Count, histogram.Sum, histogram.ZeroCount).ShouldBe((0, 3, 10, 1));
        histogram.PositiveSpans.ShouldBe([new BucketSpan(3, 1)]);
        histogram.PositiveBuckets.ShouldBe([2]);
        _metadata.ShouldContain(new MetricMetadata("my_counter_total", MetricType.Counter, "I am a Counter", "1"));
        _metadata.ShouldContain(new MetricMetadata("my_exponential_histogram", MetricType.Histogram, "I am an Exponential Histogram", "1"));
    }

    [SharedFact]
    public void Logs()
    {
        Send("logs.json", OtlpJsonMessage.Logs, static (r, b, s) => r.OtlpLogs(b, s)).ShouldBe(AppendResult.All(1));
        var page = Only(
            EventSignal.Logs, EventFields.Time, EventFields.ObservedTime, EventFields.SeverityNumber, EventFields.SeverityText,
            EventFields.TraceId, EventFields.SpanId, EventFields.Body);
        Fields(page).ShouldBe(
        [
            $"{Time}", $"{Time}", "10", "Information",
            Convert.ToBase64String(Convert.FromHexString("5B8EFFF798038103D269B633813FC60C")),
            Convert.ToBase64String(Convert.FromHexString("EEE19B7EC3C1B174")), "Example log record",
        ]);
        page.Attributes.Select(static a => $"{a.Key} {a.Column.Value(0).Type} {a.Column.Value(0)}").Order(StringComparer.Ordinal).ShouldBe(
        [
            "array.attribute Composite [\"many\",\"values\"]", "boolean.attribute Bool true", "double.attribute Double 637.704", "int.attribute Int 10",
            "map.attribute Composite {\"some.map.key\":\"some value\"}", "string.attribute String some string",
        ]);
        ShouldHaveResourceAndScope(page);
    }

    [SharedFact]
    public void Events()
    {
        Send("events.json", OtlpJsonMessage.Logs, static (r, b, s) => r.OtlpLogs(b, s)).ShouldBe(AppendResult.All(1));
        var page = Only(EventSignal.Logs, EventFields.EventName, EventFields.SeverityText, EventFields.Body);
        Fields(page).ShouldBe(
        [
            "browser.page_view", "test severity text",
            "{\"type\":0,\"url\":\"https://www.guidgenerator.com/online-guid-generator.aspx\",\"referrer\":\"https://wwww.google.com\",\"title\":\"Free Online GUID Generator\"}",
        ]);
        ShouldHaveResourceAndScope(page);
    }

    [SharedFact]
    public void Spans()
    {
        Send("trace.json", OtlpJsonMessage.Traces, static (r, b, s) => r.OtlpTraces(b, s)).ShouldBe(AppendResult.All(1));
        var page = Only(
            EventSignal.Spans, EventFields.Time, EventFields.Duration, EventFields.Name, EventFields.Kind, EventFields.TraceId, EventFields.SpanId, EventFields.ParentSpanId);
        Fields(page).ShouldBe(
        [
            "1544712660000000000", "1000000000", "I'm a server span", "2",
            Convert.ToBase64String(Convert.FromHexString("5B8EFFF798038103D269B633813FC60C")),
            Convert.ToBase64String(Convert.FromHexString("EEE19B7EC3C1B174")), Convert.ToBase64String(Convert.FromHexString("EEE19B7EC3C1B173")),
        ]);
        page.Attributes.ShouldHaveSingleItem().Column.Value(0).ToString().ShouldBe("some value");
        ShouldHaveResourceAndScope(page);
    }

    private static IEnumerable<string> Fields(EventPage page) => page.Columns.Select(static c => c.Value(0).ToString());

    private static void ShouldHaveResourceAndScope(EventPage page)
    {
        page.Streams[0].Attributes.ShouldBe([new EventAttribute("service.name", AttributeValue.Of("my.service"))]);
        var scope = page.Scopes[0]!;
        (scope.Name, scope.Version).ShouldBe(("my.library", "1.0.0"));
        scope.Attributes.ShouldBe([new EventAttribute("my.scope.attribute", AttributeValue.Of("some scope attribute"))]);
    }

    private AppendResult Send(string file, OtlpJsonMessage message, Func<PushReceiver, byte[], IngestSource, AppendResult> take)
    {
        var json = File.ReadAllText(SharedInput.PathOf($"conformance/otlp/{file}"));
        using var protobuf = OtlpJsonTranscoder.ToProtobuf(Encoding.UTF8.GetBytes(json), message, IngestLimits.Default);
        var receiver = new PushReceiver(this, new DeltaAccumulator(TimeProvider.System), IngestLimits.Default, TimeProvider.System) { Otlp = MetricsRequest.WithScope };
        return take(receiver, protobuf.Written.ToArray(), new IngestLedger(TimeProvider.System).Source("otlp_http", "test"));
    }

    private EventPage Only(EventSignal signal, params string[] fields)
    {
        using var cursor = _events.Query(
            new EventPlan
            {
                Signal = signal,
                MinTimeUnixNano = 0,
                MaxTimeUnixNano = long.MaxValue,
                Columns = [.. fields.Select(ColumnRef.Field)],
                AllAttributes = true,
            },
            CancellationToken.None);
        cursor.Next().ShouldBeTrue();
        cursor.Page.Count.ShouldBe(1);
        return cursor.Page;
    }
}
