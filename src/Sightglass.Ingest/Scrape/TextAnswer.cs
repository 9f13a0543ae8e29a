using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>Takes answers in Prometheus' text format and in OpenMetrics. Not thread-safe; one for each target.</summary>
internal sealed class TextAnswer(SampleAppender appender, MetricFamilies families)
{
    private readonly ExposedLabels _exemplarLabels = new();
    private readonly CreatedLines _created = new();

    /// <exception cref="MalformedInputException">It is not in that format.</exception>
    /// <exception cref="ScrapeFailedException">A series cannot be taken.</exception>
    public void Read(ReadOnlySpan<byte> body, bool openMetrics)
    {
        if (!System.Text.Unicode.Utf8.IsValid(body))
        {
            throw new MalformedInputException("the answer is not valid UTF-8");
        }

        var reader = new ExpositionReader(body, openMetrics);
        var begins = openMetrics && appender.TakesCreated;
        MetricFamily? family = null;
        _created.Begin();
        while (reader.Next())
        {
            if (reader.Entry != ExpositionEntry.Sample)
            {
                family = Describe(reader, family);
                _created.Begin();
                continue;
            }

            var identity = Hash128.Compute(reader.Name);
            var createdMs = 0L;
            if (begins && family is not null && CreatedLines.Has(family.Type))
            {
                if (_created.IsCreated(reader, identity))
                {
                    continue;
                }

                createdMs = _created.Find(reader, identity);
            }

            var series = appender.Cache.Find(identity) ?? Learn(identity, reader.Name, family);
            var at = appender.Add(series, reader.TimestampMs, reader.Value, createdMs);
            if (reader.Exemplar.Length > 0)
            {
                AddExemplar(reader, at, series);
            }
        }
    }

    private ExposedSeries Learn(Hash128 identity, ReadOnlySpan<byte> text, MetricFamily? family)
    {
        var labels = appender.Labels;
        labels.Clear();
        ExpositionReader.ReadLabels(text, labels);
        var bound = family?.Type switch { MetricType.Histogram => "le", MetricType.Summary => "quantile", _ => null };
        if (bound is not null && labels.Has(bound) && GoNumber.TryParse(labels.Get(bound), out var number))
        {
            // Each bound has one spelling, so that 1 and 1.0 are one series.
            labels.Set(bound, GoNumber.OpenMetrics(number));
        }

        return appender.Learn(identity, family is { Type: MetricType.Histogram } ? family.Name : null);
    }

    private MetricFamily? Describe(in ExpositionReader reader, MetricFamily? current)
    {
        var family = families.Of(reader.Name);
        switch (reader.Entry)
        {
            case ExpositionEntry.Type:
                appender.FlushHistograms();
                family.SetType(TypeOf(reader.Text));
                return family;
            case ExpositionEntry.Help:
                family.SetHelp(reader.Text, escaped: true);
                break;
            default:
                family.SetUnit(reader.Text);
                break;
        }

        return current;
    }

    private static MetricType TypeOf(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("counter"u8) ? MetricType.Counter
        : text.SequenceEqual("gauge"u8) ? MetricType.Gauge
        : text.SequenceEqual("histogram"u8) ? MetricType.Histogram
        : text.SequenceEqual("gaugehistogram"u8) ? MetricType.GaugeHistogram
        : text.SequenceEqual("summary"u8) ? MetricType.Summary
        : text.SequenceEqual("info"u8) ? MetricType.Info
        : text.SequenceEqual("stateset"u8) ? MetricType.StateSet
        : text.SequenceEqual("unknown"u8) || text.SequenceEqual("untyped"u8) ? MetricType.Unknown
        : throw new MalformedInputException($"invalid metric type \"{Encoding.UTF8.GetString(text)}\"");

    private void AddExemplar(in ExpositionReader reader, int series, ExposedSeries exposed)
    {
        var text = reader.Exemplar;
        var end = ExpositionReader.LabelsEnd(text);
        _exemplarLabels.Clear();
        ExpositionReader.ReadLabels(text[..end], _exemplarLabels);
        var parts = Encoding.UTF8.GetString(text[end..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > 2 || !GoNumber.TryParse(parts[0], out var value))
        {
            throw new MalformedInputException("an exemplar has no value");
        }

        long? at = null;
        if (parts.Length == 2)
        {
            at = GoNumber.TryParse(parts[1], out var seconds) && Math.Abs(seconds) < 1e14 ? (long)(seconds * 1000) : throw new MalformedInputException("an exemplar's timestamp is not valid");
        }

        appender.AddExemplar(series, exposed, value, at, reader.TimestampMs, _exemplarLabels.ToSet());
    }
}
