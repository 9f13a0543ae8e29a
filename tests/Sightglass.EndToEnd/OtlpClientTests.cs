using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>The exporters of OpenTelemetry's own SDKs are satisfied, and what they sent is there.</summary>
public sealed class OtlpClientTests
{
    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Dotnet_sdk_exports(OtlpExportProtocol protocol)
    {
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        var service = $"dotnet-{protocol}".ToLowerInvariant();
        var resource = ResourceBuilder.CreateDefault().AddService(service);
        void Options(OtlpExporterOptions options, string path)
        {
            options.Protocol = protocol;
            options.Endpoint = protocol == OtlpExportProtocol.Grpc ? server.Grpc : new Uri(server.Otlp.BaseAddress!, path);
        }

        using var source = new ActivitySource(service);
        using var meter = new Meter(service);
        using (var tracing = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(service).AddOtlpExporter(o => Options(o, "v1/traces")).Build())
        using (var metering = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(service).AddOtlpExporter(o => Options(o, "v1/metrics")).Build())
        {
            meter.CreateCounter<long>("orders").Add(7, new KeyValuePair<string, object?>("method", "card"));
            using (var span = source.StartActivity("checkout", ActivityKind.Server))
            {
                span!.SetTag("order.id", 42);
                span.AddEvent(new ActivityEvent("paid"));
            }

            tracing.ForceFlush().ShouldBeTrue();
            metering.ForceFlush().ShouldBeTrue();
        }

        var metric = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString($"orders_total{{job=\"{service}\",method=\"card\"}}")}");
        metric.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString().ShouldBe("7");
        var traces = await server.GetAsync($"/tempo/api/search?q={Uri.EscapeDataString($"{{ resource.service.name = \"{service}\" && span.order.id = 42 && event:name = \"paid\" }}")}");
        traces.GetProperty("traces").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Javascript_sdk_exports()
    {
        var folder = Path.Combine(SharedInput.RepoRoot, "tests", "clients", "otlp-js");
        Directory.Exists(Path.Combine(folder, "node_modules")).ShouldBeTrue("test.sh runs npm ci there");
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        using var node = Process.Start(new ProcessStartInfo("node", ["send.mjs", server.Otlp.BaseAddress!.ToString().TrimEnd('/'), server.Grpc.ToString().TrimEnd('/')])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
        })!;
        var errors = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, errors);
        foreach (var kind in new[] { "http", "proto", "grpc" })
        {
            var metric = await server.GetAsync($"/api/v1/query?query={Uri.EscapeDataString($"js_calls_total{{job=\"js-{kind}\"}}")}");
            metric.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString().ShouldBe("3");
            var logs = await server.GetAsync($"/loki/api/v1/query_range?query={Uri.EscapeDataString($"{{service_name=\"js-{kind}\"}}")}");
            logs.GetProperty("data").GetProperty("result")[0].GetProperty("values")[0][1].GetString().ShouldBe($"hello from {kind}");
            var traces = await server.GetAsync($"/tempo/api/search?q={Uri.EscapeDataString($"{{ resource.service.name = \"js-{kind}\" }}")}");
            traces.GetProperty("traces").GetArrayLength().ShouldBe(1);
        }
    }
}
