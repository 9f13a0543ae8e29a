using Sightglass.Alerting.Rules;

namespace Sightglass.Alerting.Slo;

/// <summary>An indicator as OpenSLO writes it; one of a threshold is whole only with the objective's operator and value.</summary>
internal sealed record OpenSloIndicator(SloIndicator? Whole, string? Query, RuleLanguage Language)
{
    /// <summary>The indicator of an objective.</summary>
    public SloIndicator For(YamlSection objective)
    {
        var (comparison, value) = (objective.Text("op"), SloText.Number(objective, "value"));
        if (comparison is not (null or "lte" or "gte" or "lt" or "gt"))
        {
            throw objective.Error("op", $"op: got \"{comparison}\", want lte, gte, lt or gt");
        }

        if (Whole is not null)
        {
            // OpenSLO's own examples carry an op beside a ratio, where it says nothing.
            return value is null ? Whole : throw objective.Error("value", "value: only a thresholdMetric is compared with one");
        }

        if (comparison is null || value is not { } limit)
        {
            throw objective.Error("a thresholdMetric needs an objective with op and value");
        }

        return SampledIndicator.OfThreshold(Query!, comparison switch { "lte" => "<=", "gte" => ">=", "lt" => "<", _ => ">" }, limit, Language);
    }
}

/// <summary>Reads OpenSLO's indicators, inline and named.</summary>
internal sealed class OpenSloIndicators(Dictionary<string, string> sources)
{
    private readonly Dictionary<string, OpenSloIndicator> _named = new(StringComparer.Ordinal);

    /// <summary>Reads a document of kind SLI.</summary>
    public void Add(OpenSloDocument document) => _named.Add(document.Name, Spec(document.Spec));

    /// <summary>The indicator that a section has or refers to; null when it does neither.</summary>
    public OpenSloIndicator? Of(YamlSection section)
    {
        var (inline, name) = (section.Section("indicator"), section.Text("indicatorRef"));
        if (inline is not null && name is not null)
        {
            throw section.Error("indicatorRef", "only one of indicator and indicatorRef can be set");
        }

        if (name is not null)
        {
            return _named.GetValueOrDefault(name) ?? throw section.Error("indicatorRef", $"indicatorRef: there is no SLI \"{name}\" in this file");
        }

        if (inline is null)
        {
            return null;
        }

        inline.Accept("metadata", "apiVersion", "kind");
        var spec = inline.Section("spec") ?? throw inline.Error("indicator: spec must be set");
        inline.RejectUnknown();
        return Spec(spec);
    }

    private OpenSloIndicator Spec(YamlSection spec)
    {
        _ = spec.Text("description");
        var (threshold, ratio) = (spec.Section("thresholdMetric"), spec.Section("ratioMetric"));
        spec.RejectUnknown();
        switch (threshold, ratio)
        {
            case ({ } metric, null):
                var (query, language) = Value(metric);
                metric.RejectUnknown();
                return new OpenSloIndicator(null, query, language);
            case (null, { } metric):
                return new OpenSloIndicator(Ratio(metric), null, RuleLanguage.PromQL);
            default:
                throw spec.Error("one of thresholdMetric and ratioMetric must be set");
        }
    }

    private SloIndicator Ratio(YamlSection metric)
    {
        var counters = metric.Bool("counter") ?? true;
        var (good, bad, total, raw) = (metric.Section("good"), metric.Section("bad"), metric.Section("total"), metric.Section("raw"));
        var type = metric.Text("rawType");
        metric.RejectUnknown();
        if (raw is not null)
        {
            if (good is not null || bad is not null || total is not null)
            {
                throw metric.Error("raw", "raw: cannot be set beside good, bad or total");
            }

            if (type is not ("success" or "failure"))
            {
                throw metric.Error("rawType", $"rawType: got \"{type}\", want success or failure");
            }

            var (query, language) = Value(raw);
            raw.RejectUnknown();
            return SampledIndicator.OfRatio(query, type == "success", language);
        }

        if (type is not null || total is null || good is null == bad is null)
        {
            throw metric.Error("ratioMetric: want total with one of good and bad, or raw with rawType");
        }

        var one = Counted((good ?? bad)!, counters);
        var all = Counted(total, counters);
        return one.Language == all.Language
            ? new EventIndicator(bad is null ? null : one, good is null ? null : one, all)
            : throw total.Error("both queries have to be of one language");
    }

    private SloQuery Counted(YamlSection metric, bool counters)
    {
        var source = metric.Section("metricSource") ?? throw metric.Error($"{metric.What}: metricSource must be set");
        var language = Language(source);
        var spec = Spec(metric, source);
        return SloText.Query(spec, "query", text => SloQuery.Parse(text, language, counters));
    }

    // A query whose value now is a vector, in whichever language.
    private (string Query, RuleLanguage Language) Value(YamlSection metric)
    {
        var source = metric.Section("metricSource") ?? throw metric.Error($"{metric.What}: metricSource must be set");
        var language = Language(source);
        return (SloText.Query(Spec(metric, source), "query", text => SloText.Instant(text, language)), language);
    }

    private static YamlSection Spec(YamlSection metric, YamlSection source)
    {
        var spec = source.Section("spec") ?? throw source.Error("metricSource: spec with a query must be set");
        source.RejectUnknown();
        metric.RejectUnknown();
        _ = spec.Text("query");
        spec.RejectUnknown();
        return spec;
    }

    private RuleLanguage Language(YamlSection source)
    {
        var (type, name) = (source.Text("type"), source.Text("metricSourceRef"));
        // A source that stands in another file is taken for what most are.
        type ??= name is not null && sources.TryGetValue(name, out var known) ? known : "Prometheus";
        return type.ToUpperInvariant() switch
        {
            "PROMETHEUS" or "SIGHTGLASS" or "MIMIR" or "THANOS" or "CORTEX" or "VICTORIAMETRICS" => RuleLanguage.PromQL,
            "LOKI" => RuleLanguage.LogQL,
            "TEMPO" => RuleLanguage.TraceQL,
            _ => throw source.Error("type", $"type: got \"{type}\", want Prometheus, Loki or Tempo: queries are asked of this server"),
        };
    }
}
