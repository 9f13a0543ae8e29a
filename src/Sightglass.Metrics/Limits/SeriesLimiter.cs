using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Limits;

/// <summary>
/// Decides which new series are taken. The appender asks it, under its lock, for every series that the memory table does not know; what
/// is told of it is asked for from any thread.
/// </summary>
internal sealed class SeriesLimiter(SeriesLimits limits, KnownSeries knownBefore, TimeProvider time)
{
    /// <summary>Senders, and jobs of one sender, that are told apart; the others share one account.</summary>
    private const int MaxSenders = 4096;

    private const int MaxJobs = 1024;
    private const string OtherName = "(other)";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sender> _senders = new(StringComparer.Ordinal);
    private readonly ChurnLedger _churn = new();
    private SeriesRegistry? _before;
    private long _created;

    /// <summary>The bounds in force; may change at any time.</summary>
    public SeriesLimits Limits { get; set; } = limits;

    /// <summary>New series taken since the start of the process.</summary>
    public long Created => Interlocked.Read(ref _created);

    /// <summary>Samples refused by sender and reason.</summary>
    public IReadOnlyList<SeriesRefusal> Refusals
    {
        get
        {
            lock (_gate)
            {
                return [.. _senders.Values.SelectMany(s => s.Jobs.Values.SelectMany(j => j.Refusals.Values.Select(r => r.Told(s.Name, j.Name)))).OrderByDescending(r => r.RefusedSamples)];
            }
        }
    }

