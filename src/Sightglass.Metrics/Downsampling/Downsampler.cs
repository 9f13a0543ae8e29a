using Sightglass.Core.Model;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Metrics.Downsampling;

/// <summary>
/// Keeps of each bucket the samples that functions of a whole number of buckets need: the first and the last, the least and the greatest, those
/// around a counter's reset, stale markers. What is left out is in the weight of the bucket's last sample, so that counts, sums and averages
/// stay what they were. Buckets are open on the left, like the ranges of PromQL. Native histograms are kept whole. Reused; not thread-safe.
/// </summary>
internal sealed class Downsampler(long resolutionMs)
{
    /// <summary>A series of which more than this share of the steps go down is no counter.</summary>
    private const double MaxResetShare = 0.1;

    private readonly SampleList _output = new();
    private bool[] _kept = new bool[1024];

    /// <summary>The downsampled form of normalized samples; good until the next call.</summary>
    public SampleList Apply(SampleList samples)
    {
        _output.Clear();
        if (_kept.Length < samples.Count)
        {
            _kept = new bool[samples.Count * 2];
        }

        var counter = IsCounter(samples);
        for (var from = 0; from < samples.Count;)
        {
            var bucket = BucketOf(samples.Timestamps[from]);
            var to = from + 1;
            while (to < samples.Count && BucketOf(samples.Timestamps[to]) == bucket)
            {
                to++;
            }

            Add(samples, from, to, counter);
            from = to;
        }

        return _output;
    }

    private long BucketOf(long time) => Math.DivRem(time - 1, resolutionMs, out var rest) - (rest < 0 ? 1 : 0);

    private static bool IsOrdinary(SampleList samples, int at) => (!samples.HasHistograms || samples.Histograms[at] is null) && !SpecialValues.IsStale(samples.Values[at]);

    private static bool IsCounter(SampleList samples)
    {
        var values = samples.Values;
        var down = 0;
        for (var i = 1; i < values.Length; i++)
        {
            down += values[i] < values[i - 1] ? 1 : 0;
        }

        return down <= values.Length * MaxResetShare;
    }

    private void Add(SampleList samples, int from, int to, bool counter)
    {
        var kept = _kept.AsSpan(0, to - from);
        kept.Clear();
        int first = -1, last = -1, least = -1, greatest = -1;
        double count = 0, sum = 0;
        var values = samples.Values;
        for (var i = from; i < to; i++)
        {
            if (!IsOrdinary(samples, i))
            {
                kept[i - from] = true;
                continue;
            }

            var weight = samples.HasWeights ? samples.Weights[i] : default;
            count += weight.CountOf;
            sum += weight.SumOf(values[i]);
            first = first < 0 ? i : first;
            if (counter && last >= 0 && values[i] < values[last])
            {
                kept[last - from] = true;
                kept[i - from] = true;
            }

            last = i;
            least = least < 0 || values[i] < values[least] || double.IsNaN(values[least]) ? i : least;
            greatest = greatest < 0 || values[i] > values[greatest] || double.IsNaN(values[greatest]) ? i : greatest;
        }

        if (last >= 0)
        {
            kept[first - from] = kept[last - from] = kept[least - from] = kept[greatest - from] = true;
        }

        Write(samples, from, to, last, count, sum);
    }

    private void Write(SampleList samples, int from, int to, int last, double count, double sum)
    {
        double othersCount = 0, othersSum = 0;
        for (var i = from; i < to; i++)
        {
            if (!_kept[i - from])
            {
                continue;
            }

            if (samples.HasHistograms && samples.Histograms[i] is { } histogram)
            {
                _output.Add(samples.Timestamps[i], histogram);
                CopyStart(samples, i);
                continue;
            }

            _output.Add(samples.Timestamps[i], samples.Values[i]);
            CopyStart(samples, i);
            if (i == last)
            {
                // Infinities and NaN stay what they are: nothing can be taken from them.
                _output.WeightsOfLast(1)[0] = new SampleWeight(count - othersCount, double.IsFinite(sum) ? sum - othersSum : sum);
            }
            else if (!SpecialValues.IsStale(samples.Values[i]))
            {
                othersCount++;
                othersSum += samples.Values[i];
            }
        }
    }

    private void CopyStart(SampleList samples, int at)
    {
        if (samples.HasStarts)
        {
            _output.StartsOfLast(1)[0] = samples.Starts[at];
        }
    }
}
