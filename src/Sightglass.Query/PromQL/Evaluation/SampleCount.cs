using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Counts the samples that an evaluation was given, by step where asked for. Thread-safe.</summary>
internal sealed class SampleCount(int steps, bool perStep)
{
    /// <summary>Bytes of a float sample, the unit in which Prometheus counts histograms.</summary>
    private const int FloatSampleBytes = 16;

    /// <summary>Bytes of a histogram without its buckets, as Prometheus counts them, its timestamp included.</summary>
    private const int HistogramHeaderBytes = 168 + 8;

    private readonly long[]? _perStep = perStep ? new long[steps] : null;
    private long _total;

    public bool PerStep => _perStep is not null;

    public long Total => Interlocked.Read(ref _total);

    /// <summary>Counts samples of several steps together; those of single steps are told by <see cref="AtStep"/>.</summary>
    public void Add(long samples) => Interlocked.Add(ref _total, samples);

    public void AtStep(int step, long samples)
    {
        if (_perStep is not null)
        {
            Interlocked.Add(ref _perStep[step], samples);
        }
    }

    /// <summary>What was counted for one step stands for every one of <paramref name="count"/> steps.</summary>
    public void AddForEachStep(long samples, int count)
    {
        Add(samples * count);
        for (var i = 0; _perStep is not null && i < count; i++)
        {
            AtStep(i, samples);
        }
    }

    public IReadOnlyList<(long TimeMs, long Samples)> Steps(StepGrid grid) =>
        _perStep is null ? [] : [.. _perStep.Select((samples, i) => (grid.Time(i), samples))];

    /// <summary>How many samples a histogram counts for.</summary>
    public static long Of(NativeHistogram histogram) =>
        (HistogramHeaderBytes + (8 * (histogram.PositiveSpans.Length + histogram.NegativeSpans.Length + histogram.PositiveBuckets.Length
            + histogram.NegativeBuckets.Length + histogram.CustomBounds.Length))) / FloatSampleBytes;

    /// <summary>How many samples a window counts for.</summary>
    public static long Of(ReadOnlySpan<double> values, ReadOnlySpan<NativeHistogram> histograms)
    {
        long samples = values.Length;
        foreach (var histogram in histograms)
        {
            samples += Of(histogram);
        }

        return samples;
    }
}
