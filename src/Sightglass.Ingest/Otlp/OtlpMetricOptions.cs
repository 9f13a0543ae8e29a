using System.Text;

namespace Sightglass.Ingest.Otlp;

/// <summary>How names of OTLP become names of Prometheus: <c>otlp.translation_strategy</c>.</summary>
public enum OtlpTranslation
{
    /// <summary>Underscores for what is not a letter, digit, colon or underscore; unit and type as suffixes.</summary>
    UnderscoreEscapingWithSuffixes,

    /// <summary>Underscores, no suffixes.</summary>
    UnderscoreEscapingWithoutSuffixes,

    /// <summary>Names as sent (UTF-8), with suffixes.</summary>
    NoUTF8EscapingWithSuffixes,

    /// <summary>Names as sent.</summary>
    NoTranslation,
}

/// <summary>How OTLP metrics become series: the configuration's block <c>otlp</c>, with Prometheus' defaults.</summary>
public sealed record OtlpMetricOptions
{
    private readonly byte[][] _promoted = [];
    private readonly byte[][] _ignored = [];

    /// <summary>The defaults.</summary>
    public static OtlpMetricOptions Default { get; } = new();

    /// <summary><c>translation_strategy</c>.</summary>
    public OtlpTranslation Translation { get; init; }

    /// <summary><c>promote_resource_attributes</c>: attributes of the resource that become labels of its series.</summary>
    public IReadOnlyList<string> PromoteResourceAttributes
    {
        get => [.. _promoted.Select(Encoding.UTF8.GetString)];
        init => _promoted = [.. value.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary><c>promote_all_resource_attributes</c>.</summary>
    public bool PromoteAllResourceAttributes { get; init; }

    /// <summary><c>ignore_resource_attributes</c>: those that are not promoted with all.</summary>
    public IReadOnlyList<string> IgnoreResourceAttributes
    {
        get => [.. _ignored.Select(Encoding.UTF8.GetString)];
        init => _ignored = [.. value.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary><c>keep_identifying_resource_attributes</c>: <c>target_info</c> has what <c>job</c> and <c>instance</c> were made of too.</summary>
    public bool KeepIdentifyingResourceAttributes { get; init; }

    /// <summary><c>convert_histograms_to_nhcb</c>: histograms with bounds become native ones with custom buckets.</summary>
    public bool ConvertHistogramsToNhcb { get; init; }

    /// <summary><c>promote_scope_metadata</c>: the scope's name, version, schema and attributes become labels.</summary>
    public bool PromoteScopeMetadata { get; init; }

    internal bool Escapes => Translation is OtlpTranslation.UnderscoreEscapingWithSuffixes or OtlpTranslation.UnderscoreEscapingWithoutSuffixes;

    internal bool PromotesAny => PromoteAllResourceAttributes || _promoted.Length > 0;

    internal bool Promotes(ReadOnlySpan<byte> attribute) => PromoteAllResourceAttributes ? !Has(_ignored, attribute) : Has(_promoted, attribute);

    private static bool Has(byte[][] names, ReadOnlySpan<byte> name)
    {
        foreach (var candidate in names)
        {
            if (name.SequenceEqual(candidate))
            {
                return true;
            }
        }

        return false;
    }
}
