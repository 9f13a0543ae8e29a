using System.Collections.Concurrent;

namespace Sightglass.Ingest.Pipeline;

/// <summary>What is counted of pipelines.</summary>
public enum PipelineCount
{
    /// <summary>Records that came to a pipeline.</summary>
    Records,

    /// <summary>Records that a processor took out.</summary>
    Dropped,

    /// <summary>Places that a rule of redaction overwrote.</summary>
    Redacted,

    /// <summary>Records that the expression of a <c>derive</c> did not match.</summary>
    Unmatched,

    /// <summary>Records whose field is no number that a metric could be told.</summary>
    Unread,

    /// <summary>Records that were counted under <c>overflow="(other)"</c>, because a metric has as many label sets as it may.</summary>
    Overflow,
}

/// <summary>What pipelines did to the records of one receiver that were stored, or taken out, since the start. A reload does not set it back.</summary>
/// <param name="Count">What is counted.</param>
/// <param name="Pipeline">The pipeline's name; <see cref="WellKnown"/> for <c>redact_secrets</c>.</param>
/// <param name="Processor">Number and name of the processor (<c>2 redact</c>); empty for what is of the whole pipeline.</param>
/// <param name="Rule">The rule of a redaction, the name of a metric; else empty.</param>
/// <param name="Receiver">The receiver.</param>
/// <param name="Total">How many.</param>
public sealed record PipelineFigure(PipelineCount Count, string Pipeline, string Processor, string Rule, string Receiver, long Total)
{
    /// <summary>What the redaction of well-known secrets in all records is called among pipelines.</summary>
    public const string WellKnown = "redact_secrets";
}

/// <summary>
/// What a configuration's processors count, each under a number. A run of a batch counts in an array of its own, which is added here when the batch is stored:
/// a batch that the store does not take is counted once, however often it is tried. Thread-safe once the configuration is made.
/// </summary>
internal sealed class PipelineFigures
{
    private readonly ConcurrentDictionary<(Counter Counter, string Receiver), Total> _totals = [];

    /// <summary>Adds what a run counted.</summary>
    public void Add(IReadOnlyList<Counter> counters, ReadOnlySpan<long> counts, string receiver)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                _totals.GetOrAdd((counters[i], receiver), static _ => new Total()).Add(counts[i]);
            }
        }
    }

    /// <summary>Forgets what a new configuration does not count any more.</summary>
    public void Retain(IReadOnlyList<Counter> counters)
    {
        var known = counters.ToHashSet();
        foreach (var key in _totals.Keys.Where(k => !known.Contains(k.Counter)))
        {
            _totals.TryRemove(key, out _);
        }
    }

    /// <summary>All of them, sorted.</summary>
    public IReadOnlyList<PipelineFigure> Read() =>
    [
        .. _totals.Select(t => new PipelineFigure(t.Key.Counter.Count, t.Key.Counter.Pipeline, t.Key.Counter.Processor, t.Key.Counter.Rule, t.Key.Receiver, t.Value.Value))
            .OrderBy(f => f.Count).ThenBy(f => f.Pipeline, StringComparer.Ordinal).ThenBy(f => f.Processor, StringComparer.Ordinal)
            .ThenBy(f => f.Rule, StringComparer.Ordinal).ThenBy(f => f.Receiver, StringComparer.Ordinal),
    ];

    /// <summary>What one number of a configuration counts.</summary>
    internal readonly record struct Counter(PipelineCount Count, string Pipeline, string Processor, string Rule);

    private sealed class Total
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Add(long value) => Interlocked.Add(ref _value, value);
    }
}

/// <summary>Gives the processors of one configuration the numbers that they count under.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Processor">The processor; empty for the whole pipeline.</param>
/// <param name="All">Every number given so far.</param>
internal readonly record struct CounterSource(string Pipeline, string Processor, List<PipelineFigures.Counter> All)
{
    public int Of(PipelineCount count, string rule = "")
    {
        All.Add(new PipelineFigures.Counter(count, Pipeline, Processor, rule));
        return All.Count - 1;
    }
}
