using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>The samples of one series, ascending by time. Not thread-safe.</summary>
internal sealed class InMemorySeries(LabelSet labels)
{
    private readonly List<long> _times = [];
    private readonly List<(double Value, NativeHistogram? Histogram, long StartMs)> _samples = [];

    public LabelSet Labels { get; } = labels;

    /// <summary>Adds or replaces a sample; true when it is a new one.</summary>
    public bool Put(long timestampMs, double value, NativeHistogram? histogram, long startMs)
    {
        // Almost all samples come in order.
        var at = _times.Count == 0 || timestampMs > _times[^1] ? ~_times.Count : _times.BinarySearch(timestampMs);
        if (at >= 0)
        {
            _samples[at] = (value, histogram, startMs);
            return false;
        }

        _times.Insert(~at, timestampMs);
        _samples.Insert(~at, (value, histogram, startMs));
        return true;
    }

    public bool HasAny(long minTimeMs, long maxTimeMs)
    {
        var from = From(minTimeMs);
        return from < _times.Count && _times[from] <= maxTimeMs;
    }

    public void Read(long minTimeMs, long maxTimeMs, SampleBuffer buffer)
    {
        for (var i = From(minTimeMs); i < _times.Count && _times[i] <= maxTimeMs; i++)
        {
            var (value, histogram, startMs) = _samples[i];
            if (histogram is null)
            {
                buffer.Add(_times[i], value);
            }
            else
            {
                buffer.Add(_times[i], histogram);
            }

            if (startMs != 0)
            {
                buffer.SetStart(startMs);
            }
        }
    }

    private int From(long minTimeMs)
    {
        var at = _times.BinarySearch(minTimeMs);
        return at < 0 ? ~at : at;
    }
}