    /// <summary>The senders, those with the most series first.</summary>
    public IReadOnlyList<SeriesSender> Senders
    {
        get
        {
            lock (_gate)
            {
                return [.. _senders.Values.Select(s => new SeriesSender(s.Name, s.Active, s.Created)).OrderByDescending(s => s.ActiveSeries).ThenBy(s => s.Sender, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>The metrics with the most new series of the last hour.</summary>
    public IReadOnlyList<MetricChurn> Churn(int limit)
    {
        lock (_gate)
        {
            return _churn.Top(limit, NowMs());
        }
    }

    /// <summary>
    /// The next memory table is begun. With a registry of its own, series that went on in <paramref name="replaced"/> are no new ones when
    /// they come back within that table's life.
    /// </summary>
    public void Rotated(SeriesRegistry? replaced)
    {
        lock (_gate)
        {
            _before = replaced;
            knownBefore.Age();
            if (replaced is not null)
            {
                foreach (var sender in _senders.Values)
                {
                    sender.Active = 0;
                }
            }
        }
    }

    /// <summary>Whether a series that is not in memory is taken; counted either way.</summary>
    /// <param name="senderName">Who sends it.</param>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="active">Series in memory.</param>
    public SeriesVerdict Admit(string senderName, ReadOnlySpan<byte> key, Hash128 hash, int active)
    {
        var now = NowMs();
        ReadMetricAndJob(key, out var metric, out var jobName);
        lock (_gate)
        {
            var sender = Find(senderName);
            var job = Find(sender, jobName);
            var verdict = Judge(sender, job, hash, active, now, out var isNew);
            if (verdict != SeriesVerdict.Admitted)
            {
                job.Refuse(verdict, key, time);
                return verdict;
            }

            sender.Active++;
            if (isNew)
            {
                sender.Bucket.Take();
                job.Bucket.Take();
                sender.Created++;
                _created++;
                _churn.Add(metric, now);
            }

            return verdict;
        }
    }

    /// <summary>The reason as a sentence for the sender.</summary>
    public string Describe(SeriesVerdict verdict, string sender) => verdict switch
    {
        SeriesVerdict.TooManyActiveSeries => $"too many active series: limits.metrics.max_active_series is {Limits.MaxActiveSeries}",
        SeriesVerdict.TooManyActiveSeriesOfSender => $"too many active series of sender \"{sender}\": limits.metrics.max_active_series_per_sender is {Limits.MaxActiveSeriesPerSender}",
        _ => $"too many new series of sender \"{sender}\": limits.metrics.max_new_series_per_minute is {Limits.MaxNewSeriesPerMinute}; samples of known series are taken",
    };

    private SeriesVerdict Judge(Sender sender, Job job, Hash128 hash, int active, long now, out bool isNew)
    {
        var limits = Limits;
        isNew = _before?.TryFind(hash, out _) != true;
        if (limits.MaxActiveSeries > 0 && active >= limits.MaxActiveSeries)
        {
            return SeriesVerdict.TooManyActiveSeries;
        }

        if (!isNew)
        {
            return SeriesVerdict.Admitted;
        }

        var perMinute = limits.MaxNewSeriesPerMinute;
        var most = Math.Max(limits.NewSeriesBurst, perMinute);
        var overActive = limits.MaxActiveSeriesPerSender > 0 && sender.Active >= limits.MaxActiveSeriesPerSender;
        var overRate = perMinute > 0
            && !(sender.Bucket.Has(now, (double)perMinute * SeriesLimits.JobsPerSender, (double)most * SeriesLimits.JobsPerSender) & job.Bucket.Has(now, perMinute, most));
        if (!overActive && !overRate)
        {
            return SeriesVerdict.Admitted;
        }

        // After a start every series is new to the memory: those that are on disk are not what the bounds are for.
        if (knownBefore.Contains(hash))
        {
            isNew = false;
            return SeriesVerdict.Admitted;
        }

        return overActive ? SeriesVerdict.TooManyActiveSeriesOfSender : SeriesVerdict.TooManyNewSeries;
    }

    private Sender Find(string name)
    {
        if (!_senders.TryGetValue(name, out var sender))
        {
            name = _senders.Count < MaxSenders ? name : OtherName;
            if (!_senders.TryGetValue(name, out sender))
            {
                _senders.Add(name, sender = new Sender(name));
            }
        }

        return sender;
    }

    private static Job Find(Sender sender, ReadOnlySpan<byte> name)
    {
        var hash = Hash128.Compute(name);
        if (!sender.Jobs.TryGetValue(hash, out var job))
        {
            var other = sender.Jobs.Count >= MaxJobs;
            hash = other ? default : hash;
            if (!sender.Jobs.TryGetValue(hash, out job))
            {
                sender.Jobs.Add(hash, job = new Job(other ? OtherName : Encoding.UTF8.GetString(name)));
            }
        }

        return job;
    }

    private static void ReadMetricAndJob(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> metric, out ReadOnlySpan<byte> job)
    {
        metric = job = default;
        foreach (var pair in SeriesKey.Read(key))
        {
            if (pair.Name.SequenceEqual("__name__"u8))
            {
                metric = pair.Value;
            }
            else if (pair.Name.SequenceEqual("job"u8))
            {
                job = pair.Value;
            }
        }
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Sender(string name)
    {
        public TokenBucket Bucket;

        public string Name { get; } = name;

        public Dictionary<Hash128, Job> Jobs { get; } = [];

        public int Active { get; set; }

        public long Created { get; set; }
    }

    private sealed class Job(string name)
    {
        public TokenBucket Bucket;

        public string Name { get; } = name;

        public Dictionary<SeriesVerdict, Refusal> Refusals { get; } = [];

        public void Refuse(SeriesVerdict verdict, ReadOnlySpan<byte> key, TimeProvider time)
        {
            if (!Refusals.TryGetValue(verdict, out var refusal))
            {
                Refusals.Add(verdict, refusal = new Refusal(verdict, time.GetUtcNow()));
            }

            refusal.Add(key, time);
        }
    }

    private sealed class Refusal(SeriesVerdict verdict, DateTimeOffset firstAt)
    {
        private byte[] _example = [];
        private DateTimeOffset _lastAt;
        private long _samples;

        public void Add(ReadOnlySpan<byte> key, TimeProvider time)
        {
            _lastAt = time.GetUtcNow();

            // A newer example now and then, not a copy of each.
            if (long.IsPow2(++_samples))
            {
                _example = key.ToArray();
            }
        }

        public SeriesRefusal Told(string sender, string job) => new(sender, job, verdict, _samples, firstAt, _lastAt, LabelSet.FromKey(_example));
    }
}
