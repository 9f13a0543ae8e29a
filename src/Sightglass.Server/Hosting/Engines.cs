using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.History;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Events;
using Sightglass.Ingest;
using Sightglass.Ingest.Aggregation;
using Sightglass.Ingest.Bodies;
using Sightglass.Ingest.Forward;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Pipeline;
using Sightglass.Ingest.Pushgateway;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Tail;
using Sightglass.Metrics;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Configuration;
using Sightglass.Server.State;

namespace Sightglass.Server.Hosting;

/// <summary>Everything behind the endpoints, made from the configuration and ended in the opposite order.</summary>
internal sealed class Engines : IAsyncDisposable
{
    private static readonly string[] ForwardSections = ["remote_write", "otlp_exporters"];

    private readonly FirstStore _first;
    private readonly StateDatabase _state;
    private readonly StateReserve _reserve;
    private readonly Watchdog _watchdog;
    private readonly ILogger _log;
    private readonly Uri _externalUrl;
    private readonly PushgatewayExposer _pushed;

    private Engines(ServerConfiguration configuration, FirstStore first, Uri externalUrl, TimeProvider time, ILogger log)
    {
        Configuration = configuration;
        Time = time;
        _first = first;
        _log = log;
        _externalUrl = externalUrl;
        LastReload = new ReloadState(true, time.GetUtcNow());
        _state = new StateDatabase(Path.Combine(first.Root, StateDatabase.FileName));
        Events = new EventStore(new EventStoreOptions
        {
            Folder = Path.Combine(first.Root, "events"),
            LogRetention = configuration.LogRetention,
            SpanRetention = configuration.TraceRetention,
            RetentionRules = configuration.RetentionRules.Events,
            DeletionFilter = CommandLine.SnapshotCommand.FilterOf,
            TimeProvider = time,
            Limits = IngestLimits,
            OnCorruption = e => Report(e.Message),
            OnBackgroundFailure = e => Report(e.Message),
        });
        StorageAlarm = new StorageAlarm(first.Root, TellOnceBuilt, () => Configuration.ExternalLabels, time);
        _state.Failed = e => StorageAlarm.Failed("state", e);
        _reserve = new StateReserve(_state, time);
        Sink = new StoreSink(Metrics, Events, StorageAlarm.Failed);
        Disk = new DiskRetention([Metrics, Events], first.Root, configuration.MaxDisk, time, Report);
        Snapshots = new SnapshotMaker(first.Root, Metrics, Events, _state, time);
        Forwarder = new Forwarder(Sink, configuration.RemoteWrite, Path.Combine(first.Root, "forward"), time, Report);
        MetricPipeline = new MetricPipeline(Forwarder, configuration.MetricPipeline, time, Report);
        Pipeline = new LogPipeline(MetricPipeline, configuration.Pipelines, time, Report);
        Ledger = new IngestLedger(time);
        Pushgateway = new PushgatewayStore(Path.Combine(first.Root, "pushgateway"), IngestLimits, time, Report);
        _pushed = new PushgatewayExposer(Pushgateway, MetricPipeline, Ledger.Source("scrape", "pushgateway"), configuration.ScrapeInterval, time, Report);
        LogQL = new LogQLEngine(Events, QueryLimits);
        LogInsights = new LogInsights(Events, QueryLimits);
        Pushes = new PushRequests(new PushReceiver(Pipeline, new DeltaAccumulator(time), IngestLimits, time) { Otlp = configuration.Otlp }, new BodyReader(IngestLimits, new BodyBudget(BodyBudget.DefaultBytes)), Ledger);
        Pushes.Receiver.LogRate = configuration.Receivers.Rate;
        LogReceiver = new LogReceiver(IntakeOf(configuration)) { Rate = configuration.Receivers.Rate };
        LogReceiver.SetSeqKeys(configuration.Receivers.SeqKeys);
        Receivers = new LogReceivers(IntakeOf(configuration), first.Root);
        TraceQL = new TraceQLEngine(Events, QueryLimits);
        var timeline = new AlertTimelineStore(_state, time);
        Timeline = new AlertTimelineQueue(timeline, time, Report);
        Notifications = new NotificationStore(_state, timeline);
        Tailer = NewTailer(configuration);
        Scraper = new Scraper(WithOwn(configuration, externalUrl), MetricPipeline, IngestLimits, time, Report);
        Overrides = new OverrideRegistry(new OverrideStore(_state), time);
        Links = new AcknowledgeLinks(LinkKey.Read(_state), configuration.ExternalUrl ?? externalUrl);
        Dispatcher = new AlertDispatcher(new AlertDispatcherOptions
        {
            Configuration = configuration.Alertmanager ?? AlertmanagerConfiguration.Nobody,
            Notifications = Notifications,
            Silences = new SilenceRegistry(new SilenceStore(_state), time),
            Timeline = Timeline,
            Time = time,
            ExternalUrl = configuration.ExternalUrl ?? externalUrl,
            Failed = Failed,
            Escalation = new EscalationOptions
            {
                Configuration = configuration.Escalation,
                Store = new EscalationStore(_state, Report),
                Acknowledgements = new AcknowledgementRegistry(new AcknowledgementStore(_state)),
                Overrides = Overrides,
                Links = Links,
            },
        });
        OutsideAlertmanagers = new OutsideAlertmanagers(time, Report);
        _watchdog = new Watchdog(Dispatcher, OutsideAlertmanagers.Post, configuration.Alerting, time);
        Rules = new RuleManager(new RuleManagerOptions
        {
            Engine = new PromQLRuleEngine(PromQL) { Ran = Log },
            LogEngine = new LogQLRuleEngine(LogQL),
            SpanEngine = new TraceQLRuleEngine(TraceQL),
            Samples = Record,
            Alerts = Tell,
            State = new AlertStateStore(_state, timeline),
            Time = time,
            ExternalUrl = configuration.ExternalUrl ?? externalUrl,
            ExternalLabels = configuration.ExternalLabels,
            EvaluationInterval = configuration.EvaluationInterval,
            QueryOffset = configuration.RuleQueryOffset,
            Failed = Failed,
        });
        WrittenRules = new WrittenRules(new WrittenRuleStore(_state), Report);
        FoundSlos = new FoundSlos(new PromQLRuleEngine(PromQL), () => WrittenRules.Files, time, Report);
        WrittenRules.Changed = FoundSlos.Refresh;
    }

