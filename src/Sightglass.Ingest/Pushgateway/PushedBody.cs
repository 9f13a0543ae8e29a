using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>Reads a pushed body, text or protobuf, into families.</summary>
internal static class PushedBody
{
    // What is pushed is stored as it is: nothing is renamed, converted or left out.
    private static readonly ScrapeConfiguration AsIs = new() { JobName = "pushgateway", HonorLabels = true, AlwaysClassicHistograms = true, NativeHistograms = true };

    private static readonly string[] PartSuffixes = ["_bucket", "_count", "_sum"];

    /// <exception cref="MalformedInputException">It does not parse, has timestamps, or has a series twice.</exception>
    public static Dictionary<string, PushedFamily> Read(ReadOnlySpan<byte> body, PushFormat format, LabelSet key, DateTimeOffset now, IngestLimits limits)
    {
        using var batch = MetricBatch.Rent();
        var appender = new SampleAppender(AsIs, LabelSet.Empty, limits);
        var families = new MetricFamilies();
        var nowMs = now.ToUnixTimeMilliseconds();
        appender.Begin(batch, nowMs);
        families.Begin();
        try
        {
            if (format == PushFormat.Protobuf)
            {
                new ProtobufAnswer(appender, families, AsIs).Read(body);
            }
            else
            {
                new TextAnswer(appender, families).Read(body, format == PushFormat.OpenMetrics);
            }

            appender.End();
        }
        catch (ScrapeFailedException e)
        {
            throw new MalformedInputException(e.Message, inner: e);
        }

        families.End(batch);
        if (batch.SampleTimestampsMs.ContainsAnyExcept(nowMs) || batch.Histograms.Any(h => h.TimestampMs != nowMs))
        {
            throw new MalformedInputException("pushed metrics must not have timestamps");
        }

        return Families(batch, families.Snapshot, key, now, appender.Kept);
    }

    /// <summary>The family that a series belongs to: its own name, or that of the histogram or summary it is a part of.</summary>
    private static string FamilyOf(string name, Dictionary<string, MetricMetadata> metadata)
    {
        if (metadata.ContainsKey(name))
        {
            return name;
        }

        foreach (var suffix in PartSuffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && metadata.TryGetValue(name[..^suffix.Length], out var family)
                && family.Type is MetricType.Histogram or MetricType.GaugeHistogram or MetricType.Summary)
            {
                return family.Family;
            }
        }

        return name;
    }

    private static Dictionary<string, PushedFamily> Families(MetricBatch batch, IReadOnlyList<MetricMetadata> snapshot, LabelSet key, DateTimeOffset now, int kept)
    {
        var metadata = snapshot.ToDictionary(static m => m.Family, StringComparer.Ordinal);
        var samples = new Dictionary<string, List<PushedSample>>(StringComparer.Ordinal);
        var seen = new HashSet<(LabelSet, bool)>();
        for (var i = 0; i < batch.SampleCount; i++)
        {
            Add(batch.SampleSeries[i], batch.SampleValues[i], null);
        }

        foreach (var (series, _, histogram) in batch.Histograms)
        {
            Add(series, double.NaN, histogram);
        }

        if (kept != batch.SampleCount + batch.Histograms.Count)
        {
            throw new MalformedInputException("pushed metrics are invalid or inconsistent with existing metrics: a series was collected before with the same name and label values");
        }

        return samples.ToDictionary(
            static f => f.Key,
            f => new PushedFamily(metadata.GetValueOrDefault(f.Key) ?? new MetricMetadata(f.Key, MetricType.Unknown, string.Empty, string.Empty), now, f.Value),
            StringComparer.Ordinal);

        void Add(int series, double value, NativeHistogram? histogram)
        {
            var builder = new LabelSetBuilder(LabelSet.FromKey(batch.SeriesKey(series)));
            foreach (var label in key)
            {
                builder.Set(label.Name, label.Value);
            }

            var labels = builder.Build();
            if (!seen.Add((labels, histogram is null)))
            {
                throw new MalformedInputException($"pushed metrics are invalid or inconsistent with existing metrics: {labels} was collected before with the same name and label values");
            }

            var family = FamilyOf(labels.Name, metadata);
            if (!samples.TryGetValue(family, out var list))
            {
                samples.Add(family, list = []);
            }

            list.Add(new PushedSample(labels, value, histogram));
        }
    }
}

/// <summary>Formats of a pushed body.</summary>
public enum PushFormat
{
    /// <summary>Text 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics text.</summary>
    OpenMetrics,

    /// <summary>Delimited <c>io.prometheus.client.MetricFamily</c> messages.</summary>
    Protobuf,
}
