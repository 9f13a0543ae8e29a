using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Aggregation;
using Sightglass.Query.PromQL;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>pipelines.metrics</c>: what happens to samples between whoever brings them and the store. Rules of aggregation have the keys of VictoriaMetrics'.</summary>
internal static class MetricPipelineReader
{
    private const int MaxRules = 1000;
    private const int MaxQuantiles = 100;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static MetricPipelineConfiguration Read(YamlSection? section)
    {
        if (section is null)
        {
            return MetricPipelineConfiguration.Default;
        }

        var configuration = MetricPipelineConfiguration.Default with { Relabel = RelabelReader.Read(section, "relabel_configs", legacyNames: false) };
        if (section.Section("aggregation") is { } aggregation)
        {
            var rules = aggregation.Sections("rules");
            if (rules.Count > MaxRules)
            {
                throw aggregation.Error("rules", $"rules: got {rules.Count}, want at most {MaxRules}");
            }

            var nodes = aggregation.Items("rules");
            var names = new HashSet<string>(StringComparer.Ordinal);
            configuration = configuration with
            {
                KeepInput = aggregation.Bool("keep_input") ?? false,
                DropInput = aggregation.Bool("drop_input") ?? false,
                Aggregation = [.. rules.Select((rule, i) => Rule(rule, i, nodes[i], names))],
            };
            aggregation.RejectUnknown();
        }

        section.RejectUnknown();
        return configuration;
    }

    private static AggregationConfiguration Rule(YamlSection section, int index, YamlNode node, HashSet<string> names)
    {
        var name = section.Text("name") ?? $"rule {index + 1}";
        if (!names.Add(name))
        {
            throw section.Error("name", $"name: there are two rules called \"{name}\"");
        }

        var interval = Positive(section, "interval") ?? throw section.Error("an aggregation needs interval, how often its results are stored, such as 1m");
        if (interval < ShortestInterval)
        {
            throw section.Error("interval", "interval: want at least 1s");
        }

        var staleness = Positive(section, "staleness_interval") ?? (interval * 2);
        if (staleness < interval)
        {
            throw section.Error("staleness_interval", "staleness_interval: want at least as much as interval");
        }

        var dedup = section.Duration("dedup_interval") ?? TimeSpan.Zero;
        if (dedup > TimeSpan.Zero && (dedup > interval || interval.Ticks % dedup.Ticks != 0))
        {
            throw section.Error("dedup_interval", "dedup_interval: interval has to be a multiple of it");
        }

        if (section.Bool("enable_windows") == true)
        {
            throw section.Error("enable_windows", "enable_windows: not offered; ignore_old_samples leaves out samples that are older than the interval");
        }

        var (by, without) = (Labels(section, "by"), Labels(section, "without"));
        if (by.Count > 0 && without.Count > 0)
        {
            throw section.Error("without", "without: cannot be set together with by");
        }

        var outputs = Outputs(section);
        var keepNames = section.Bool("keep_metric_names") ?? false;
        if (keepNames && (outputs.Count > 1 || outputs[0].Quantiles.Count > 1))
        {
            throw section.Error("keep_metric_names", "keep_metric_names: the results of several outputs would have one name");
        }

        var skipped = section.Integer("ignore_first_intervals") ?? 0;
        var configuration = new AggregationConfiguration
        {
            Name = name,
            Match = [.. Match(section)],
            Interval = interval,
            IntervalText = section.Text("interval")!,
            By = by,
            Without = without,
            Outputs = outputs,
            KeepMetricNames = keepNames,
            StalenessInterval = staleness,
            IgnoreFirstSampleInterval = section.Duration("ignore_first_sample_interval") ?? staleness,
            IgnoreOldSamples = section.Bool("ignore_old_samples") ?? false,
            IgnoreFirstIntervals = skipped is >= 0 and <= int.MaxValue ? (int)skipped : throw section.Error("ignore_first_intervals", $"ignore_first_intervals: got {skipped}, want 0 or more"),
            FlushOnShutdown = section.Bool("flush_on_shutdown") ?? true,
            NoAlignFlushToInterval = section.Bool("no_align_flush_to_interval") ?? false,
            DedupInterval = dedup,
            DropInputLabels = section.Texts("drop_input_labels"),
            InputRelabel = RelabelReader.Read(section, "input_relabel_configs", legacyNames: false),
            OutputRelabel = RelabelReader.Read(section, "output_relabel_configs", legacyNames: false),
            Fingerprint = node.ToString(),
        };
        section.RejectUnknown();
        return configuration;
    }

    private static TimeSpan? Positive(YamlSection section, string key) =>
        section.Duration(key) is not { } duration ? null : duration > TimeSpan.Zero ? duration : throw section.Error(key, $"{key}: want more than 0s");

    // The name is always kept, whether or not it is listed.
    private static IReadOnlyList<string> Labels(YamlSection section, string key) =>
        [.. section.Texts(key).Where(static l => l != LabelSet.MetricName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<IReadOnlyList<LabelMatcher>> Match(YamlSection section)
    {
        foreach (var selector in section.Node("match") is YamlScalarNode { Value: { } text } ? [text] : section.Texts("match"))
        {
            IReadOnlyList<LabelMatcher> matchers;
            try
            {
                matchers = PromQLParser.ParseSelector(selector);
            }
            catch (QueryException e)
            {
                throw section.Error("match", $"match: {selector}: {e.Message}");
            }

            yield return matchers;
        }
    }

    private static List<AggregationOutput> Outputs(YamlSection section)
    {
        var outputs = new List<AggregationOutput>();
        foreach (var text in section.Texts("outputs"))
        {
            var output = Output(section, text);
            if (outputs.Exists(o => o.Kind == output.Kind))
            {
                throw section.Error("outputs", $"outputs: {output.Name} stands there twice");
            }

            outputs.Add(output);
        }

        return outputs.Count > 0 ? outputs : throw section.Error("outputs", $"an aggregation needs outputs, some of {Known()}");
    }

    private static AggregationOutput Output(YamlSection section, string text)
    {
        if (AggregationOutput.Names.TryGetValue(text, out var kind) && kind != AggregationKind.Quantiles)
        {
            return new AggregationOutput(kind, []);
        }

        if (text == "histogram_bucket")
        {
            throw section.Error("outputs", "outputs: histogram_bucket is not offered: PromQL does not read its buckets; quantiles(0.5, 0.99) computes quantiles");
        }

        if (!text.StartsWith("quantiles(", StringComparison.Ordinal) || !text.EndsWith(')'))
        {
            throw section.Error("outputs", $"outputs: got \"{text}\", want some of {Known()}");
        }

        var quantiles = text["quantiles(".Length..^1].Split(',', StringSplitOptions.TrimEntries).Select(
            part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var quantile) && quantile is >= 0 and <= 1
                ? quantile
                : throw section.Error("outputs", $"outputs: {text}: got \"{part}\", want numbers from 0 to 1")).Distinct().ToArray();
        return quantiles.Length <= MaxQuantiles ? new AggregationOutput(AggregationKind.Quantiles, quantiles) : throw section.Error("outputs", $"outputs: got {quantiles.Length} quantiles, want at most {MaxQuantiles}");
    }

    private static string Known() => string.Join(", ", AggregationOutput.Names.Keys.Select(static n => n == "quantiles" ? "quantiles(…)" : n));
}
