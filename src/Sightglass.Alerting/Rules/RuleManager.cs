using Sightglass.Core.Model;

namespace Sightglass.Alerting.Rules;

/// <summary>What a <see cref="RuleManager"/> needs.</summary>
public sealed record RuleManagerOptions
{
    /// <summary>Evaluates expressions.</summary>
    public required IRuleQueryEngine Engine { get; init; }

    /// <summary>Evaluates expressions of LogQL rules; null where there are no logs.</summary>
    public IRuleQueryEngine? LogEngine { get; init; }

    /// <summary>Evaluates expressions of TraceQL rules; null where there are no spans.</summary>
    public IRuleQueryEngine? SpanEngine { get; init; }

    /// <summary>Takes recorded series.</summary>
    public required RuleSampleSink Samples { get; init; }

    /// <summary>Takes alerts to tell; usually <see cref="RuleAlertSink"/>.</summary>
    public required RuleAlertSink Alerts { get; init; }

    /// <summary>Keeps alerts over a restart.</summary>
    public required IAlertStateStore State { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where people reach this server; part of links in alerts.</summary>
    public Uri ExternalUrl { get; init; } = new("http://127.0.0.1:4300/");

    /// <summary>Labels that every alert gets unless it has them.</summary>
    public LabelSet ExternalLabels { get; init; } = LabelSet.Empty;

    /// <summary>Interval of groups that name none.</summary>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Query offset of groups that name none.</summary>
    public TimeSpan QueryOffset { get; init; }

    /// <summary>A firing alert is told again after this time.</summary>
    public TimeSpan ResendDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Alerts stored longer ago than this are not taken up after a restart.</summary>
    public TimeSpan OutageTolerance { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Told of an exception that no rule may cause: a bug. The group goes on at its next interval.</summary>
    public Action<string, Exception>? Failed { get; init; }
}

/// <summary>
/// Evaluates rule groups on time. Groups run beside each other, the rules in one after another; a group that takes longer than its interval
/// misses evaluations and counts them. Thread-safe.
/// </summary>
public sealed class RuleManager : IAsyncDisposable
{
    /// <summary>The value that says that a series ended here: Prometheus' stale marker.</summary>
    public static readonly double StaleMarker = BitConverter.Int64BitsToDouble(0x7ff0000000000002);

    private RuleManagerOptions _options;
    private RuleEnvironment _environment;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Dictionary<string, Running> _groups = new(StringComparer.Ordinal);
    private IReadOnlyList<StoredAlert>? _stored;

    /// <summary>Makes a manager without groups.</summary>
    public RuleManager(RuleManagerOptions options)
    {
        _options = options;
        _environment = EnvironmentOf(options);
    }

    /// <summary>
    /// As <see cref="Update(IReadOnlyList{RuleFile})"/>, under other global settings: where they differ every group is made anew and keeps the
    /// state of its rules.
    /// </summary>
    public void Update(IReadOnlyList<RuleFile> files, LabelSet externalLabels, TimeSpan evaluationInterval, TimeSpan queryOffset = default)
    {
        lock (_gate)
        {
            if (!_options.ExternalLabels.Equals(externalLabels) || _options.EvaluationInterval != evaluationInterval || _options.QueryOffset != queryOffset)
            {
                _options = _options with { ExternalLabels = externalLabels, EvaluationInterval = evaluationInterval, QueryOffset = queryOffset };
                _environment = EnvironmentOf(_options);
            }

            Update(files);
        }
    }

    /// <summary>
    /// Takes a new set of rule files. Unchanged groups go on as if nothing had happened, changed ones keep the state of rules of the same
    /// name and labels, the series of removed ones end. The first call takes up stored alerts.
    /// </summary>
    public void Update(IReadOnlyList<RuleFile> files)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _stored ??= _options.State.Load();
            var next = new Dictionary<string, Running>(StringComparer.Ordinal);
            var now = _options.Time.GetUtcNow();
            foreach (var file in files)
            {
                foreach (var definition in file.Groups)
                {
                    var group = new RuleGroup(file.Path, definition, _options, _environment);
                    if (next.ContainsKey(group.Key))
                    {
                        continue;
                    }

                    if (_groups.Remove(group.Key, out var old))
                    {
                        if (old.Environment == _environment && Same(old.Group.Definition, definition))
                        {
                            next.Add(group.Key, old);
                            continue;
                        }

                        old.Stop();
                        group.CopyState(old.Group, now);
                    }
                    else
                    {
                        group.Restore(_stored, now);
                    }

                    next.Add(group.Key, new Running(this, group, _environment));
                }
            }

            foreach (var removed in _groups.Values)
            {
                removed.Stop();
                removed.Group.End(now);
            }

            RuleGroup.EndStored(_stored.Where(s => !next.ContainsKey(s.Group)), _options, _environment);
            _stored = [];
            _groups = next;
            foreach (var running in next.Values)
            {
                running.Start();
            }
        }
    }

