using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Storage;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Exemplars;

/// <summary>
/// The store's exemplars: a ring in memory, and a log of its own from which the ring is filled again at the next start. Segments of the log
/// go when everything in them has left the ring. See <c>docs/format/metrics.md</c>, "exemplars". Thread-safe.
/// </summary>
internal sealed class ExemplarStore : IDisposable
{
    /// <summary>Kind of the records of exemplars in the log.</summary>
    private const byte Kind = 1;

    /// <summary>Kind of the records of deletions: of exemplars in the records before.</summary>
    private const byte DeletionKind = 2;

    private const int MaxMatcherBytes = 1 << 20;

    private const string Folder = "exemplars";

    /// <summary>Small segments: what has left the ring is given back soon.</summary>
    private const long SegmentBytes = 4 << 20;

    /// <summary>Records between two looks for segments that can go.</summary>
    private const int DropInterval = 256;

    /// <summary>Characters of an exemplar's label names and values together: OpenMetrics' bound, to which Prometheus holds every sender.</summary>
    private const int MaxLabelRunes = 128;

    private readonly Lock _gate = new();
    private readonly MetricStoreOptions _options;
    private readonly ByteWriter _record = new();
    private readonly ByteWriter _labels = new();
    private readonly ExemplarRing _ring;
    private readonly WriteAheadLog? _log;
    private readonly List<int> _taken = [];
    private readonly Dictionary<int, int> _series = [];
    private int _sinceDrop;

    private ExemplarStore(MetricStoreOptions options)
    {
        _options = options;
        _ring = new ExemplarRing(Math.Max(1, options.MaxExemplars));
        if (options.MaxExemplars <= 0)
        {
            return;
        }

        var lost = 0;
        _log = WriteAheadLog.Open(
            options.Files,
            Path.Combine(options.Folder, Folder),
            new WalOptions { SegmentBytes = SegmentBytes, SyncInterval = options.SyncInterval, TimeProvider = options.TimeProvider },
            (sequence, kind, record) => lost += (kind == Kind && TryReplay(sequence, record)) || (kind == DeletionKind && TryDelete(record)) ? 0 : 1);
        foreach (var message in _log.Recovery.Messages)
        {
            options.Report(message);
        }

        if (lost > 0)
        {
            options.Report($"{lost} records of exemplars do not decode; the exemplars in them are lost");
        }
    }

