using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline;
using Sightglass.Ingest.Pipeline.Redaction;

namespace Sightglass.Benchmarks.Micro;

/// <summary>
/// What the redaction of well-known secrets costs a line: batches of 2,000 lines without secrets, decoded as OTLP does (a resource, a body, five attributes), and
/// lines that are redacted. Bytes allocated for a line without secrets have to be none.
/// </summary>
[MemoryDiagnoser]
public class RedactBenchmarks
{
    private const int Lines = 2000;

    private readonly LogBatch _batch = new();
    private readonly long[] _counts = new long[SecretRules.Count];
    private readonly CompiledPipelines _personal = new(
        new PipelineConfiguration { Logs = [new LogPipelineConfiguration("all", [], [], [new RedactConfiguration { Cards = true, Emails = true }])] }, new LogMetrics(TimeProvider.System));

    private readonly LogRowView _view = new();
    private byte[] _secret = [];

    /// <summary>What the lines are like: plain sentences, lines with addresses and words that announce a secret where there is none, access logs.</summary>
    [Params("plain", "addresses", "access")]
    public string Shape { get; set; } = "plain";

    [GlobalSetup]
    public void SetUp()
    {
        _batch.AddAttribute("service.name"u8, AttributeType.String, "checkout"u8);
        _batch.AddAttribute("host.name"u8, AttributeType.String, "node-17.example"u8);
        _batch.EndResource(ResourceKind.Otlp);
        var random = new Random(11);
        for (var i = 0; i < Lines; i++)
        {
            var text = Shape switch
            {
                "plain" => $"request {random.Next():x8} of user {random.Next(100000)} handled by worker-{random.Next(64)} in {random.Next(1000)} ms, {random.Next(1 << 20)} bytes written to the cache, queue is {random.Next(100)} long",
                "addresses" => $"calling https://api-{random.Next(10)}.example.com/v1/orders/{random.Next()}?page={random.Next(100)} failed after {random.Next(1000)} ms: password expired for service account, secretary notified",
                _ => $"10.0.{random.Next(256)}.{random.Next(256)} - - [21/Nov/2026:10:00:00 +0000] \"GET /static/js/app.{random.Next():x8}.js HTTP/1.1\" 200 {random.Next(1 << 20)} \"https://shop.example.com/cart\" \"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"",
            };
            _batch.AddAttribute("http.request.method"u8, AttributeType.String, "GET"u8);
            _batch.AddAttribute("http.route"u8, AttributeType.String, "/v1/orders/{id}"u8);
            _batch.AddAttribute("http.response.status_code"u8, AttributeType.Int, 200);
            _batch.AddAttribute("thread.name"u8, AttributeType.String, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"worker-{i % 64}")));
            _batch.AddAttribute("code.function.name"u8, AttributeType.String, "Shop.Checkout.Handle"u8);
            _batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, SeverityNumber = 9, BodyType = AttributeType.String, BodyBits = _batch.AddText(text).Packed });
        }

        _secret = Encoding.UTF8.GetBytes("connect postgres://app:s3cr3t@db-1.example:5432/shop as AKIAIOSFODNN7EXAMPLE, Authorization: Bearer abcdefghijklmnop0123456789 sent");
    }

    [Benchmark(OperationsPerInvoke = Lines)]
    public long RedactNothing()
    {
        SecretRedactor.Redact(_batch, _counts);
        return _counts[0];
    }

    [Benchmark]
    public int RedactThreeSecrets() => SecretRedactor.Clean(_secret, _counts)!.Length;

    [Benchmark(OperationsPerInvoke = Lines)]
    public int RedactCardsAndEmails()
    {
        _view.Use(_batch, _personal.Counters.Count);
        _personal.Run(_view);
        return _batch.Count;
    }
}
