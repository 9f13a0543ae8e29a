using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// What one target's series became: the bytes by which an answer names a series lead to its key after labels were attached and relabelled, so that
/// labels are read once and not at every scrape. Also knows which series the last good scrape had, for stale markers. Not thread-safe.
/// </summary>
internal sealed class ScrapeCache
{
    /// <summary>A generation that never is.</summary>
    public const int Never = int.MinValue;

    private readonly Dictionary<Hash128, ExposedSeries> _exposed = [];
    private readonly Dictionary<Hash128, StoredSeries> _stored = [];
    private List<byte[]> _inherited = [];
    private int _generation;
    private int _lastGood = Never;
    private int _seen;
    private int _tracked;
    private int _continued;
    private int _trackedInLastGood;

    /// <summary>Starts a scrape.</summary>
    public void Begin()
    {
        _generation++;
        (_seen, _tracked, _continued) = (0, 0, 0);
    }

    /// <summary>The series that an answer names so, or null when it is new.</summary>
    public ExposedSeries? Find(Hash128 identity) => _exposed.GetValueOrDefault(identity);

    /// <summary>Adds a series. Two names may lead to the same key: the series is the same then.</summary>
    /// <param name="identity">By what the answer names it.</param>
    /// <param name="key">Its key, or null when relabelling dropped it.</param>
    public ExposedSeries Add(Hash128 identity, byte[]? key)
    {
        var exposed = new ExposedSeries(Store(key));
        _exposed[identity] = exposed;
        return exposed;
    }

    /// <summary>A series without a name in an answer: one that is made of several others.</summary>
    public StoredSeries? Store(byte[]? key)
    {
        if (key is null)
        {
            return null;
        }

        var hash = Hash128.Compute(key);
        if (!_stored.TryGetValue(hash, out var stored))
        {
            stored = new StoredSeries(key);
            _stored.Add(hash, stored);
        }

        return stored;
    }

    /// <summary>The answer has the series; false when it had it before.</summary>
    public bool Mark(ExposedSeries series)
    {
        if (series.SeenIn == _generation)
        {
            return false;
        }

        series.SeenIn = _generation;
        _seen++;
        return true;
    }

    /// <summary>A sample at the scrape's own time was taken for the series: false when there is one already.</summary>
    public bool Take(StoredSeries series)
    {
        if (series.SampledIn == _generation)
        {
            return false;
        }

        series.SampledIn = _generation;
        return true;
    }

    /// <summary>The series is to get a stale marker when it vanishes.</summary>
    public void Track(StoredSeries series)
    {
        if (series.TrackedIn == _generation)
        {
            return;
        }

        _tracked++;
        _continued += series.TrackedIn == _lastGood ? 1 : 0;
        series.TrackedBefore = series.TrackedIn;
        series.TrackedIn = _generation;
    }

    /// <summary>Ends a successful scrape: adds stale markers for series that are gone and forgets them.</summary>
    public void End(MetricBatch batch, long timestampMs)
    {
        foreach (var key in _inherited)
        {
            if (!_stored.TryGetValue(Hash128.Compute(key), out var stored) || stored.TrackedIn != _generation)
            {
                batch.AddSample(batch.AddSeries(key), timestampMs, SpecialValues.StaleNaN);
            }
        }

        _inherited = [];
        if (_continued < _trackedInLastGood)
        {
            foreach (var stored in _stored.Values)
            {
                if (stored.TrackedIn == _lastGood)
                {
                    batch.AddSample(batch.AddSeries(stored.Key), timestampMs, SpecialValues.StaleNaN);
                }
            }
        }

        _lastGood = _generation;
        _trackedInLastGood = _tracked;
        if (_seen < _exposed.Count)
        {
            Forget();
        }
    }

    /// <summary>Ends a failed scrape, or the target: every series that is live gets a stale marker. What they are called is remembered.</summary>
    public void EndAll(MetricBatch batch, long timestampMs)
    {
        foreach (var key in Live())
        {
            batch.AddSample(batch.AddSeries(key), timestampMs, SpecialValues.StaleNaN);
            if (_stored.TryGetValue(Hash128.Compute(key), out var stored))
            {
                stored.LastMs = Math.Max(stored.LastMs, timestampMs);
            }
        }

        _inherited = [];
        _lastGood = Never;
        _trackedInLastGood = 0;
    }

    /// <summary>Takes over the series that another cache of the same target has live, so that those get stale markers that do not come back.</summary>
    public void Inherit(ScrapeCache other) => _inherited = [.. other.Live()];

    private IEnumerable<byte[]> Live()
    {
        if (_lastGood != Never)
        {
            foreach (var stored in _stored.Values)
            {
                // A scrape that failed half-way has marked some of them already.
                if (stored.TrackedIn == _lastGood || (stored.TrackedIn == _generation && stored.TrackedBefore == _lastGood))
                {
                    yield return stored.Key;
                }
            }
        }

        foreach (var key in _inherited)
        {
            yield return key;
        }
    }

    private void Forget()
    {
        foreach (var (identity, exposed) in _exposed)
        {
            if (exposed.SeenIn != _generation)
            {
                _exposed.Remove(identity);
            }
        }

        foreach (var exposed in _exposed.Values)
        {
            exposed.Stored?.KeptIn = _generation;
            exposed.Part?.Histogram.Stored?.KeptIn = _generation;
        }

        foreach (var (hash, stored) in _stored)
        {
            if (stored.KeptIn != _generation)
            {
                _stored.Remove(hash);
            }
        }
    }
}
