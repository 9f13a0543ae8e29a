using System.Text;

namespace Sightglass.Web.Tests;

/// <summary>A server with ten thousand lines, a trace of ten thousand spans and a histogram with an exemplar.</summary>
public sealed class ExploreFixture : IAsyncLifetime
{
    public const int Lines = 10_000;
    public const int Spans = 10_000;
    public const string BigTrace = "feedfeedfeedfeedfeedfeedfeedfeed";

    private const int LinesPerPost = 2_500;

    public BrowserFixture Browser { get; } = new();

    /// <summary>When the newest of the lines was said.</summary>
    public long NewestMilliseconds { get; private set; }

    public async Task InitializeAsync()
    {
        await Browser.InitializeAsync();
        if (!File.Exists(BrowserFixture.Chromium))
        {
            return;
        }

        NewestMilliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000;
        for (var from = 0; from < Lines; from += LinesPerPost)
        {
            var records = Enumerable.Range(from, LinesPerPost).Select(index => Record(
                NewestMilliseconds - (Lines - 1 - index),
                index == 5_000 ? "disk is full" : $"request {index} finished in {index % 97} ms",
                index == 5_000 ? "ERROR" : "INFO",
                index % 4 == 0 ? "eu" : "us"));
            await PostLines("bulk", records);
        }

        // A small service of its own, so that the lines around one line are known by heart.
        await PostLines("steps", Enumerable.Range(0, 60).Select(index => Record(NewestMilliseconds - 60_000 + (index * 1000), $"step number {index}", index % 2 == 0 ? "INFO" : "DEBUG", "eu")));
        await Browser.Post("/v1/traces", BigTraceBody(NewestMilliseconds));
        for (var minute = 3; minute >= 0; minute--)
        {
            await Browser.Post("/v1/metrics", HistogramBody(NewestMilliseconds - (minute * 15_000), 10 * (4 - minute)));
        }
    }

    public Task DisposeAsync() => Browser.DisposeAsync();

    public Task PostLines(string service, IEnumerable<string> records) => Browser.Post("/v1/logs", $$"""
        {"resourceLogs":[{"resource":{{Resource(service)}},"scopeLogs":[{"logRecords":[{{string.Join(',', records)}}]}]}]}
        """);

    public static string Record(long milliseconds, string text, string level, string zone) => $$$"""
        {"timeUnixNano":"{{{milliseconds}}}000000","severityNumber":{{{(level == "ERROR" ? 17 : level == "DEBUG" ? 5 : 9)}}},"severityText":"{{{level}}}","body":{"stringValue":"{{{text}}}"},"attributes":[{"key":"zone","value":{"stringValue":"{{{zone}}}"}}]}
        """;

    private static string Resource(string service) => $$$"""{"attributes":[{"key":"service.name","value":{"stringValue":"{{{service}}}"}}]}""";

    private static string BigTraceBody(long now)
    {
        var spans = new StringBuilder();
        for (var index = 0; index < Spans; index++)
        {
            // A root, a hundred below it, and about a hundred below each of these.
            var parent = index == 0 ? null : index <= 100 ? Id(0) : Id(1 + (index % 100));
            var start = now + (index / 100);
            spans.Append(index == 0 ? string.Empty : ",").Append($$"""
                {"traceId":"{{BigTrace}}","spanId":"{{Id(index)}}",{{(parent is null ? string.Empty : $"\"parentSpanId\":\"{parent}\",")}}"name":"work {{index}}","kind":1,"startTimeUnixNano":"{{start}}000000","endTimeUnixNano":"{{(index == 0 ? now + 1000 : start + 5)}}000000"}
                """);
        }

        return $$"""{"resourceSpans":[{"resource":{{Resource("bulk")}},"scopeSpans":[{"spans":[{{spans}}]}]}]}""";
    }

    private static string Id(int index) => (index + 1).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private static string HistogramBody(long now, int count) => $$$"""
        {"resourceMetrics":[{"resource":{{{Resource("checkout")}}},"scopeMetrics":[{"metrics":[{"name":"pay.duration","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
        {"startTimeUnixNano":"{{{now - 600_000}}}000000","timeUnixNano":"{{{now}}}000000","count":"{{{count}}}","sum":{{{count}}},"bucketCounts":["{{{count / 2}}}","{{{count / 2}}}","0"],"explicitBounds":[0.5,2],
        "exemplars":[{"timeUnixNano":"{{{now - 1000}}}000000","asDouble":1.25,"traceId":"{{{BrowserFixture.TraceId}}}","spanId":"0123456789abcdef"}]}]}}]}]}]}
        """;
}
