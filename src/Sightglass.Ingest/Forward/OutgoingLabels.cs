using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// The labels under which a series is sent on: external labels added, then relabelled. What became of a series is remembered, so that rules run
/// once for each. Not thread-safe.
/// </summary>
internal sealed class OutgoingLabels(LabelSet external, IReadOnlyList<RelabelRule> rules)
{
    /// <summary>Series remembered; when there are more everything is forgotten.</summary>
    private const int MaxSeries = 1 << 18;

    private readonly Dictionary<Hash128, byte[]?> _known = [];

    /// <summary>The key to send under; false when the series is not sent.</summary>
    public bool TryGet(MetricBatch batch, int series, out ReadOnlySpan<byte> key)
    {
        if (external.Count == 0 && rules.Count == 0)
        {
            key = batch.SeriesKey(series);
            return true;
        }

        var hash = batch.SeriesHash(series);
        if (!_known.TryGetValue(hash, out var outgoing))
        {
            if (_known.Count >= MaxSeries)
            {
                _known.Clear();
            }

            outgoing = Make(LabelSet.FromKey(batch.SeriesKey(series)));
            _known.Add(hash, outgoing);
        }

        key = outgoing;
        return outgoing is not null;
    }

    private byte[]? Make(LabelSet labels)
    {
        var builder = new LabelSetBuilder(labels);
        foreach (var label in external)
        {
            if (!labels.Contains(label.Name))
            {
                builder.Set(label.Name, label.Value);
            }
        }

        if (!RelabelRule.Apply(rules, builder) || builder.Build() is not { Count: > 0 } sent)
        {
            return null;
        }

        using var writer = new ByteWriter();
        sent.WriteKey(writer);
        return writer.Written.ToArray();
    }
}
