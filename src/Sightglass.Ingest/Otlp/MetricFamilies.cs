using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>A metric family's names and metadata, made once and used for every request.</summary>
internal sealed class MetricFamily(byte[] key, MetricMetadata metadata)
{
    public byte[] Key { get; } = key;

    public MetricMetadata Metadata { get; } = metadata;

    /// <summary>The metadata of a sum that goes up and down.</summary>
    public MetricMetadata AsGauge { get; } = metadata with { Type = MetricType.Gauge };

    public byte[] Name { get; } = Encoding.UTF8.GetBytes(metadata.Family);

    public byte[] Bucket { get; } = Encoding.UTF8.GetBytes(metadata.Family + "_bucket");

    public byte[] Sum { get; } = Encoding.UTF8.GetBytes(metadata.Family + "_sum");

    public byte[] Count { get; } = Encoding.UTF8.GetBytes(metadata.Family + "_count");
}

/// <summary>Remembers translated families, so that the steady path makes no strings. Thread-safe; forgets everything when full.</summary>
internal sealed class MetricFamilies(OtlpTranslation translation)
{
    /// <summary>Families remembered: far more than an installation has, few enough to forget in one go.</summary>
    private const int MaxFamilies = 1 << 16;

    private readonly ConcurrentDictionary<Hash128, MetricFamily> _families = [];

    public MetricFamily Find(MetricType type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> unit, ReadOnlySpan<byte> help, ByteWriter scratch)
    {
        scratch.Clear();
        scratch.WriteByte((byte)type);
        scratch.WriteLengthPrefixed(name);
        scratch.WriteLengthPrefixed(unit);
        scratch.Write(help);
        var hash = Hash128.Compute(scratch.Written);
        if (_families.TryGetValue(hash, out var family) && scratch.Written.SequenceEqual(family.Key))
        {
            return family;
        }

        var unitText = Encoding.UTF8.GetString(unit);
        var familyName = MetricNames.Family(translation, Encoding.UTF8.GetString(name), unitText, type == MetricType.Counter, type == MetricType.Gauge);
        family = new MetricFamily(scratch.Written.ToArray(), new MetricMetadata(familyName, type, Encoding.UTF8.GetString(help), unitText));
        if (_families.Count >= MaxFamilies)
        {
            _families.Clear();
        }

        _families[hash] = family;
        return family;
    }
}
