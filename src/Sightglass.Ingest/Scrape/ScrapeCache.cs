using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// What one target's series become: the text of a series in the answer leads to its key after labels were attached and relabelled, so
/// that labels are read once and not at every scrape. Also knows which series the last scrape had, for stale markers.
/// </summary>
internal sealed class ScrapeCache(ScrapeConfiguration configuration, LabelSet target, IngestLimits limits)
{
    private readonly Dictionary<Hash128, Entry> _entries = [];
    private readonly LabelSetBuilder _builder = new();
    private int _generation;

    /// <summary>Starts a scrape.</summary>
    public void Begin() => _generation++;

    /// <summary>The key of a series, or null when relabelling drops it.</summary>
    /// <param name="series">The series as written.</param>
    /// <param name="ownTimestamp">Whether the sample has a timestamp of its own that is used: such series get no stale marker.</param>
    /// <param name="added">Whether the last scrape did not have it.</param>
    public byte[]? Find(ReadOnlySpan<byte> series, bool ownTimestamp, out bool added)
    {
        var hash = Hash128.Compute(series);
        if (!_entries.TryGetValue(hash, out var entry))
        {
            entry = new Entry(MakeKey(series));
            _entries.Add(hash, entry);
        }

        added = !entry.Live && entry.SeenIn != _generation;
        entry.SeenIn = _generation;
        entry.OwnTimestamp = ownTimestamp;
        return entry.Key;
    }

    /// <summary>Ends a successful scrape: adds stale markers for series that are gone and forgets them.</summary>
    public void End(MetricBatch batch, long timestampMs) => Sweep(batch, timestampMs, keepCurrent: true);

    /// <summary>Ends a failed scrape, or the target: every series gets a stale marker.</summary>
    public void EndAll(MetricBatch batch, long timestampMs) => Sweep(batch, timestampMs, keepCurrent: false);

    private void Sweep(MetricBatch batch, long timestampMs, bool keepCurrent)
    {
        List<Hash128>? gone = null;
        foreach (var (hash, entry) in _entries)
        {
            if (keepCurrent && entry.SeenIn == _generation)
            {
                entry.Live = true;
                continue;
            }

            if (entry is { Key: { } key, OwnTimestamp: false, Live: true })
            {
                batch.AddSample(batch.AddSeries(key), timestampMs, SpecialValues.StaleNaN);
            }

            (gone ??= []).Add(hash);
        }

        foreach (var hash in gone ?? [])
        {
            _entries.Remove(hash);
        }
    }

    private byte[]? MakeKey(ReadOnlySpan<byte> series)
    {
        _builder.Reset(LabelSet.Empty);
        ExpositionReader.ReadLabels(series, _builder);
        if (configuration.HonorLabels)
        {
            foreach (var label in target.Span)
            {
                if (_builder.Get(label.Name).Length == 0)
                {
                    _builder.Set(label.Name, label.Value);
                }
            }
        }
        else
        {
            Attach();
        }

        if (!RelabelRule.Apply(configuration.MetricRelabel, _builder))
        {
            return null;
        }

        var labels = _builder.Build();
        if (labels.Name.Length == 0)
        {
            throw new MalformedInputException("a series has no name after relabelling");
        }

        Check(labels);
        using var key = new ByteWriter(256);
        labels.WriteKey(key);
        return key.Written.ToArray();
    }

    // The target's labels win; what the answer had under such a name is kept as exported_….
    private void Attach()
    {
        var moved = new List<Label>();
        foreach (var label in target.Span)
        {
            var own = _builder.Get(label.Name);
            if (own.Length > 0)
            {
                moved.Add(new Label(label.Name, own));
            }

            _builder.Set(label.Name, label.Value);
        }

        foreach (var label in moved)
        {
            var name = "exported_" + label.Name;
            while (_builder.Get(name).Length > 0)
            {
                name = "exported_" + name;
            }

            _builder.Set(name, label.Value);
        }
    }

    private void Check(LabelSet labels)
    {
        var most = configuration.LabelLimit > 0 ? configuration.LabelLimit : limits.MaxLabelsPerSeries;
        if (labels.Count > most)
        {
            throw new LimitExceededException(configuration.LabelLimit > 0 ? "label_limit" : nameof(limits.MaxLabelsPerSeries), most, labels.Count, $"labels of series {labels.Name}");
        }

        foreach (var label in labels.Span)
        {
            if (label.Name.Length > limits.MaxLabelNameBytes)
            {
                throw new LimitExceededException(nameof(limits.MaxLabelNameBytes), limits.MaxLabelNameBytes, label.Name.Length, $"a label name of series {labels.Name}");
            }

            if (label.Value.Length > limits.MaxLabelValueBytes)
            {
                throw new LimitExceededException(nameof(limits.MaxLabelValueBytes), limits.MaxLabelValueBytes, label.Value.Length, $"the value of label {label.Name} of series {labels.Name}");
            }
        }
    }

    private sealed class Entry(byte[]? key)
    {
        public byte[]? Key { get; } = key;

        public int SeenIn { get; set; } = int.MinValue;

        public bool OwnTimestamp { get; set; }

        /// <summary>The last good scrape had it: a scrape that fails half-way stores nothing, so it starts no series either.</summary>
        public bool Live { get; set; }
    }
}
