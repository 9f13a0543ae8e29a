using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;

namespace Sightglass.Metrics.Querying;

/// <summary>The series that a selection found, with their places in parts and tables.</summary>
internal sealed class SeriesSelection : ISeriesSelection
{
    [ThreadStatic]
    private static SampleList? _scratch;

    private readonly Snapshot _snapshot;
    private readonly Action<CorruptDataException> _lost;
    private readonly long _minTime;
    private readonly long _maxTime;
    private readonly MemoryTable[] _tables;
    private readonly FoundSeries[] _series;
    private readonly Place[] _places;
    private readonly PartDeletions?[] _deletions;
    private readonly PartStarts?[] _starts;

    private SeriesSelection(Snapshot snapshot, Action<CorruptDataException> lost, long minTime, long maxTime, MemoryTable[] tables, FoundSeries[] series, Place[] places, bool withStarts)
    {
        _snapshot = snapshot;
        _lost = lost;
        _minTime = minTime;
        _maxTime = maxTime;
        _tables = tables;
        _series = series;
        _places = places;

        // Asked once for each part instead of each series.
        _deletions = Array.ConvertAll(snapshot.Parts, static p => p.Deletions is { IsActive: true } active ? active : null);
        _starts = withStarts ? Array.ConvertAll(snapshot.Parts, static p => p.Starts()) : [];
    }

    public int Count => _series.Length;

    /// <summary>Finds series; takes the snapshot over.</summary>
    public static SeriesSelection Create(
        Snapshot snapshot,
        Action<CorruptDataException> lost,
        IReadOnlyList<LabelMatcher> matchers,
        long minTime,
        long maxTime,
        bool withStarts,
        CancellationToken cancellation)
    {
        try
        {
            var tables = snapshot.Tables;
            var search = new SeriesSearch(matchers, minTime, maxTime, cancellation);
            for (var p = 0; p < snapshot.Parts.Length; p++)
            {
                search.Add(snapshot.Parts[p], p);
            }

            search.Add(tables, snapshot.Parts.Length);
            var (series, places) = search.Finish();
            return new SeriesSelection(snapshot, lost, minTime, maxTime, tables, series, places, withStarts);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    public LabelSet Labels(int series) => _series[series].Labels;

    public void Read(int series, SampleBuffer buffer)
    {
        buffer.Clear();
        try
        {
            for (var place = _series[series].FirstPlace; place >= 0; place = _places[place].Next)
            {
                if (!TryRead(_places[place], buffer))
                {
                    ReadUnordered(series, buffer);
                    return;
                }
            }
        }
        catch (CorruptDataException e)
        {
            _lost(e);
            throw;
        }
    }

    public void Dispose() => _snapshot.Dispose();

    // The ordinary case: parts and tables one after the other in time, decoded to where they are wanted.
    private bool TryRead(Place place, SampleBuffer buffer)
    {
        if (place.Source < _snapshot.Parts.Length)
        {
            var before = buffer.Count;
            if (_deletions[place.Source]?.Touches(place.Id, _minTime, _maxTime) == true
                || !_snapshot.Parts[place.Source].TryRead(place.Id, _minTime, _maxTime, buffer))
            {
                return false;
            }

            if (StartsOf(place) is { } starts && buffer.Count > before)
            {
                starts.Fill(place.Id, buffer.TimestampsMs[before..], buffer.StartsOfLast(buffer.Count - before));
            }

            return true;
        }

        var samples = _scratch ??= new SampleList();
        samples.Clear();
        ReadTable(place, samples);
        samples.Normalize();
        var from = samples.LowerBound(_minTime);
        if (from < samples.Count && buffer.Count > 0 && samples.Timestamps[from] <= buffer.TimestampsMs[^1])
        {
            return false;
        }

        samples.CopyTo(buffer, _minTime, _maxTime);
        return true;
    }

    private void ReadUnordered(int series, SampleBuffer buffer)
    {
        buffer.Clear();
        var samples = _scratch ??= new SampleList();
        samples.Clear();
        for (var place = _series[series].FirstPlace; place >= 0; place = _places[place].Next)
        {
            if (_places[place].Source < _snapshot.Parts.Length)
            {
                var part = _snapshot.Parts[_places[place].Source];
                var before = samples.Count;
                part.Read(part.Shared, _places[place].Id, _minTime, _maxTime, samples);
                if (StartsOf(_places[place]) is { } starts && samples.Count > before)
                {
                    starts.Fill(_places[place].Id, samples.Timestamps[before..], samples.StartsOfLast(samples.Count - before));
                }

                _deletions[_places[place].Source]?.Remove(_places[place].Id, samples, before);
                if (part.ResolutionMs > 0)
                {
                    buffer.NoteCoarse(part.ResolutionMs, part.MaxTime);
                }
            }
            else
            {
                ReadTable(_places[place], samples);
            }
        }

        samples.Normalize();
        samples.CopyTo(buffer, _minTime, _maxTime);
    }

    private PartStarts? StartsOf(Place place) => _starts.Length > 0 && _starts[place.Source] is { } starts && starts.Has(place.Id) ? starts : null;

    private void ReadTable(Place place, SampleList samples)
    {
        var table = _tables[place.Source - _snapshot.Parts.Length];
        table.Lock.EnterReadLock();
        try
        {
            table.Read(place.Id, samples, _minTime, _maxTime);
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }
}
