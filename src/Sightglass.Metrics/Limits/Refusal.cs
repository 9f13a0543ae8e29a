using Sightglass.Core.Model;

namespace Sightglass.Metrics.Limits;

/// <summary>What was refused of one job for one reason. Not thread-safe.</summary>
/// <param name="verdict">The reason.</param>
/// <param name="subject">The metric or label that is over; empty where the reason is neither.</param>
/// <param name="firstAt">When it happened first.</param>
internal sealed class Refusal(SeriesVerdict verdict, string subject, DateTimeOffset firstAt)
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

    public SeriesRefusal Told(string sender, string job)
    {
        var example = LabelSet.FromKey(_example);
        return new SeriesRefusal(sender, job, verdict, _samples, firstAt, _lastAt, example)
        {
            Metric = verdict switch
            {
                SeriesVerdict.TooManyActiveSeriesOfMetric => subject,
                SeriesVerdict.TooManyValuesOfLabel => example.Name,
                _ => null,
            },
            Label = verdict == SeriesVerdict.TooManyValuesOfLabel ? subject : null,
        };
    }
}
