using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>A metric family of one target: what its answers say beside the samples.</summary>
internal sealed class MetricFamily(string name)
{
    // Of the texts as written, so that they are decoded once.
    private Hash128 _helpHash;
    private Hash128 _unitHash;

    public string Name { get; } = name;

    public MetricType Type { get; private set; }

    public string Help { get; private set; } = string.Empty;

    public string Unit { get; private set; } = string.Empty;

    public int SeenIn { get; set; }

    public bool Changed { get; set; } = true;

    public void SetType(MetricType type)
    {
        Changed |= Type != type;
        Type = type;
    }

    public void SetHelp(ReadOnlySpan<byte> help, bool escaped)
    {
        var hash = Hash128.Compute(help);
        if (hash != _helpHash)
        {
            _helpHash = hash;
            Help = escaped ? ExpositionReader.Unescape(help) : Encoding.UTF8.GetString(help);
            Changed = true;
        }
    }

    public void SetUnit(ReadOnlySpan<byte> unit)
    {
        var hash = Hash128.Compute(unit);
        if (hash != _unitHash)
        {
            _unitHash = hash;
            Unit = Encoding.UTF8.GetString(unit);
            Changed = true;
        }
    }
}

/// <summary>
/// The metric families of one target. What did not change is read without making anything, and is not handed on again. Readers on other
/// threads get a snapshot.
/// </summary>
internal sealed class MetricFamilies
{
    // As long as Prometheus: metadata outlive their metric by ten scrapes.
    private const int KeptScrapes = 10;

    private readonly Dictionary<Hash128, MetricFamily> _families = [];
    private volatile IReadOnlyList<MetricMetadata> _snapshot = [];
    private int _generation;
    private bool _changed;

    /// <summary>What is known at the end of the last good scrape.</summary>
    public IReadOnlyList<MetricMetadata> Snapshot => _snapshot;

    public void Begin() => _generation++;

    /// <summary>The family of a name as it is written, escapes and all.</summary>
    public MetricFamily Of(ReadOnlySpan<byte> escaped) => Find(escaped) ?? Add(escaped, ExpositionReader.Unescape(escaped));

    /// <summary>The family of a name.</summary>
    public MetricFamily OfName(ReadOnlySpan<byte> name) => Find(name) ?? Add(name, Encoding.UTF8.GetString(name));

    /// <summary>Ends a good scrape: adds what is new to the batch.</summary>
    public void End(MetricBatch batch)
    {
        foreach (var (hash, family) in _families)
        {
            if (family.SeenIn < _generation - KeptScrapes)
            {
                _families.Remove(hash);
                _changed = true;
            }
            else if (family.Changed)
            {
                family.Changed = false;
                _changed = true;
                batch.Metadata.Add(new MetricMetadata(family.Name, family.Type, family.Help, family.Unit));
            }
        }

        if (_changed)
        {
            _changed = false;
            _snapshot = [.. _families.Values.Select(f => new MetricMetadata(f.Name, f.Type, f.Help, f.Unit))];
        }
    }

    private MetricFamily? Find(ReadOnlySpan<byte> written)
    {
        var family = _families.GetValueOrDefault(Hash128.Compute(written));
        family?.SeenIn = _generation;
        return family;
    }

    private MetricFamily Add(ReadOnlySpan<byte> written, string name)
    {
        var family = new MetricFamily(name) { SeenIn = _generation };
        _families.Add(Hash128.Compute(written), family);
        return family;
    }
}
