using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Shop.Telemetry;

/// <summary>Traces, metrics and logs of a process, sent by OTLP. The host's disposal flushes all three.</summary>
internal static class TelemetrySetup
{
    private const int MetricIntervalMs = 5_000;
    private const int BatchDelayMs = 1_000;
    private const int ExportTimeoutMs = 3_000;

    public static void AddTelemetry(this IHostApplicationBuilder builder, ShopOptions options)
    {
        var resource = ResourceBuilder.CreateDefault()
            .AddService(
                options.ServiceName,
                serviceVersion: Assembly.GetExecutingAssembly().GetName().Version?.ToString(3),
                serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}")
            .AddAttributes([new("deployment.environment.name", "demo"), new("host.name", Environment.MachineName)]);

        builder.Services.AddMetrics();
        builder.Services.AddSingleton<ShopMetrics>();
        builder.Services.AddSingleton(_ => BuildTracerProvider(options, resource));
        builder.Services.AddSingleton(_ => BuildMeterProvider(options, resource));

        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Shop", LogLevel.Debug);
        // A log record has its trace in fields of its own: no need for it in the scopes too.
        builder.Logging.Configure(logging => logging.ActivityTrackingOptions = ActivityTrackingOptions.None);
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.SetResourceBuilder(resource);
            logging.IncludeScopes = true;
            logging.ParseStateValues = true;
            logging.IncludeFormattedMessage = true;
            logging.AddOtlpExporter((exporter, processor) =>
            {
                SendTo(exporter, options, "v1/logs");
                processor.BatchExportProcessorOptions.ScheduledDelayMilliseconds = BatchDelayMs;
            });
        });
    }

    /// <summary>Makes the providers listen; without anybody asking for them they would not exist.</summary>
    public static void StartTelemetry(this IServiceProvider services)
    {
        services.GetRequiredService<TracerProvider>();
        services.GetRequiredService<MeterProvider>();
        services.GetRequiredService<ShopMetrics>();
    }

    private static TracerProvider BuildTracerProvider(ShopOptions options, ResourceBuilder resource) =>
        Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", "System.Net.Http", ShopActivity.SourceName)
            .AddOtlpExporter(exporter =>
            {
                SendTo(exporter, options, "v1/traces");
                exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = BatchDelayMs;
            })
            .Build();

    private static MeterProvider BuildMeterProvider(ShopOptions options, ResourceBuilder resource) =>
        Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Runtime", ShopMetrics.MeterName)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddOtlpExporter((exporter, reader) =>
            {
                SendTo(exporter, options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = MetricIntervalMs;
            })
            .Build();

    private static void SendTo(OtlpExporterOptions exporter, ShopOptions options, string path)
    {
        exporter.Protocol = options.OtlpProtocol;
        exporter.TimeoutMilliseconds = ExportTimeoutMs;
        // An endpoint set in code is taken as it is: over HTTP each signal has a path of its own.
        exporter.Endpoint = options.OtlpProtocol == OtlpExportProtocol.Grpc
            ? options.Otlp
            : new Uri(options.Otlp.ToString().TrimEnd('/') + "/" + path);
    }
}
