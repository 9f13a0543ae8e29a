using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// Finds when the series of an OpenMetrics answer began, in the <c>_created</c> lines of their families: those of a counter, a summary or a histogram
/// stand behind the samples they speak of, and are no samples themselves. Each line is looked at once ahead of its turn. Not thread-safe.
/// </summary>
internal sealed class CreatedLines
{
    /// <summary>Series whose group is remembered; when there are more everything is forgotten.</summary>
    private const int MaxKnown = 1 << 18;

    private static readonly string[] PartSuffixes = ["_total", "_sum", "_count", "_bucket"];
    private static readonly string[] PartLabels = ["le", "quantile"];

    private readonly Dictionary<Hash128, (Hash128 Group, bool IsCreated)> _known = [];
    private readonly ExposedLabels _labels = new();
    private Found _ahead;
    private Found _passed;
    private bool _looked;

    /// <summary>Whether series of that type may have such lines.</summary>
    public static bool Has(MetricType type) => type is MetricType.Counter or MetricType.Summary or MetricType.Histogram;

    /// <summary>Another family begins, or another answer.</summary>
    public void Begin() => (_ahead, _passed, _looked) = (default, default, false);

    /// <summary>Whether the reader stands on a <c>_created</c> line, which is no sample.</summary>
    public bool IsCreated(in ExpositionReader reader, Hash128 identity)
    {
        if (!GroupOf(reader.Name, identity).IsCreated)
        {
            return false;
        }

        (_passed, _ahead, _looked) = (At(reader, identity), default, false);
        return true;
    }

    /// <summary>When the series that the reader stands on began, in milliseconds; 0 when nothing says so.</summary>
    public long Find(ExpositionReader reader, Hash128 identity)
    {
        var group = GroupOf(reader.Name, identity).Group;
        if (_passed.Is(group))
        {
            return _passed.TimeMs;
        }

        while (!_looked)
        {
            // The reader is a copy: the answer goes on from where it was.
            if (!reader.Next() || reader.Entry != ExpositionEntry.Sample)
            {
                _looked = true;
            }
            else if (Hash128.Compute(reader.Name) is var next && GroupOf(reader.Name, next).IsCreated)
            {
                (_ahead, _looked) = (At(reader, next), true);
            }
        }

        return _ahead.Is(group) ? _ahead.TimeMs : 0;
    }

    private Found At(in ExpositionReader reader, Hash128 identity) => new(true, GroupOf(reader.Name, identity).Group, (long)(reader.Value * 1000));

    private (Hash128 Group, bool IsCreated) GroupOf(ReadOnlySpan<byte> name, Hash128 identity)
    {
        if (_known.TryGetValue(identity, out var known))
        {
            return known;
        }

        _labels.Clear();
        ExpositionReader.ReadLabels(name, _labels);
        var metric = _labels.Get(LabelSet.MetricName);
        var created = metric.EndsWith("_created", StringComparison.Ordinal);
        var suffix = created ? "_created" : Array.Find(PartSuffixes, s => metric.EndsWith(s, StringComparison.Ordinal)) ?? string.Empty;
        _labels.Set(LabelSet.MetricName, metric[..^suffix.Length]);
        foreach (var part in PartLabels)
        {
            _labels.Take(part);
        }

        using var key = new ByteWriter(256);
        _labels.ToSet().WriteKey(key);
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        return _known[identity] = (Hash128.Compute(key.Written), created);
    }

    private readonly record struct Found(bool IsThere, Hash128 Group, long TimeMs)
    {
        public bool Is(Hash128 group) => IsThere && Group == group;
    }
}
