using System.Collections.Concurrent;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest;

/// <summary>
/// Counts what became of everything that was sent, by receiver (<c>otlp_http</c>, <c>scrape</c>, …) and sender (an address, a target, a
/// file). Thread-safe and cheap: one lookup per request, then interlocked additions. Senders beyond <see cref="MaxSources"/> are
/// counted together as <see cref="OtherSender"/>, so that hostile names cannot fill memory.
/// </summary>
public sealed class IngestLedger(TimeProvider time)
{
    /// <summary>Most sources that are told apart: a few bytes each, and more would not be read by anybody.</summary>
    public const int MaxSources = 4096;

    /// <summary>The name under which senders beyond the limit are counted.</summary>
    public const string OtherSender = "(other)";

    private readonly ConcurrentDictionary<(string Receiver, string Sender), IngestSource> _sources = [];

    /// <summary>The counters of one sender; made when first asked for.</summary>
    public IngestSource Source(string receiver, string sender)
    {
        if (_sources.TryGetValue((receiver, sender), out var source))
        {
            return source;
        }

        var name = _sources.Count < MaxSources ? sender : OtherSender;
        return _sources.GetOrAdd((receiver, name), static (key, clock) => new IngestSource(key.Receiver, key.Sender, clock), time);
    }

    /// <summary>All sources, sorted by receiver and sender.</summary>
    public IReadOnlyList<IngestSource> Sources() =>
    [
        .. _sources.Values.OrderBy(static s => s.Receiver, StringComparer.Ordinal).ThenBy(static s => s.Sender, StringComparer.Ordinal),
    ];
}

/// <summary>Counters of one sender at one receiver. Thread-safe; the numbers are read one by one and may be of slightly different moments.</summary>
public sealed class IngestSource
{
    /// <summary>Most reasons that are told apart; later ones count as <c>other</c>.</summary>
    public const int MaxReasons = 32;

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, IngestRejection> _rejections = new(StringComparer.Ordinal);
    private long _stored;
    private long _rejected;
    private long _bytes;
    private long _requests;
    private long _unparsed;
    private long _lastItemTicks;
    private IngestError? _lastError;

    internal IngestSource(string receiver, string sender, TimeProvider time)
    {
        Receiver = receiver;
        Sender = sender;
        _time = time;
        Rate = new SourceRate(time);
    }

    /// <summary>The receiver.</summary>
    public string Receiver { get; }

    /// <summary>Who sends.</summary>
    public string Sender { get; }

    /// <summary>Samples, log records or spans that were stored.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Samples, log records or spans that were refused.</summary>
    public long RejectedItems => Interlocked.Read(ref _rejected);

    /// <summary>Log records that did not parse; they are stored as they are.</summary>
    public long Unparsed => Interlocked.Read(ref _unparsed);

    /// <summary>What the sender may still send.</summary>
    internal SourceRate Rate { get; }

    /// <summary>Bytes received, as they came over the wire.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Requests, scrapes or reads.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>When the last item was stored; null before the first.</summary>
    public DateTimeOffset? LastItem
    {
        get
        {
            var ticks = Interlocked.Read(ref _lastItemTicks);
            return ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
        }
    }

    /// <summary>The last thing that went wrong; null when nothing did.</summary>
    public IngestError? LastError => Volatile.Read(ref _lastError);

    /// <summary>Refused items by reason.</summary>
    public IReadOnlyList<IngestRejection> Rejections => [.. _rejections.Values.OrderBy(static r => r.Reason, StringComparer.Ordinal)];

    /// <summary>Counts a request of <paramref name="bytes"/> bytes.</summary>
    public void Received(long bytes)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Counts records that are stored without being understood.</summary>
    public void UnparsedItems(long items) => Interlocked.Add(ref _unparsed, items);

    /// <summary>Counts stored items.</summary>
    public void StoredItems(long items)
    {
        if (items > 0)
        {
            Interlocked.Add(ref _stored, items);
            Interlocked.Exchange(ref _lastItemTicks, _time.GetUtcNow().UtcTicks);
        }
    }

    /// <summary>
    /// Counts refused items. <paramref name="reason"/> is one of few words (<c>invalid_id</c>, <c>limit</c>); <paramref name="example"/> is a
    /// sentence about one of them.
    /// </summary>
    public void Reject(string reason, long items, string example)
    {
        if (items <= 0)
        {
            return;
        }

        Interlocked.Add(ref _rejected, items);
        if (!_rejections.TryGetValue(reason, out var rejection))
        {
            var name = _rejections.Count < MaxReasons ? reason : "other";
            rejection = _rejections.GetOrAdd(name, static key => new IngestRejection(key));
        }

        rejection.Add(items, example);
        Fail(example);
    }

    /// <summary>Notes something that went wrong with a whole request.</summary>
    public void Fail(string error) => Volatile.Write(ref _lastError, new IngestError(_time.GetUtcNow(), error));
}

/// <summary>What went wrong last.</summary>
/// <param name="Time">When.</param>
/// <param name="Message">What.</param>
public sealed record IngestError(DateTimeOffset Time, string Message);

/// <summary>Refused items of one reason.</summary>
public sealed class IngestRejection
{
    private long _items;
    private string _example = string.Empty;

    internal IngestRejection(string reason) => Reason = reason;

    /// <summary>Why.</summary>
    public string Reason { get; }

    /// <summary>How many.</summary>
    public long Items => Interlocked.Read(ref _items);

    /// <summary>A sentence about the last of them.</summary>
    public string Example => Volatile.Read(ref _example);

    internal void Add(long items, string example)
    {
        Interlocked.Add(ref _items, items);
        Volatile.Write(ref _example, example);
    }
}