    /// <summary>The configuration in force.</summary>
    public ServerConfiguration Configuration { get; private set; }

    /// <summary>How the last reading of the configuration went.</summary>
    public ReloadState LastReload { get; private set; }

    public TimeProvider Time { get; }

    public IngestLimits IngestLimits { get; } = IngestLimits.Default;

    public QueryLimits QueryLimits => _first.Limits;

    public MetricStore Metrics => _first.Metrics;

    public EventStore Events { get; }

    public StoreSink Sink { get; }

    /// <summary>What cannot be written to the disk.</summary>
    public StorageAlarm StorageAlarm { get; }

    /// <summary>Keeps the stores under <c>storage.retention.max_disk</c>.</summary>
    public DiskRetention Disk { get; }

    public SnapshotMaker Snapshots { get; }

    /// <summary>What everything taken in goes through on its way to <see cref="Sink"/>.</summary>
    public Forwarder Forwarder { get; }

    /// <summary>What every sample goes through first, but for those of rules.</summary>
    public MetricPipeline MetricPipeline { get; }

    /// <summary>What every log record goes through first.</summary>
    public LogPipeline Pipeline { get; }

    /// <summary>Metrics that were pushed, waiting to be stored at every scrape interval.</summary>
    public PushgatewayStore Pushgateway { get; }

    public IngestLedger Ledger { get; }

    public PromQLEngine PromQL => _first.PromQL;

    public LogQLEngine LogQL { get; }

    public LogInsights LogInsights { get; }

    public TraceQLEngine TraceQL { get; }

    /// <summary>What every receiver of pushes shares.</summary>
    public PushRequests Pushes { get; }

    public INotificationStore Notifications { get; }

    /// <summary>The history of alerts; what is added is stored a little later.</summary>
    public AlertTimelineQueue Timeline { get; }

    public FileTailer Tailer { get; private set; }

    /// <summary>What takes the logs of HTTP protocols.</summary>
    public LogReceiver LogReceiver { get; }

    /// <summary>Ports of HTTP receivers of logs, once there are any that could be opened.</summary>
    public LogPorts? HttpPorts { get; private set; }

    /// <summary>Every port of a receiver of logs.</summary>
    public IEnumerable<ListenerStatus> Listeners => (HttpPorts?.Listeners ?? []).Concat(Receivers.Listeners);

