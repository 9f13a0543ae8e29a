using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>Makes the key of a series of what a target wrote: attaches the target's labels, relabels, checks. Not thread-safe.</summary>
internal sealed class SeriesNaming(ScrapeConfiguration configuration, LabelSet target, IngestLimits limits)
{
    private readonly LabelSetBuilder _builder = new();

    /// <summary>The series' key, or null when relabelling drops it.</summary>
    /// <exception cref="ScrapeFailedException">The series cannot be taken, and the answer with it.</exception>
    public byte[]? KeyOf(ExposedLabels exposed)
    {
        _builder.Reset(LabelSet.Empty);
        foreach (var label in exposed.Labels)
        {
            _builder.Set(label.Name, label.Value);
        }

        if (configuration.HonorLabels)
        {
            foreach (var label in target.Span)
            {
                // An empty label of the answer counts as one: it keeps the target's away.
                if (!exposed.Has(label.Name))
                {
                    _builder.Set(label.Name, label.Value);
                }
            }
        }
        else
        {
            Attach();
        }

        if (!RelabelRule.Apply(configuration.MetricRelabel, _builder) || _builder.Names.Count == 0)
        {
            return null;
        }

        var labels = _builder.Build();
        Check(labels);
        using var key = new ByteWriter(256);
        labels.WriteKey(key);
        return key.Written.ToArray();
    }

    // The target's labels win; what the answer had under such a name is kept as exported_…, the shortest name first.
    private void Attach()
    {
        List<Label>? moved = null;
        foreach (var label in target.Span)
        {
            var own = _builder.Get(label.Name);
            if (own.Length > 0)
            {
                (moved ??= []).Add(new Label(label.Name, own));
            }

            _builder.Set(label.Name, label.Value);
        }

        foreach (var label in moved?.OrderBy(l => l.Name.Length) ?? Enumerable.Empty<Label>())
        {
            var name = "exported_" + label.Name;
            while (_builder.Get(name).Length > 0)
            {
                name = "exported_" + name;
            }

            _builder.Set(name, label.Value);
        }
    }

    private void Check(LabelSet labels)
    {
        if (labels.Name.Length == 0)
        {
            throw new ScrapeFailedException("missing metric name (__name__ label)");
        }

        if (configuration.LegacyNames && !IsLegacy(labels))
        {
            throw new ScrapeFailedException($"invalid metric name or label names: {labels}");
        }

        configuration.Limits.Check(labels);
        if (labels.Count > limits.MaxLabelsPerSeries)
        {
            throw new LimitExceededException(nameof(limits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries, labels.Count, $"labels of series {labels.Name}");
        }

        foreach (var label in labels.Span)
        {
            if (label.Name.Length > limits.MaxLabelNameBytes)
            {
                throw new LimitExceededException(nameof(limits.MaxLabelNameBytes), limits.MaxLabelNameBytes, label.Name.Length, $"a label name of series {labels.Name}");
            }

            if (label.Value.Length > limits.MaxLabelValueBytes)
            {
                throw new LimitExceededException(nameof(limits.MaxLabelValueBytes), limits.MaxLabelValueBytes, label.Value.Length, $"the value of label {label.Name} of series {labels.Name}");
            }
        }
    }

    private static bool IsLegacy(LabelSet labels)
    {
        foreach (var (name, value) in labels.Span)
        {
            if (!LegacyName.IsLabel(name) || (name == LabelSet.MetricName && !LegacyName.IsMetric(value)))
            {
                return false;
            }
        }

        return true;
    }
}