    /// <summary>All groups by file and name.</summary>
    public IReadOnlyList<RuleGroupView> Groups()
    {
        Running[] groups;
        lock (_gate)
        {
            groups = [.. _groups.Values];
        }

        return [.. groups.Select(static g => g.Group.View()).OrderBy(static g => g.File, StringComparer.Ordinal).ThenBy(static g => g.Name, StringComparer.Ordinal)];
    }

    /// <summary>The manager's own metrics.</summary>
    public IReadOnlyList<RuleMetric> Metrics()
    {
        lock (_gate)
        {
            return [.. _groups.Values.SelectMany(static g => g.Group.Metrics.Collect())];
        }
    }

    /// <summary>Stops; an evaluation that runs is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        Running[] groups;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _stop.Cancel();
            groups = [.. _groups.Values];
        }

        foreach (var group in groups)
        {
            group.Stop();
            await group.Finished.ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private static RuleEnvironment EnvironmentOf(RuleManagerOptions options) =>
        new() { Engine = options.Engine, LogEngine = options.LogEngine, SpanEngine = options.SpanEngine, ExternalUrl = options.ExternalUrl, ExternalLabels = options.ExternalLabels, Time = options.Time };

    private static bool Same(RuleGroupDefinition a, RuleGroupDefinition b) =>
        a.Interval == b.Interval && a.QueryOffset == b.QueryOffset && a.Limit == b.Limit
        && a.Rules.Select(static r => r with { Line = 0 }).SequenceEqual(b.Rules.Select(static r => r with { Line = 0 }));

    /// <summary>A group with its timer. Evaluations of one group never overlap.</summary>
    private sealed class Running(RuleManager manager, RuleGroup group, RuleEnvironment environment)
    {
        private readonly Lock _gate = new();
        private ITimer? _timer;
        private DateTimeOffset _last;
        private bool _stopped;

        public RuleGroup Group { get; } = group;

        /// <summary>What the group was made with; another object when the global settings changed.</summary>
        public RuleEnvironment Environment { get; } = environment;

        public Task Finished { get; private set; } = Task.CompletedTask;

        public void Start()
        {
            lock (_gate)
            {
                if (_timer is not null || _stopped)
                {
                    return;
                }

                var now = manager._options.Time.GetUtcNow();
                _last = Group.Slot(now);
                _timer = manager._options.Time.CreateTimer(static state => ((Running)state!).Tick(), this, Group.Interval - (now - _last), Timeout.InfiniteTimeSpan);
            }
        }

        public void Stop()
        {
            lock (_gate)
            {
                _stopped = true;
                _timer?.Dispose();
            }
        }

        private void Tick()
        {
            lock (_gate)
            {
                if (!_stopped)
                {
                    Finished = Task.Run(Evaluate);
                }
            }
        }

        private void Evaluate()
        {
            var now = manager._options.Time.GetUtcNow();
            var at = Group.Slot(now);
            if (at > _last)
            {
                var missed = ((at - _last).Ticks / Group.Interval.Ticks) - 1;
                if (missed > 0)
                {
                    Group.Metrics.Missed(missed);
                }

                _last = at;
                try
                {
                    Group.Evaluate(at, manager._stop.Token);
                }
                catch (OperationCanceledException)
                {
                    // The server stops.
                }
#pragma warning disable CA1031 // A bug in one evaluation must not end the group's life: it is reported, and the next interval comes.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    manager._options.Failed?.Invoke(Group.Key, e);
                }
            }
            else if (at < _last - (2 * Group.Interval))
            {
                // The clock was set back: start again from the new time.
                _last = at;
            }

            lock (_gate)
            {
                if (!_stopped)
                {
                    now = manager._options.Time.GetUtcNow();
                    var wait = Group.Slot(now) + Group.Interval - now;
                    _timer!.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }
}
