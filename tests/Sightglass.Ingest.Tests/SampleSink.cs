using System.Globalization;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Tests;

/// <summary>Keeps the samples that come, as text with seconds since 2026. Samples may be looked at while others come.</summary>
internal sealed class SampleSink : IBatchSink
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly List<(string Name, string Labels, double Value, double At)> _samples = [];

    public bool Fails { get; set; }

    public string Sender { get; private set; } = string.Empty;

    public List<string> Metadata { get; } = [];

    public List<string> Histograms { get; } = [];

    public List<string> Exemplars { get; } = [];

    public List<double> Starts { get; } = [];

    public IReadOnlyList<string> Samples
    {
        get
        {
            lock (_samples)
            {
                return [.. _samples.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name}{s.Labels} {s.Value} @{s.At}"))];
            }
        }
    }

    /// <summary>Gives what came since the last time.</summary>
    public string[] Take()
    {
        lock (_samples)
        {
            string[] samples = [.. Samples];
            _samples.Clear();
            return samples;
        }
    }

    public IEnumerable<(string Labels, double Value)> Last(string name) => _samples.Where(s => s.Name == name).GroupBy(s => s.Labels).Select(g => (g.Key, g.Last().Value));

    public AppendResult Append(MetricBatch batch)
    {
        if (Fails)
        {
            throw new StorageFailedException("disk full");
        }

        Sender = batch.Sender;
        Metadata.AddRange(batch.Metadata.Select(m => $"{m.Family} {m.Type} {m.Help}"));
        for (var i = 0; i < batch.SampleCount; i++)
        {
            var (name, labels) = (string.Empty, new List<string>());
            foreach (var pair in SeriesKey.Read(batch.SeriesKey(batch.SampleSeries[i])))
            {
                var (key, value) = (Encoding.UTF8.GetString(pair.Name), Encoding.UTF8.GetString(pair.Value));
                if (key == "__name__")
                {
                    name = value;
                }
                else
                {
                    labels.Add($"{key}=\"{value}\"");
                }
            }

            lock (_samples)
            {
                _samples.Add((name, $"{{{string.Join(", ", labels)}}}", batch.SampleValues[i], (batch.SampleTimestampsMs[i] - Start.ToUnixTimeMilliseconds()) / 1000.0));
            }
        }

        foreach (var (series, timestampMs, histogram) in batch.Histograms)
        {
            Histograms.Add($"{LabelSet.FromKey(batch.SeriesKey(series))} {histogram.Count} @{(timestampMs - Start.ToUnixTimeMilliseconds()) / 1000.0}");
        }

        foreach (var exemplar in batch.Exemplars)
        {
            Exemplars.Add($"{LabelSet.FromKey(batch.SeriesKey(exemplar.Series))} {exemplar.Labels}");
        }

        Starts.AddRange(batch.SampleStartsMs.ToArray().Where(static s => s != 0).Select(s => (s - Start.ToUnixTimeMilliseconds()) / 1000.0));
        return AppendResult.All(batch.SampleCount + batch.Histograms.Count);
    }

    public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();
}