    /// <summary>The receivers of logs with ports of their own; bound by <see cref="BindReceiversAsync"/>.</summary>
    public LogReceivers Receivers { get; }

    public Scraper Scraper { get; }

    public AlertDispatcher Dispatcher { get; }

    /// <summary>Who stands in on call.</summary>
    public OverrideRegistry Overrides { get; }

    /// <summary>Makes and reads the links by which alerts are acknowledged.</summary>
    public AcknowledgeLinks Links { get; }

    /// <summary>Alertmanagers that are told what <see cref="Dispatcher"/> is told.</summary>
    public OutsideAlertmanagers OutsideAlertmanagers { get; }

    public QueryLog QueryLog => _first.QueryLog;

    public RuleManager Rules { get; }

    /// <summary>Rules that were written through Loki's API.</summary>
    public WrittenRules WrittenRules { get; }

    /// <summary>The objectives, of the configuration and of services that count for themselves.</summary>
    public FoundSlos FoundSlos { get; }

    public DateTimeOffset StartedAt { get; private set; }

    public string DataPath => _first.Root;

    /// <summary>Opens the other stores; <paramref name="externalUrl"/> is where people reach this server. <paramref name="first"/> is disposed with them.</summary>
    /// <exception cref="StorageFailedException">A store cannot be opened.</exception>
    public static Engines Open(ServerConfiguration configuration, FirstStore first, Uri externalUrl, TimeProvider time, ILogger log) => new(configuration, first, externalUrl, time, log);

    /// <summary>Binds the ports of <c>receivers</c>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public Task BindReceiversAsync() => Receivers.UpdateAsync(Configuration.Receivers);

    /// <summary>Opens the ports of HTTP receivers of logs; from then on a reload opens and closes them.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public async Task OpenHttpPortsAsync(LogPorts ports)
    {
        await ports.UpdateAsync(Configuration.Receivers);
        HttpPorts = ports;
    }

    /// <summary>Starts what acts on its own: rules, scraping, following files.</summary>
    public async Task StartAsync()
    {
        StartedAt = Time.GetUtcNow();
        Snapshots.RemoveUnfinished();
        Disk.Start();
        StorageAlarm.Start();
        Notice(Configuration);
        await OutsideAlertmanagers.UpdateAsync(Configuration.Alerting);
        Forwarder.Start();
        MetricPipeline.Start();
        Pipeline.Start();
        _pushed.Start();
        FoundSlos.Apply(Configuration, Rules.Update);
        FoundSlos.Start();
        Scraper.Start();
        Tailer.Start();
        Receivers.Start();
    }

    /// <summary>Puts a configuration in force while serving. Called by one reload at a time.</summary>
    public async Task ApplyAsync(ServerConfiguration next)
    {
        await UpdatePortsAsync(next.Receivers);
        Pushes.Receiver.LogRate = next.Receivers.Rate;
        LogReceiver.Rate = next.Receivers.Rate;
        LogReceiver.SetSeqKeys(next.Receivers.SeqKeys);
        Pushes.Receiver.Otlp = next.Otlp;
        MetricPipeline.Update(next.MetricPipeline);
        Pipeline.Update(next.Pipelines);
        if (ForwardSections.Any(s => ConfigurationDifference.SectionText(Configuration, s) != ConfigurationDifference.SectionText(next, s)) || !Configuration.ExternalLabels.Equals(next.ExternalLabels))
        {
            await Forwarder.UpdateAsync(next.RemoteWrite);
        }

        _first.Follow(next);
        FoundSlos.Apply(next, files => Rules.Update(files, next.ExternalLabels, next.EvaluationInterval, next.RuleQueryOffset));
        FoundSlos.Look();
        Dispatcher.Update(next.Alertmanager ?? AlertmanagerConfiguration.Nobody, next.Escalation);
        _watchdog.Update(next.Alerting);
        if (ConfigurationDifference.SectionText(Configuration, "alerting") != ConfigurationDifference.SectionText(next, "alerting"))
        {
            await OutsideAlertmanagers.UpdateAsync(next.Alerting);
        }

        Scraper.Apply(WithOwn(next, _externalUrl));
        if (ConfigurationDifference.SectionText(Configuration, "logs") != ConfigurationDifference.SectionText(next, "logs"))
        {
            await Tailer.DisposeAsync();
            Tailer = NewTailer(next);
            Tailer.Start();
        }

        Configuration = next;
        Notice(next);
        LastReload = new ReloadState(true, Time.GetUtcNow());
    }

