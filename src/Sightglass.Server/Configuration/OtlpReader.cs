using Sightglass.Alerting;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the block <c>otlp</c> with Prometheus' keys.</summary>
internal static class OtlpReader
{
    public static OtlpMetricOptions Read(YamlSection? section)
    {
        if (section is null)
        {
            return OtlpMetricOptions.Default;
        }

        var name = section.Text("translation_strategy", nameof(OtlpTranslation.UnderscoreEscapingWithSuffixes));
        var options = new OtlpMetricOptions
        {
            Translation = name switch
            {
                nameof(OtlpTranslation.UnderscoreEscapingWithSuffixes) => OtlpTranslation.UnderscoreEscapingWithSuffixes,
                nameof(OtlpTranslation.UnderscoreEscapingWithoutSuffixes) => OtlpTranslation.UnderscoreEscapingWithoutSuffixes,
                nameof(OtlpTranslation.NoUTF8EscapingWithSuffixes) => OtlpTranslation.NoUTF8EscapingWithSuffixes,
                nameof(OtlpTranslation.NoTranslation) => OtlpTranslation.NoTranslation,
                _ => throw section.Error("translation_strategy", $"unsupported otlp config translation strategy \"{name}\""),
            },
            PromoteResourceAttributes = Attributes(section, "promote_resource_attributes"),
            PromoteAllResourceAttributes = section.Bool("promote_all_resource_attributes") ?? false,
            IgnoreResourceAttributes = Attributes(section, "ignore_resource_attributes"),
            KeepIdentifyingResourceAttributes = section.Bool("keep_identifying_resource_attributes") ?? false,
            ConvertHistogramsToNhcb = section.Bool("convert_histograms_to_nhcb") ?? false,
            PromoteScopeMetadata = section.Bool("promote_scope_metadata") ?? false,
        };
        if (options.PromoteAllResourceAttributes && options.PromoteResourceAttributes.Count > 0)
        {
            throw section.Error("promote_resource_attributes", "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously");
        }

        if (!options.PromoteAllResourceAttributes && options.IgnoreResourceAttributes.Count > 0)
        {
            throw section.Error("ignore_resource_attributes", "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true");
        }

        section.RejectUnknown();
        return options;
    }

    private static List<string> Attributes(YamlSection section, string key)
    {
        List<string> names = [.. section.Texts(key)];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name.Trim().Length == 0)
            {
                throw section.Error(key, $"invalid '{key}': empty resource attribute");
            }

            if (!seen.Add(name))
            {
                throw section.Error(key, $"invalid '{key}': duplicated resource attribute \"{name}\"");
            }
        }

        return names;
    }
}