    /// <summary>Exemplars held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _ring.Count;
            }
        }
    }

    /// <summary>Opens or makes the log in the store's folder and fills the ring from it.</summary>
    /// <exception cref="StorageFailedException">A file cannot be read or written.</exception>
    public static ExemplarStore Open(MetricStoreOptions options) => new(options);

    /// <summary>Adds the log to a snapshot of the store.</summary>
    /// <exception cref="StorageFailedException">The disk did not take it.</exception>
    public void AddTo(EngineSnapshot snapshot)
    {
        if (_log is not null)
        {
            snapshot.AddLog(_log, Folder);
        }
    }

    /// <summary>
    /// Takes the exemplars of a batch. Those that repeat or precede what their series has, whose labels are too long or whose time is too far in the
    /// future (it would keep out all that come) are left out, as Prometheus does.
    /// </summary>
    /// <exception cref="StorageFailedException">The log did not take them.</exception>
    public void Append(MetricBatch batch)
    {
        if (batch.Exemplars.Count == 0 || _log is null)
        {
            return;
        }

        lock (_gate)
        {
            Encode(batch);
            if (_taken.Count == 0)
            {
                return;
            }

            var sequence = _log.Append(Kind, _record.Written);
            if (!TryReplay(sequence, _record.Written))
            {
                throw new System.Diagnostics.UnreachableException("BUG: a record of exemplars does not decode");
            }

            if (++_sinceDrop >= DropInterval)
            {
                _sinceDrop = 0;
                _log.DropUpTo(_ring.OldestSequence - 1);
            }
        }
    }

    /// <summary>Exemplars in a range; sorted by series.</summary>
    public IReadOnlyList<ExemplarSeries> Select(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs, CancellationToken cancellation)
    {
        List<ExemplarSeries> found;
        lock (_gate)
        {
            found = _ring.Select(selectors, minTimeMs, maxTimeMs, cancellation);
        }

        found.Sort(static (a, b) => a.Series.CompareTo(b.Series));
        return found;
    }

    /// <summary>Deletes exemplars in a range (inclusive) of the series that satisfy all matchers of at least one of the selectors.</summary>
    /// <exception cref="StorageFailedException">The log did not take it.</exception>
    public void Delete(IReadOnlyList<IReadOnlyList<LabelMatcher>> selectors, long minTimeMs, long maxTimeMs)
    {
        lock (_gate)
        {
            if (_log is null || _ring.Select(selectors, minTimeMs, maxTimeMs, CancellationToken.None).Count == 0)
            {
                return;
            }

            _record.Clear();
            _record.WriteZigZag(minTimeMs);
            _record.WriteZigZag(maxTimeMs);
            _record.WriteVarint((ulong)selectors.Count);
            foreach (var selector in selectors)
            {
                _record.WriteVarint((ulong)selector.Count);
                foreach (var matcher in selector)
                {
                    _record.WriteByte((byte)matcher.Type);
                    _record.WriteString(matcher.Name);
                    _record.WriteString(matcher.Value);
                }
            }

            _log.Append(DeletionKind, _record.Written);
            _ring.Delete(selectors, minTimeMs, maxTimeMs);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _log?.Dispose();
            _record.Dispose();
            _labels.Dispose();
        }
    }

    // Only what the ring takes is written. Several of one series in a batch are judged against the ring, and again as they are added.
    private void Encode(MetricBatch batch)
    {
        _taken.Clear();
        _series.Clear();
        _record.Clear();
        var newest = (_options.TimeProvider.GetUtcNow() + _options.Limits.MaxFuture).ToUnixTimeMilliseconds();
        for (var i = 0; i < batch.Exemplars.Count; i++)
        {
            var (series, timestampMs, value, labels) = batch.Exemplars[i];
            _labels.Clear();
            labels.WriteKey(_labels);
            if (timestampMs <= newest && FitsRunes(labels) && _ring.Takes(batch.SeriesHash(series), timestampMs, value, _labels.Written))
            {
                _taken.Add(i);
                _series.TryAdd(series, _series.Count);
            }
        }

        _record.WriteVarint((ulong)_series.Count);
        foreach (var series in _series.Keys)
        {
            _record.WriteLengthPrefixed(batch.SeriesKey(series));
        }

        _record.WriteVarint((ulong)_taken.Count);
        foreach (var i in _taken)
        {
            var (series, timestampMs, value, labels) = batch.Exemplars[i];
            _labels.Clear();
            labels.WriteKey(_labels);
            _record.WriteVarint((ulong)_series[series]);
            _record.WriteZigZag(timestampMs);
            _record.WriteDouble(value);
            _record.WriteLengthPrefixed(_labels.Written);
        }
    }

    private static bool FitsRunes(LabelSet labels)
    {
        var runes = 0;
        foreach (ref readonly var label in labels.Span)
        {
            runes += Runes(label.Name) + Runes(label.Value);
        }

        return runes <= MaxLabelRunes;
    }

    private static int Runes(string text)
    {
        var runes = text.Length;
        foreach (var c in text)
        {
            runes -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return runes;
    }

    private bool TryDelete(ReadOnlySpan<byte> record)
    {
        var reader = new ByteReader(record);
        var (min, max) = (reader.ReadZigZag(), reader.ReadZigZag());
        var selectors = new List<LabelMatcher>[reader.ReadCount(record.Length)];
        for (var i = 0; i < selectors.Length && !reader.Failed; i++)
        {
            selectors[i] = [];
            for (var left = reader.ReadCount(reader.Remaining); left > 0 && !reader.Failed; left--)
            {
                var type = reader.ReadByte();
                var (name, value) = (reader.ReadString(MaxMatcherBytes), reader.ReadString(MaxMatcherBytes));
                if (reader.Failed || type > (byte)MatchType.NotRegex)
                {
                    return false;
                }

                selectors[i].Add(new LabelMatcher((MatchType)type, name, value));
            }
        }

        if (!reader.AtEnd)
        {
            return false;
        }

        _ring.Delete(selectors, min, max);
        return true;
    }

    private bool TryReplay(long sequence, ReadOnlySpan<byte> record)
    {
        var reader = new ByteReader(record);
        var keys = new (int At, int Length)[reader.ReadCount(record.Length)];
        for (var i = 0; i < keys.Length && !reader.Failed; i++)
        {
            var length = reader.ReadLengthPrefixed().Length;
            keys[i] = (reader.Position - length, length);
        }

        var count = reader.ReadCount(record.Length);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var series = reader.ReadCount(Math.Max(0, keys.Length - 1));
            var timestampMs = reader.ReadZigZag();
            var value = reader.ReadDouble();
            var labels = reader.ReadLengthPrefixed();
            if (reader.Failed || series >= keys.Length)
            {
                return false;
            }

            var key = record.Slice(keys[series].At, keys[series].Length);
            var hash = Hash128.Compute(key);
            if (_ring.Takes(hash, timestampMs, value, labels))
            {
                _ring.Add(sequence, hash, key, timestampMs, value, labels);
            }
        }

        return reader.AtEnd;
    }
}
