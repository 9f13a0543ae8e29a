using Sightglass.Core.Contracts;

namespace Sightglass.Events.Deletion;

/// <summary>How long rows of one signal are kept: a time for all, and others for streams of a rule, the first that is for a stream. Immutable.</summary>
internal sealed class StreamRetention
{
    private readonly TimeProvider _time;
    private readonly EventRetentionRule[] _classes;

    public StreamRetention(EventSignal signal, TimeSpan keep, IReadOnlyList<EventRetentionRule> rules, TimeProvider time)
    {
        _time = time;
        _classes = [.. rules.Where(r => r.Signal == signal), new EventRetentionRule(signal, static _ => true, keep)];
        Ranges = _classes.Length == 1 ? [] : [.. _classes.Select((c, i) => new HiddenRange(
            new EventFilter(stream => ClassOf(stream) == i, EventPredicate.True), long.MinValue, () => Math.Max(CutoffOf(c.Keep), long.MinValue + 1) - 1, null))];
    }

    /// <summary>What the rules hide; empty when one time holds for all.</summary>
    public HiddenRange[] Ranges { get; }

    /// <summary>Rows before it are of no stream that keeps them, nanoseconds since the Unix epoch.</summary>
    public long Cutoff => _classes.Min(c => CutoffOf(c.Keep));

    /// <summary>The longest time that rows are kept.</summary>
    public TimeSpan Longest => Array.Exists(_classes, static c => c.Keep <= TimeSpan.Zero) ? TimeSpan.Zero : _classes.Max(static c => c.Keep);

    private int ClassOf(EventStream stream) => Array.FindIndex(_classes, c => c.Streams(stream));

    private long CutoffOf(TimeSpan keep) => keep <= TimeSpan.Zero
        ? long.MinValue
        : (long)Int128.Clamp((Int128)(_time.GetUtcNow() - DateTimeOffset.UnixEpoch - keep).Ticks * 100, long.MinValue, long.MaxValue);
}