    /// <summary>A configuration could not be put in force; the one before stays.</summary>
    public void ReloadFailed() => LastReload = LastReload with { Succeeded = false };

    public async ValueTask DisposeAsync()
    {
        await Receivers.DisposeAsync();
        await Tailer.DisposeAsync();
        await Scraper.DisposeAsync();
        FoundSlos.Dispose();
        await Rules.DisposeAsync();
        _watchdog.Dispose();
        StorageAlarm.Dispose();
        await OutsideAlertmanagers.DisposeAsync();
        await Dispatcher.DisposeAsync();
        await Timeline.DisposeAsync();
        await _pushed.DisposeAsync();
        await Pipeline.DisposeAsync();
        await MetricPipeline.DisposeAsync();
        await Forwarder.DisposeAsync();
        Disk.Dispose();
        Events.Dispose();
        _reserve.Dispose();
        _state.Dispose();
        _first.Dispose();
    }

    private LogIntake IntakeOf(ServerConfiguration configuration) => new(Pipeline, Ledger, IngestLimits, Time, Report) { Retention = configuration.LogRetention };

    // All or nothing: the ports that were opened are given up where others are not to be had.
    private async Task UpdatePortsAsync(ReceiversConfiguration next)
    {
        await Receivers.UpdateAsync(next);
        try
        {
            await (HttpPorts?.UpdateAsync(next) ?? Task.CompletedTask);
        }
        catch (IOException)
        {
            await Receivers.UpdateAsync(Configuration.Receivers);
            throw;
        }
    }

    private FileTailer NewTailer(ServerConfiguration configuration) => new(configuration.Logs, Events.SourcePositions(FileTailer.PositionPrefix), IntakeOf(configuration));

    // The server scrapes itself unless the configuration has a job of that name.
    private static IReadOnlyList<ScrapeConfiguration> WithOwn(ServerConfiguration configuration, Uri own) =>
        configuration.Scrape.Any(s => s.JobName == "sightglass")
            ? configuration.Scrape
            : [.. configuration.Scrape, new ScrapeConfiguration
            {
                JobName = "sightglass",
                Interval = configuration.ScrapeInterval,
                Timeout = TimeSpan.FromTicks(Math.Min(configuration.ScrapeInterval.Ticks, TimeSpan.FromSeconds(10).Ticks)),
                StaticTargets = [new TargetGroup("built-in", [own.Authority], LabelSet.Empty)],
                Fingerprint = $"{own.Authority} {configuration.ScrapeInterval}",
            }];

    private void Record(IReadOnlyList<RecordedSample> samples)
    {
        using var batch = MetricBatch.Rent();
        batch.Sender = "rules";
        foreach (var sample in samples)
        {
            var (series, at) = (batch.AddSeries(sample.Labels), sample.Timestamp.ToUnixTimeMilliseconds());
            if (sample.Histogram is { } histogram)
            {
                batch.Histograms.Add((series, at, histogram));
            }
            else
            {
                batch.AddSample(series, at, sample.Value);
            }
        }

        Forwarder.Append(batch);
    }

    private void Notice(ServerConfiguration configuration)
    {
        foreach (var notice in configuration.Notices)
        {
            Report(notice);
        }
    }

    private void Log(RuleQueryRun run)
    {
        var at = run.At.ToUnixTimeMilliseconds();
        QueryLog.Write(new LoggedQuery(run.Expression, at, at, 0, run.Result, run.Error) { Rules = (run.File, run.Group) });
    }

    private void Tell(IReadOnlyList<PostedAlert> alerts)
    {
        Dispatcher.Post(alerts);
        OutsideAlertmanagers.Post(alerts);
    }

    /// <summary>Takes alerts from those that may have some before all of this is built.</summary>
    private void TellOnceBuilt(IReadOnlyList<PostedAlert> alerts)
    {
        if (FoundSlos is not null)
        {
            Tell(alerts);
        }
    }

    private void Report(string message) => _log.LogWarning("{Message}", message);

    private void Failed(string what, Exception e) => _log.LogError(e, "{What}", what);
}
