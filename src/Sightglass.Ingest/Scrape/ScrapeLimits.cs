using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>The limits of a scrape job; 0 means none. Where an answer is over one, the whole scrape fails.</summary>
public sealed record ScrapeLimits
{
    /// <summary>No limit but those of the server.</summary>
    public static ScrapeLimits None { get; } = new();

    /// <summary><c>body_size_limit</c>: bytes of an answer after decompression.</summary>
    public long BodySize { get; init; }

    /// <summary><c>sample_limit</c>: samples of an answer after relabelling.</summary>
    public long Samples { get; init; }

    /// <summary><c>target_limit</c>: targets of the job after relabelling; with more of them all scrapes of the job fail.</summary>
    public long Targets { get; init; }

    /// <summary><c>label_limit</c>: labels of a series after relabelling, its name among them.</summary>
    public long Labels { get; init; }

    /// <summary><c>label_name_length_limit</c>, in bytes.</summary>
    public long LabelNameLength { get; init; }

    /// <summary><c>label_value_length_limit</c>, in bytes.</summary>
    public long LabelValueLength { get; init; }

    /// <summary><c>keep_dropped_targets</c>: targets dropped by relabelling that are remembered, only for showing them.</summary>
    public long KeepDroppedTargets { get; init; }

    /// <summary><c>native_histogram_bucket_limit</c>: buckets of one native histogram; its resolution is lowered until it fits.</summary>
    public long HistogramBuckets { get; init; }

    /// <summary><c>native_histogram_min_bucket_factor</c>: growth from bucket to bucket that native histograms have at least.</summary>
    public double HistogramMinBucketFactor { get; init; }

    /// <exception cref="ScrapeFailedException">The labels are over a limit.</exception>
    internal void Check(LabelSet labels)
    {
        if (Labels > 0 && labels.Count > Labels)
        {
            throw new ScrapeFailedException($"label_limit exceeded (metric: {Cut(labels.Name)}, number of labels: {labels.Count}, limit: {Labels})");
        }

        if (LabelNameLength == 0 && LabelValueLength == 0)
        {
            return;
        }

        foreach (var (name, value) in labels.Span)
        {
            var length = System.Text.Encoding.UTF8.GetByteCount(name);
            if (LabelNameLength > 0 && length > LabelNameLength)
            {
                throw new ScrapeFailedException($"label_name_length_limit exceeded (metric: {Cut(labels.Name)}, label name: {Cut(name)}, length: {length}, limit: {LabelNameLength})");
            }

            length = System.Text.Encoding.UTF8.GetByteCount(value);
            if (LabelValueLength > 0 && length > LabelValueLength)
            {
                throw new ScrapeFailedException(
                    $"label_value_length_limit exceeded (metric: {Cut(labels.Name)}, label name: {Cut(name)}, value: \"{Cut(value)}\", length: {length}, limit: {LabelValueLength})");
            }
        }
    }

    private static string Cut(string text) => text.Length <= 50 ? text : text[..50];
}

/// <summary>An answer that is not taken, with the reason that the target's state shows.</summary>
internal class ScrapeFailedException(string message) : Exception(message);

/// <summary>An answer that is larger than allowed.</summary>
internal sealed class BodyTooLargeException(long limit) : ScrapeFailedException($"body size limit exceeded (limit: {limit} bytes)");
