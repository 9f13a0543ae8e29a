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

    /// <summary>Refusals that are told apart by metric or label, of all jobs; the others of a job share one each.</summary>
    private const int MaxSubjects = 4096;

    private const string OtherName = "(other)";
    private static readonly Hash128 Other = Hash128.Compute("(other)"u8);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sender> _senders = new(StringComparer.Ordinal);
    private readonly ChurnLedger _churn = new();
    private SeriesRegistry? _before;
    private long _created;
    private int _subjects;

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
    /// <param name="memory">The series in memory.</param>
    public SeriesJudgement Admit(string senderName, ReadOnlySpan<byte> key, Hash128 hash, SeriesRegistry memory)
    {
        var now = NowMs();
        ReadMetricAndJob(key, out var metric, out var jobName);
        lock (_gate)
        {
            var sender = Find(senderName);
            var job = Find(sender, jobName);
            var judgement = Judge(sender, job, key, hash, memory, now, out var isNew);
            if (judgement.Verdict != SeriesVerdict.Admitted)
            {
                Refuse(job, judgement, key, metric);
                return judgement;
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

            return judgement;
        }
    }

    /// <summary>The reason as a sentence for the sender.</summary>
    /// <param name="judgement">What <see cref="Admit"/> said of the series.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="key">Its key.</param>
    public static string Describe(in SeriesJudgement judgement, string sender, ReadOnlySpan<byte> key)
    {
        ReadMetricAndJob(key, out var metric, out _);
        var name = Encoding.UTF8.GetString(metric);
        var limit = judgement.Limit;
        return judgement.Verdict switch
        {
            SeriesVerdict.TooManyActiveSeries => $"too many active series: limits.metrics.max_active_series is {limit}",
            SeriesVerdict.TooManyActiveSeriesOfSender => $"too many active series of sender \"{sender}\": limits.metrics.max_active_series_per_sender is {limit}",
            SeriesVerdict.TooManyActiveSeriesOfMetric => $"too many active series of metric \"{name}\": limits.metrics.max_active_series_per_metric is {limit}",
            SeriesVerdict.TooManyValuesOfLabel =>
                $"too many values of label \"{Encoding.UTF8.GetString(judgement.LabelIn(key))}\" (metric \"{name}\"): limits.metrics.max_values_per_label is {limit}",
            _ => $"too many new series of sender \"{sender}\": limits.metrics.max_new_series_per_minute is {limit}; samples of known series are taken",
        };
    }

    private SeriesJudgement Judge(Sender sender, Job job, ReadOnlySpan<byte> key, Hash128 hash, SeriesRegistry memory, long now, out bool isNew)
    {
        var limits = Limits;
        isNew = _before?.TryFind(hash, out _) != true;
        if (limits.MaxActiveSeries > 0 && memory.SeriesCount >= limits.MaxActiveSeries)
        {
            return new SeriesJudgement(SeriesVerdict.TooManyActiveSeries, limits.MaxActiveSeries);
        }

        if (!isNew)
        {
            return default;
        }

        var judgement = JudgeNew(limits, sender, job, key, memory, now);

        // After a start every series is new to the memory: those that are on disk are not what the bounds are for.
        if (judgement.Verdict != SeriesVerdict.Admitted && knownBefore.Contains(hash))
        {
            isNew = false;
            return default;
        }

        return judgement;
    }

    // What lasts before what passes with time: the sender is told what he has to change. The memory counts its series by metric and its values by
    // label as it is; it is only asked about this series where some metric or label is at its limit.
    private static SeriesJudgement JudgeNew(SeriesLimits limits, Sender sender, Job job, ReadOnlySpan<byte> key, SeriesRegistry memory, long now)
    {
        if (limits.MaxActiveSeriesPerSender > 0 && sender.Active >= limits.MaxActiveSeriesPerSender)
        {
            return new SeriesJudgement(SeriesVerdict.TooManyActiveSeriesOfSender, limits.MaxActiveSeriesPerSender);
        }

        var ofMetric = limits.MaxActiveSeriesPerMetric;
        if (ofMetric > 0 && memory.MostSeriesOfMetric >= ofMetric && memory.SeriesOfMetric(key) >= ofMetric)
        {
            return new SeriesJudgement(SeriesVerdict.TooManyActiveSeriesOfMetric, ofMetric);
        }

        var values = limits.MaxValuesPerLabel;
        if (values > 0 && memory.MostValuesOfLabel >= values && memory.FindOneTooMany(key, values) is >= 0 and var label)
        {
            return new SeriesJudgement(SeriesVerdict.TooManyValuesOfLabel, values, label);
        }

        var perMinute = limits.MaxNewSeriesPerMinute;
        var most = Math.Max(limits.NewSeriesBurst, perMinute);
        var overRate = perMinute > 0
            && !(sender.Bucket.Has(now, (double)perMinute * SeriesLimits.JobsPerSender, (double)most * SeriesLimits.JobsPerSender) & job.Bucket.Has(now, perMinute, most));
        return overRate ? new SeriesJudgement(SeriesVerdict.TooManyNewSeries, perMinute) : default;
    }

    private void Refuse(Job job, in SeriesJudgement judgement, ReadOnlySpan<byte> key, ReadOnlySpan<byte> metric)
    {
        var subject = judgement.Verdict switch
        {
            SeriesVerdict.TooManyActiveSeriesOfMetric => metric,
            SeriesVerdict.TooManyValuesOfLabel => judgement.LabelIn(key),
            _ => default,
        };
        var reason = (judgement.Verdict, subject.IsEmpty ? default : Hash128.Compute(subject));
        if (!job.Refusals.TryGetValue(reason, out var refusal))
        {
            var other = !subject.IsEmpty && _subjects >= MaxSubjects;
            reason = other ? (judgement.Verdict, Other) : reason;
            if (!job.Refusals.TryGetValue(reason, out refusal))
            {
                _subjects += subject.IsEmpty || other ? 0 : 1;
                refusal = new Refusal(judgement.Verdict, other ? OtherName : Encoding.UTF8.GetString(subject), time.GetUtcNow());
                job.Refusals.Add(reason, refusal);
            }
        }

        refusal.Add(key, time);
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

        /// <summary>By reason and, where the reason is a metric or a label, the hash of its name.</summary>
        public Dictionary<(SeriesVerdict Verdict, Hash128 Subject), Refusal> Refusals { get; } = [];
    }
}
