using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Alerting.Sla;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Api.Alerting.Changes;
using Sightglass.Server.Api.Logs;
using Sightglass.Server.Api.LogInsight;
using Sightglass.Server.Api.Loki;
using Sightglass.Server.Api.Otlp;
using Sightglass.Server.Api.Own;
using Sightglass.Server.Api.People;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Api.Prometheus.RemoteRead;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Api.Tempo;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Hosting;

/// <summary>The listening process: each port with routes of its own, so that a port answers nothing but what belongs on it.</summary>
internal sealed class SightglassServer : IAsyncDisposable
{
    private static Task<HttpServer>? _ahead;

    private readonly Engines _engines;
    private readonly ConfigurationReload _reload;
    private readonly HttpServer _http;
    private readonly IdleMemory _memory;

    private SightglassServer(Engines engines, ConfigurationReload reload, HttpServer http)
    {
        _http = http;
        _memory = new IdleMemory(engines.Time, http.Release);
        _engines = engines;
        _reload = reload;
    }

    /// <summary>Where it listens.</summary>
    public required ListenAddresses Addresses { get; init; }

    /// <summary>Reads the configuration again and puts it in force; null, or why the one before stays.</summary>
    public Task<string?> ReloadAsync() => _reload.RunAsync();

    /// <summary>Puts the web server of the first start together meanwhile: a good part of a start, which needs nothing of the configuration.</summary>
    public static void Prepare() =>
        _ahead = Task.Factory.StartNew(static () => new HttpServer(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Opens the stores, listens, and starts what acts on its own. <paramref name="read"/> reads the configuration again;
    /// <paramref name="quit"/> is called when somebody asks the process to end.
    /// </summary>
    public static async Task<SightglassServer> StartAsync(ServerConfiguration configuration, TimeProvider time, Func<ServerConfiguration>? read = null, Action? quit = null)
    {
        var http = ListenAddress.Bind(configuration.Listen);
        var grpc = ListenAddress.Bind(configuration.OtlpGrpc);
        var otlp = ListenAddress.Bind(configuration.OtlpHttp);
        var listen = new ListenAddresses((IPEndPoint)http.LocalEndPoint!, (IPEndPoint)grpc.LocalEndPoint!, (IPEndPoint)otlp.LocalEndPoint!);
        var httpPort = new HttpPort(http, HttpProtocols.Http1);
        var grpcPort = new HttpPort(grpc, HttpProtocols.Http2);
        var otlpPort = new HttpPort(otlp, HttpProtocols.Http1);
        var listening = Task.Run(() => ListenAsync([httpPort, grpcPort, otlpPort]));
        FirstStore? first = null;
        Engines? engines = null;
        ConfigurationReload? reload = null;
        try
        {
            var log = StandardErrorLog.Instance.CreateLogger("Sightglass");
            first = FirstStore.Open(configuration, time, message => log.LogWarning("{Message}", message));
            WebUi.Use(httpPort);
            AnswerCompression.Use(httpPort);
            PrometheusApi.Map(httpPort.First, first.PromQL, first.Metrics, first.Limits, time, first.QueryLog);
            httpPort.OpenFirst();
            if (configuration.RemoteRead is [])
            {
                // When other servers answer nobody knows.
                WarmQueries.AskFirst(first.PromQL, first.Metrics, time);
            }

            engines = Engines.Open(configuration, first, listen.HttpUri, time, log);
            reload = new ConfigurationReload(read ?? (() => configuration), engines);
            await engines.BindReceiversAsync();
            MapHttp(httpPort.Routes, engines, listen, reload, quit ?? (static () => { }));
            OtlpGrpcApi.Map(grpcPort.Routes, engines.Pushes);
            OtlpHttpApi.Map(otlpPort.Routes, engines.Pushes);
            var server = await listening;
            httpPort.Open();
            grpcPort.Open();
            otlpPort.Open();
            await engines.OpenHttpPortsAsync(new LogPorts(engines));
            await engines.StartAsync();
            WarmQueries.Run(engines.PromQL, time);
            return new SightglassServer(engines, reload, server) { Addresses = listen };
        }
        catch
        {
            await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (listening.IsCompletedSuccessfully)
            {
                await (await listening).DisposeAsync();
            }

            reload?.Dispose();
            if (engines is not null)
            {
                await engines.DisposeAsync();
            }
            else
            {
                first?.Dispose();
            }

            throw;
        }
    }

    private static async Task<HttpServer> ListenAsync(IReadOnlyList<HttpPort> ports)
    {
        var server = Interlocked.Exchange(ref _ahead, null) is { } ahead ? await ahead : new HttpServer();
        try
        {
            await server.StartAsync(ports);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _memory.Dispose();
        await _http.DisposeAsync();

        if (_engines.HttpPorts is { } ports)
        {
            await ports.DisposeAsync();
        }

        _reload.Dispose();
        await _engines.DisposeAsync();
    }

    private static void MapHttp(RouteTable app, Engines engines, ListenAddresses listen, ConfigurationReload reload, Action quit)
    {
        var (limits, time) = (engines.QueryLimits, engines.Time);
        PrometheusRoutes.MapUnknown(app);
        TargetsApi.Map(app, engines.Scraper, engines.Metrics);
        StatusEndpoints.Map(app, engines, listen);
        FederationApi.Map(app, engines.Metrics, limits, time, () => engines.Configuration.ExternalLabels);
        RemoteReadApi.Map(app, engines.Metrics, engines.Pushes, limits, () => engines.Configuration.ExternalLabels);
        LifecycleApi.Map(app, engines.Configuration.EnableLifecycle, reload.RunAsync, quit);
        AdminApi.Map(app, engines.Configuration.EnableAdminApi, engines.Metrics, engines.Snapshots);
        LokiDeletionApi.Map(app, engines.Configuration.EnableAdminApi, engines.Events, time);
        LokiApi.Map(app, engines.LogQL, limits, time);
        LokiProbes.Map(app, () => engines.Configuration, engines.Events.Flush);
        LokiLegacyApi.Map(app, engines.LogQL, limits, time);
        LokiTail.Map(app, engines.LogQL, limits, time);
        LokiRulesApi.Map(app, engines.Rules, engines.WrittenRules);
        LokiInsightApi.Map(app, engines.LogInsights, limits, time);
        LogInsightApi.Map(app, engines.LogInsights, limits, time);
        TempoApi.Map(app, engines.TraceQL, engines.Events, limits, time);
        OtlpHttpApi.Map(app, engines.Pushes);
        PushApi.Map(app, engines.Pushes);
        LogRoutes.Map(app, engines.Pushes, engines.LogReceiver);
        PushgatewayApi.Map(app, engines.Pushes, engines.Pushgateway);
        NotificationsApi.Map(app, engines.Notifications);
        TimelineApi.Map(app, engines.Timeline);
        NoiseApi.Map(app, engines.Timeline, time);
        ChangesApi.Map(app, engines.Timeline, engines.Dispatcher, new ChangeFinder(engines.Timeline, engines.PromQL, engines.LogQL, engines.LogInsights, engines.TraceQL, time), time);
        BacktestApi.Map(app, new EngineHistory(engines.PromQL, engines.LogQL, new TraceQLRuleEngine(engines.TraceQL)), () => engines.Configuration, engines.Rules, time);
        AlertDetailApi.Map(app, engines.Timeline, engines.Rules, engines.Dispatcher, () => engines.Configuration.ExternalLabels, time);
        StatusApi.Map(app, engines, listen);
        CardinalityApi.Map(app, engines.Metrics, engines.Time);
        MetricsEndpoint.Map(app, engines);
        RulesApi.Map(app, engines.Rules);
        RuleDetailsApi.Map(app, engines.Rules);
        SlaApi.Map(app, () => engines.Configuration.Slas, new SlaEvaluator(engines.PromQL, engines.LogQL, engines.TraceQL), time);
        SloApi.Map(app, () => engines.FoundSlos.All, new PromQLRuleEngine(engines.PromQL), time);
        AlertmanagerApi.Map(app, engines.Dispatcher, time);
        AcknowledgementsApi.Map(app, engines.Dispatcher, time);
        IncidentWebhooks.Map(app, engines.Dispatcher, time);
        AcknowledgePage.Map(app, engines.Dispatcher, engines.Links, time);
        EscalationsApi.Map(app, engines.Dispatcher);
        OnCallApi.Map(app, () => engines.Configuration.Escalation, engines.Overrides, time);
    }
}

/// <summary>The addresses in use.</summary>
internal sealed record ListenAddresses(IPEndPoint Http, IPEndPoint OtlpGrpc, IPEndPoint OtlpHttp)
{
    /// <summary>Where people on this machine reach the web UI.</summary>
    public Uri HttpUri => UriOf(Http);

    /// <summary>An address to connect to: loopback where every interface is listened on.</summary>
    public static Uri UriOf(IPEndPoint endPoint) =>
        new($"http://{(endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.Loopback, endPoint.Port) : endPoint)}/");
}
