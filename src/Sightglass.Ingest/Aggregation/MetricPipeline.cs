using System.Buffers;
using System.Collections.Concurrent;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Aggregation;

/// <summary>
/// The stage that every sample passes on its way to the store, whoever brings it: relabelling, then streaming aggregation, whose results are stored at the end of
/// each interval in place of what they are made of. Logs and spans pass through. What was stored is aggregated and not the other way round: a batch that the store did not
/// take comes again. Thread-safe; a new configuration holds from the next batch on.
/// </summary>
public sealed class MetricPipeline : IBatchSink, IAsyncDisposable
{
    /// <summary>Who brings the results, where limits are on senders.</summary>
    public const string Sender = "aggregation";

    /// <summary>Results that the store does not take are kept for later, so many samples of them; then the oldest are given up.</summary>
    private const int MaxWaitingSamples = 1_000_000;

    /// <summary>Samples of one batch of results.</summary>
    private const int ResultsPerBatch = 10_000;

    private readonly IBatchSink _next;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _ending = new();
    private readonly Queue<MetricBatch> _waiting = new();
    private volatile Compiled _compiled;
    private Task _loop = Task.CompletedTask;
    private long _dropped;

    /// <summary>Makes one in front of <paramref name="next"/>.</summary>
    public MetricPipeline(IBatchSink next, MetricPipelineConfiguration configuration, TimeProvider time, Action<string> report)
    {
        _next = next;
        _time = time;
        _report = report;
        _compiled = Compile(configuration, []);
    }

    /// <summary>What the rules in force did.</summary>
    public IReadOnlyList<AggregationFigure> Figures => [.. _compiled.Rules.Select(static r => r.Figure)];

    /// <summary>Samples that relabelling, or <see cref="MetricPipelineConfiguration.DropInput"/>, kept out of the store.</summary>
    public long DroppedSamples => Interlocked.Read(ref _dropped);

    /// <summary>Starts storing results.</summary>
    public void Start() => _loop = Task.Run(EndIntervalsAsync);

    /// <summary>Puts a configuration in force. Rules that stay as they are go on; what the others have is stored.</summary>
    public void Update(MetricPipelineConfiguration configuration)
    {
        lock (_ending)
        {
            var before = _compiled.Rules;
            _compiled = Compile(configuration, before);
            Finish(before.Except(_compiled.Rules));
        }

        _changed.Release();
    }

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var compiled = _compiled;
        if (compiled.IsEmpty)
        {
            return _next.Append(batch);
        }

        var now = NowMs();
        var rented = ArrayPool<Passage>.Shared.Rent(batch.SeriesCount);
        try
        {
            var passages = rented.AsSpan(0, batch.SeriesCount);
            var unchanged = true;
            for (var series = 0; series < passages.Length; series++)
            {
                passages[series] = compiled.PassageOf(batch, series, now);
                unchanged &= passages[series].IsUnchanged;
            }

            var result = unchanged ? _next.Append(batch) : AppendWhatPasses(batch, passages);
            if (compiled.Rules.Length > 0)
            {
                Push(compiled, batch, passages, now);
            }

            return result;
        }
        finally
        {
            ArrayPool<Passage>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch) => _next.Append(batch);

    /// <summary>Stores the results of the intervals that are over.</summary>
    internal void EndIntervals()
    {
        lock (_ending)
        {
            var now = NowMs();
            foreach (var rule in _compiled.Rules)
            {
                var results = Results();
                rule.EndIntervals(now, results);
                Keep(results);
            }

            Store();
            _compiled.Age(now);
        }
    }

    /// <summary>Stores what the intervals under way have.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        lock (_ending)
        {
            Finish(_compiled.Rules);
        }

