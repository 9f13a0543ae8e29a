using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline;
using Sightglass.Query.LogQL;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>pipelines</c>: what happens to log records between their receivers and the store.</summary>
internal static partial class PipelineReader
{
    private const int MaxPipelines = 100;
    private const int MaxProcessors = 100;
    private const int MaxBuckets = 100;
    private const int MaxOneIn = 1_000_000;
    private const string ProcessorNames = "filter, rename, derive, drop, redact, sample, metric or route";

    internal static readonly string[] Receivers = ["otlp_http", "otlp_grpc", "loki", "files", "syslog", "journald", "elasticsearch", "fluentd", "gelf", "seq"];

    public static PipelineConfiguration Read(YamlSection? section)
    {
        if (section is null)
        {
            return PipelineConfiguration.Default;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var metrics = new HashSet<string>(StringComparer.Ordinal);
        var logs = section.Sections("logs");
        if (logs.Count > MaxPipelines)
        {
            throw section.Error("logs", $"logs: got {logs.Count} pipelines, want at most {MaxPipelines}");
        }

        var configuration = new PipelineConfiguration
        {
            RedactSecrets = section.Bool("redact_secrets") ?? true,
            MetricInterval = section.Duration("metric_interval") ?? PipelineConfiguration.Default.MetricInterval,
            Logs = [.. logs.Select((s, i) => Pipeline(s, i, names, metrics))],
        };
        if (configuration.MetricInterval < TimeSpan.FromSeconds(1))
        {
            throw section.Error("metric_interval", "metric_interval: want at least 1s");
        }

        section.Accept("metrics");
        section.RejectUnknown();
        return configuration;
    }

    private static LogPipelineConfiguration Pipeline(YamlSection section, int index, HashSet<string> names, HashSet<string> metrics)
    {
        var name = section.Text("name") ?? $"pipeline {index + 1}";
        if (!names.Add(name))
        {
            throw section.Error("name", $"name: there are two pipelines called \"{name}\"");
        }

        var receivers = section.Texts("receivers");
        foreach (var receiver in receivers)
        {
            if (!Receivers.Contains(receiver, StringComparer.Ordinal))
            {
                throw section.Error("receivers", $"receivers: got \"{receiver}\", want {string.Join(", ", Receivers)}");
            }
        }

        var processors = section.Sections("processors");
        if (processors.Count is 0 or > MaxProcessors)
        {
            throw section.Error($"a pipeline needs 1 to {MaxProcessors} processors, each one of {ProcessorNames}");
        }

        var configuration = new LogPipelineConfiguration(name, receivers, Streams(section), [.. processors.Select(p => Processor(p, metrics))]);
        section.RejectUnknown();
        return configuration;
    }

    private static IReadOnlyList<LabelMatcher> Streams(YamlSection section)
    {
        if (section.Text("streams") is not { } text)
        {
            return [];
        }

        try
        {
            return LogQLDeletion.Matchers(text);
        }
        catch (QueryException e)
        {
            throw section.Error("streams", $"streams: {e.Message}");
        }
    }

    private static ProcessorConfiguration Processor(YamlSection section, HashSet<string> metrics)
    {
        if (section.Keys.Count != 1)
        {
            throw section.Error($"a processor has one key, its name: {ProcessorNames}");
        }

        var name = section.Keys.First();
        ProcessorConfiguration configuration;
        if (name == "drop")
        {
            var attributes = section.Texts(name);
            configuration = attributes.Count > 0 && attributes.TrueForAll(a => a.Length > 0 && !a[..^1].Contains('*', StringComparison.Ordinal))
                ? new DropConfiguration(attributes)
                : throw section.Error(name, "drop: want a list of attributes; a * may stand at the end of one. Records are taken out by filter");
            return configuration;
        }

        if (name is not ("filter" or "rename" or "derive" or "redact" or "sample" or "metric" or "route"))
        {
            throw section.Error(name, $"unknown processor {name}, want {ProcessorNames}");
        }

        var options = section.Section(name) ?? throw section.Error(name, $"{name}: want a mapping of options");
        configuration = name switch
        {
            "filter" => Filter(options),
            "rename" => new RenameConfiguration(Pairs(section, name)),
            "derive" => Derive(options),
            "redact" => Redact(options),
            "sample" => Sample(options),
            "metric" => Metric(options, metrics),
            _ => Route(options),
        };
        if (name is not ("filter" or "rename"))
        {
            configuration = configuration with { Where = Condition(options, "where") };
        }

        if (name != "rename")
        {
            options.RejectUnknown();
        }

        return configuration;
    }

    private static List<KeyValuePair<string, string>> Pairs(YamlSection section, string key)
    {
        var pairs = section.Map(key, nullIsError: true);
        return pairs.Count > 0 && pairs.TrueForAll(p => p.Key.Length > 0 && p.Value.Length > 0) ? pairs : throw section.Error(key, $"{key}: want a mapping of names");
    }

    private static FilterConfiguration Filter(YamlSection options)
    {
        if (options.Has("keep") == options.Has("drop"))
        {
            throw options.Error("filter needs either keep or drop, a condition on fields");
        }

        var keep = options.Has("keep");
        return new FilterConfiguration(keep) { Where = Condition(options, keep ? "keep" : "drop") };
    }

    private static DeriveConfiguration Derive(YamlSection options)
    {
        if (options.Has("template") == options.Has("pattern"))
        {
            throw options.Error("derive needs either field and template, or pattern with named groups (and from)");
        }

        if (options.Has("pattern"))
        {
            var pattern = LogsReader.Expression(options, "pattern");
            return pattern.GetGroupNames().Any(n => !char.IsAsciiDigit(n[0]))
                ? new DeriveConfiguration { Pattern = pattern, From = options.Text("from", "body") }
                : throw options.Error("pattern", "pattern: no named group; fields are named as (?P<name>…)");
        }

        var field = options.Text("field") ?? throw options.Error("derive with a template needs field, the name of the attribute");
        try
        {
            LogTemplateText.Check(options.Text("template")!);
        }
        catch (FormatException e)
        {
            throw options.Error("template", e.Message);
        }

        return field is not ("trace_id" or "span_id" or "severity_text" or "event_name") && !field.StartsWith("resource.", StringComparison.Ordinal)
            ? new DeriveConfiguration { Field = field, Template = options.Text("template")! }
            : throw options.Error("field", $"field: {field} cannot be set; want an attribute, body or level");
    }

    private static RedactConfiguration Redact(YamlSection options)
    {
        var kinds = options.Texts("kinds");
        foreach (var kind in kinds)
        {
            if (kind is not ("secrets" or "cards" or "emails"))
            {
                throw options.Error("kinds", $"kinds: got \"{kind}\", want secrets, cards or emails");
            }
        }

        var patterns = options.Sections("patterns").Select((s, i) =>
        {
            var pattern = new RedactPattern(LogsReader.Expression(s, "pattern"), s.Text("replacement", "[redacted]"), s.Text("name", $"pattern {i + 1}"));
            s.RejectUnknown();
            return pattern;
        }).ToArray();
        return kinds.Count + patterns.Length > 0
            ? new RedactConfiguration { Secrets = kinds.Contains("secrets"), Cards = kinds.Contains("cards"), Emails = kinds.Contains("emails"), Patterns = patterns, Fields = options.Texts("fields") }
            : throw options.Error("redact needs kinds (secrets, cards, emails), or patterns, or both");
    }

    private static SampleConfiguration Sample(YamlSection options)
    {
        var oneIn = options.Integer("one_in") ?? throw options.Error("sample needs one_in, of how many records one is kept");
        var by = options.Text("by", "all") switch
        {
            "all" => SampleBy.All,
            "pattern" => SampleBy.Pattern,
            "trace" => SampleBy.Trace,
            var other => throw options.Error("by", $"by: got \"{other}\", want all, pattern or trace"),
        };
        return oneIn is >= 2 and <= MaxOneIn ? new SampleConfiguration((int)oneIn, by) : throw options.Error("one_in", $"one_in: got {oneIn}, want 2 to {MaxOneIn}");
    }

    private static MetricConfiguration Metric(YamlSection options, HashSet<string> metrics)
    {
        var name = options.Text("name") ?? throw options.Error("metric needs a name");
        if (!MetricName().IsMatch(name) || !metrics.Add(name))
        {
            throw options.Error("name", MetricName().IsMatch(name) ? $"name: there are two metrics called {name}" : $"name: got \"{name}\", want letters, digits, _ and :");
        }

        var type = options.Text("type", "counter");
        var buckets = options.Texts("buckets").Select(b => double.TryParse(b, CultureInfo.InvariantCulture, out var bound) && double.IsFinite(bound)
            ? bound : throw options.Error("buckets", $"buckets: got \"{b}\", want a number")).ToArray();
        switch (type)
        {
            case "counter" when buckets.Length == 0:
                break;
            case "histogram" when options.Has("value"):
                buckets = buckets.Length > 0 ? buckets : [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
                break;
            case "counter" or "histogram":
                throw options.Error(type == "counter" ? "a counter has no buckets; type: histogram has" : "a histogram needs value, the field that is measured");
            default:
                throw options.Error("type", $"type: got \"{type}\", want counter or histogram");
        }

        if (buckets.Length > MaxBuckets || buckets.Zip(buckets.Skip(1)).Any(p => p.First >= p.Second))
        {
            throw options.Error("buckets", $"buckets: want at most {MaxBuckets} numbers, each larger than the one before");
        }

        var labels = options.Node("labels") is YamlSequenceNode ? [.. options.Texts("labels").Select(l => KeyValuePair.Create(l.Replace('.', '_'), l))] : options.Map("labels", nullIsError: true);
        foreach (var (label, field) in labels)
        {
            if (!LabelName().IsMatch(label) || label is "le" || label.StartsWith("__", StringComparison.Ordinal) || field.Length == 0)
            {
                throw options.Error("labels", $"labels: got \"{label}\", want the name of a label and the field that it is of");
            }
        }

        return new MetricConfiguration { Name = name, Help = options.Text("help", string.Empty), Value = options.Text("value", string.Empty), Buckets = buckets, Labels = labels };
    }

    private static RouteConfiguration Route(YamlSection options)
    {
        var labels = new List<KeyValuePair<string, string>>();
        foreach (var key in (ReadOnlySpan<string>)["tenant", "retention_class"])
        {
            if (options.Text(key) is { } value)
            {
                labels.Add(value.Length > 0 ? KeyValuePair.Create(key, value) : throw options.Error(key, $"{key}: want a name"));
            }
        }

        return labels.Count > 0 ? new RouteConfiguration(labels) : throw options.Error("route needs tenant or retention_class, or both");
    }

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex MetricName();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LabelName();
}
