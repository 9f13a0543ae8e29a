using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>What an application writes to <see cref="ILogger"/> arrives through OpenTelemetry's SDK.</summary>
public sealed class LoggerTests
{
    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task A_logger_s_lines_arrive_with_level_category_and_values(OtlpExportProtocol protocol)
    {
        using var data = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(data.FullPath);
        var service = $"logger-{protocol}".ToLowerInvariant();
        using (var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.SetResourceBuilder(ResourceBuilder.CreateDefault().AddService(service));
            options.AddOtlpExporter(o =>
            {
                o.Protocol = protocol;
                o.Endpoint = protocol == OtlpExportProtocol.Grpc ? server.Grpc : new Uri(server.Otlp.BaseAddress!, "v1/logs");
            });
        })))
        {
            factory.CreateLogger("Shop.Orders").Log(LogLevel.Warning, new InvalidOperationException("no bread"), "order {Order} of {Customer} failed", 42, "Ann");
        }

        var line = (await server.LinesAsync($"{{service_name=\"{service}\"}} | Order=`42`", 1)).Single();
        line.Text.ShouldBe("order 42 of Ann failed");
        line.Labels["detected_level"].ShouldBe("warn");
        line.Labels["Customer"].ShouldBe("Ann");
        line.Labels["scope_name"].ShouldBe("Shop.Orders");
        line.Labels["exception_message"].ShouldBe("no bread");
    }
}