        _stop.Dispose();
        _changed.Dispose();
    }

    private Compiled Compile(MetricPipelineConfiguration configuration, AggregationRule[] before)
    {
        var now = NowMs();
        return new Compiled(
            configuration,
            [.. configuration.Aggregation.Select(c => before.FirstOrDefault(r => r.Configuration.Name == c.Name && r.Configuration.Fingerprint == c.Fingerprint) ?? new AggregationRule(c, now))],
            now);
    }

    private AppendResult AppendWhatPasses(MetricBatch batch, ReadOnlySpan<Passage> passages)
    {
        using var passing = MetricBatch.Rent();
        passing.Sender = batch.Sender;
        passing.Metadata.AddRange(batch.Metadata);
        var rented = ArrayPool<int>.Shared.Rent(passages.Length);
        var places = rented.AsSpan(0, passages.Length);
        places.Fill(-1);
        var of = batch.SampleSeries;
        var starts = batch.SampleStartsMs;
        var (taken, dropped) = (0, 0);
        for (var i = 0; i < of.Length; i++)
        {
            var passage = passages[of[i]];
            if (!passage.PassesSamples)
            {
                taken++;
                dropped += passage.PassesHistograms ? 0 : 1;
                continue;
            }

            passing.AddSample(PlaceOf(of[i], places, passage), batch.SampleTimestampsMs[i], batch.SampleValues[i]);
            if (!starts.IsEmpty && starts[i] != 0)
            {
                passing.SetSampleStart(starts[i]);
            }
        }

        starts = batch.HistogramStartsMs;
        for (var i = 0; i < batch.Histograms.Count; i++)
        {
            var (series, timestampMs, histogram) = batch.Histograms[i];
            if (!passages[series].PassesHistograms)
            {
                taken++;
                dropped++;
                continue;
            }

            passing.Histograms.Add((PlaceOf(series, places, passages[series]), timestampMs, histogram));
            if (!starts.IsEmpty && starts[i] != 0)
            {
                passing.SetHistogramStart(starts[i]);
            }
        }

        foreach (var exemplar in batch.Exemplars)
        {
            // Those of series that nothing is stored of would be of nothing.
            if (passages[exemplar.Series].PassesSamples || places[exemplar.Series] >= 0)
            {
                passing.Exemplars.Add(exemplar with { Series = PlaceOf(exemplar.Series, places, passages[exemplar.Series]) });
            }
        }

        ArrayPool<int>.Shared.Return(rented);
        var result = passing.SampleCount + passing.Histograms.Count + passing.Exemplars.Count + passing.Metadata.Count > 0 ? _next.Append(passing) : default;
        Interlocked.Add(ref _dropped, dropped);

        // What is dropped or aggregated was dealt with as its owner wants: to the sender it is no failure.
        return result.And(AppendResult.All(taken));

        int PlaceOf(int series, Span<int> places, Passage passage) =>
            places[series] >= 0 ? places[series] : places[series] = passing.AddSeries(passage.Key ?? batch.SeriesKey(series));
    }

    private static void Push(Compiled compiled, MetricBatch batch, Span<Passage> passages, long now)
    {
        var of = batch.SampleSeries;
        for (var i = 0; i < of.Length; i++)
        {
            for (var t = 0; t < passages[of[i]].Targets.Length; t++)
            {
                var (rule, series) = passages[of[i]].Targets[t];
                if (!rule.Push(series, batch.SampleTimestampsMs[i], batch.SampleValues[i], now))
                {
                    // Forgotten since somebody looked: there is another one now, which is new and stays.
                    passages[of[i]] = compiled.PassageAnew(batch, of[i], now);
                    t--;
                }
            }
        }
    }

    private async Task EndIntervalsAsync()
    {
        try
        {
            while (true)
            {
                EndIntervals();
                var next = _compiled.NextMs - NowMs();
                using var changed = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var update = _changed.WaitAsync(changed.Token);
                await Task.WhenAny(update, Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, next)), _time, changed.Token));
                await changed.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Finish(IEnumerable<AggregationRule> rules)
    {
        var now = NowMs();
        foreach (var rule in rules)
        {
            var results = Results();
            rule.EndIntervals(now, results);
            rule.End(now, results);
            Keep(results);
        }

        Store();
    }

    private static MetricBatch Results()
    {
        var batch = MetricBatch.Rent();
        batch.Sender = Sender;
        return batch;
    }

    private void Keep(MetricBatch results)
    {
        if (results.SampleCount <= ResultsPerBatch)
        {
            if (results.SampleCount > 0)
            {
                _waiting.Enqueue(results);
            }
            else
            {
                results.Dispose();
            }

            return;
        }

        using (results)
        {
            for (var from = 0; from < results.SampleCount; from += ResultsPerBatch)
            {
                var part = Results();
                for (var i = from; i < Math.Min(from + ResultsPerBatch, results.SampleCount); i++)
                {
                    part.AddSample(part.AddSeries(results.SeriesKey(results.SampleSeries[i])), results.SampleTimestampsMs[i], results.SampleValues[i]);
                }

                _waiting.Enqueue(part);
            }
        }
    }

    private void Store()
    {
        while (_waiting.TryPeek(out var results))
        {
            try
            {
                if (_next.Append(results) is { Rejected: > 0 } refused)
                {
                    _report($"aggregation: {refused.Rejected} results were refused: {refused.FirstReason}");
                }
            }
            catch (StorageFailedException e)
            {
                for (var waiting = _waiting.Sum(static b => b.SampleCount); waiting > MaxWaitingSamples; waiting = _waiting.Sum(static b => b.SampleCount))
                {
                    using var given = _waiting.Dequeue();
                    _report($"aggregation: {given.SampleCount} results are given up, which could not be stored: {e.Message}");
                }

                return;
            }

            _waiting.Dequeue().Dispose();
        }
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What becomes of a series.</summary>
    private sealed class Passage
    {
        /// <summary>Nothing is done to it.</summary>
        public static readonly Passage Unchanged = new();

        /// <summary>Relabelling drops it.</summary>
        public static readonly Passage Dropped = new() { PassesSamples = false, PassesHistograms = false };

        public bool PassesSamples { get; init; } = true;

        public bool PassesHistograms { get; init; } = true;

        /// <summary>Its key after relabelling; null where that is the same.</summary>
        public byte[]? Key { get; init; }

        /// <summary>Rules that take it, with the series there.</summary>
        public (AggregationRule Rule, AggregatedSeries Series)[] Targets { get; init; } = [];

        public bool IsUnchanged => PassesSamples && PassesHistograms && Key is null;
    }

    /// <summary>A configuration, and what it makes of the series seen lately. Thread-safe.</summary>
    private sealed class Compiled(MetricPipelineConfiguration configuration, AggregationRule[] rules, long nowMs)
    {
        /// <summary>Series that are remembered in one generation.</summary>
        private const int MaxRemembered = 1_000_000;

        /// <summary>A series that was not seen for one to two of these is looked at anew.</summary>
        private const long GenerationMs = 600_000;

        private ConcurrentDictionary<Hash128, Passage> _passages = new();
        private ConcurrentDictionary<Hash128, Passage> _before = new();
        private long _generationMs = nowMs;
        private int _remembered;

        public AggregationRule[] Rules { get; } = rules;

        public bool IsEmpty { get; } = rules.Length == 0 && configuration.Relabel.Count == 0 && !configuration.DropInput;

        /// <summary>When there is something to do next.</summary>
        public long NextMs => Rules.Aggregate(Interlocked.Read(ref _generationMs) + GenerationMs, static (next, r) => Math.Min(next, Math.Min(r.NextFlushMs, r.NextDedupMs)));

        public Passage PassageOf(MetricBatch batch, int series, long now)
        {
            var hash = batch.SeriesHash(series);
            if (_passages.TryGetValue(hash, out var passage))
            {
                return passage;
            }

            if (!_before.TryGetValue(hash, out passage))
            {
                return PassageAnew(batch, series, now);
            }

            return _passages[hash] = passage;
        }

        public Passage PassageAnew(MetricBatch batch, int series, long now)
        {
            var passage = Look(LabelSet.FromKey(batch.SeriesKey(series)), now, out var isFull);
            if (!isFull)
            {
                if (Interlocked.Increment(ref _remembered) > MaxRemembered)
                {
                    Begin(now);
                }

                _passages[batch.SeriesHash(series)] = passage;
            }

            return passage;
        }

        public void Age(long now)
        {
            if (now - Interlocked.Read(ref _generationMs) >= GenerationMs)
            {
                Begin(now);
            }
        }

        private void Begin(long now)
        {
            Interlocked.Exchange(ref _generationMs, now);
            Interlocked.Exchange(ref _remembered, 0);
            (_before, _passages) = (_passages, new());
        }

        private Passage Look(LabelSet labels, long now, out bool isFull)
        {
            isFull = false;
            byte[]? key = null;
            if (configuration.Relabel.Count > 0)
            {
                var builder = new LabelSetBuilder(labels);
                if (!RelabelRule.Apply(configuration.Relabel, builder) || builder.Build() is not { Count: > 0 } relabelled)
                {
                    return Passage.Dropped;
                }

                if (!relabelled.Equals(labels))
                {
                    using var written = new ByteWriter(256);
                    relabelled.WriteKey(written);
                    (key, labels) = (written.Written.ToArray(), relabelled);
                }
            }

            var takes = false;
            var targets = new List<(AggregationRule, AggregatedSeries)>();
            foreach (var rule in Rules)
            {
                if (rule.Takes(labels))
                {
                    takes = true;
                    if (rule.Find(labels, now, out var noRoom) is { } series)
                    {
                        targets.Add((rule, series));
                    }

                    isFull |= noRoom;
                }
            }

            // What there is no room for is stored as it is: better than not at all.
            var passes = takes ? isFull || configuration.KeepInput : !configuration.DropInput;
            return key is null && passes && targets.Count == 0
                ? Passage.Unchanged
                : new Passage { Key = key, PassesSamples = passes, PassesHistograms = takes || passes, Targets = [.. targets] };
        }
    }
}
