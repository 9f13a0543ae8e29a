using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Alerting.Rules.Testing;

/// <summary>Reads promtool's unit-test files, strictly.</summary>
internal static class RuleTestReader
{
    /// <exception cref="AlertingConfigurationException">The file is not as it has to be.</exception>
    public static RuleTestFile Read(string path, string text, bool ignoreUnknown)
    {
        var root = new YamlFile(path).Read(text, "the unit tests");
        var interval = root.Duration("evaluation_interval") ?? TimeSpan.Zero;
        var order = root.Texts("group_eval_order");
        if (order.GroupBy(static g => g).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            throw root.Error("group_eval_order", $"group name repeated in evaluation order: {twice.Key}");
        }

        var file = new RuleTestFile(
            path, root.Texts("rule_files"), interval > TimeSpan.Zero ? interval : TimeSpan.FromMinutes(1), order, root.Bool("fuzzy_compare") ?? false,
            root.Sections("tests").ConvertAll(s => Test(s, interval > TimeSpan.Zero ? interval : TimeSpan.FromMinutes(1), ignoreUnknown)));
        End(root, ignoreUnknown);
        return file;
    }

    private static void End(YamlSection section, bool ignoreUnknown)
    {
        if (!ignoreUnknown)
        {
            section.RejectUnknown();
        }
    }

    private static RuleTest Test(YamlSection section, TimeSpan evaluationInterval, bool ignoreUnknown)
    {
        var test = new RuleTest
        {
            Name = section.Text("name", string.Empty),
            Line = section.Line,
            Interval = section.Duration("interval") is { Ticks: > 0 } interval ? interval : evaluationInterval,
            Start = Start(section),
            Series = section.Sections("input_series").ConvertAll(s => Series(s, ignoreUnknown)),
            Alerts = section.Sections("alert_rule_test").ConvertAll(s => Alerts(s, ignoreUnknown)),
            Expressions = section.Sections("promql_expr_test").ConvertAll(s => Expression(s, ignoreUnknown)),
            ExternalLabels = Labels(section, "external_labels"),
            ExternalUrl = section.Text("external_url", string.Empty),
        };
        End(section, ignoreUnknown);
        return test;
    }

    /// <summary>Seconds since the Unix epoch, or RFC 3339.</summary>
    private static DateTimeOffset Start(YamlSection section)
    {
        if (section.Text("start_timestamp") is not { } text)
        {
            return DateTimeOffset.UnixEpoch;
        }

        const double MaxSeconds = 250_000_000_000;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < MaxSeconds && double.IsFinite(seconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Clamp(Math.Round(seconds * 1000), -62_135_596_800_000, 253_402_300_799_999))
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw section.Error("start_timestamp", $"start_timestamp: got \"{text}\", want seconds since 1970 or a time such as 2026-01-02T03:04:05Z");
    }

    private static (LabelSet Labels, string Values, int Line) Series(YamlSection section, bool ignoreUnknown)
    {
        var (series, values) = (section.Text("series", string.Empty), section.Text("values", string.Empty));
        End(section, ignoreUnknown);
        try
        {
            SeriesNotation.ParseValues(values);
            return (SeriesNotation.ParseLabels(series), values, section.Line);
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            throw section.Error($"series \"{series}\": {e.Message}");
        }
    }

    private static AlertExpectation Alerts(YamlSection section, bool ignoreUnknown)
    {
        var name = section.Text("alertname", string.Empty);
        var alerts = section.Sections("exp_alerts").ConvertAll(s =>
        {
            var labels = new LabelSetBuilder(Labels(s, "exp_labels")).Set("alertname", name).Build();
            var alert = new ExpectedAlert(labels, Labels(s, "exp_annotations"));
            End(s, ignoreUnknown);
            return alert;
        });
        var expectation = new AlertExpectation(section.Duration("eval_time") ?? TimeSpan.Zero, name, alerts, section.Line);
        End(section, ignoreUnknown);
        return name.Length > 0 ? expectation : throw section.Error("an item under alert_rule_test misses required attribute alertname");
    }

    private static ExpressionExpectation Expression(YamlSection section, bool ignoreUnknown)
    {
        var samples = section.Sections("exp_samples").ConvertAll(s =>
        {
            var sample = new ExpectedSample(s.Text("labels", string.Empty), Number(s), s.Text("histogram", string.Empty));
            End(s, ignoreUnknown);
            return sample;
        });
        var expectation = new ExpressionExpectation(section.Text("expr", string.Empty), section.Duration("eval_time") ?? TimeSpan.Zero, samples, section.Line);
        End(section, ignoreUnknown);
        return expectation;
    }

    private static double Number(YamlSection section)
    {
        var text = section.Text("value", "0").Replace("_", string.Empty, StringComparison.Ordinal);
        return text.ToLowerInvariant() switch
        {
            ".nan" or "nan" => double.NaN,
            ".inf" or "+.inf" or "inf" or "+inf" => double.PositiveInfinity,
            "-.inf" or "-inf" => double.NegativeInfinity,
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
                : text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex
                : throw section.Error("value", $"value: got \"{text}\", want a number"),
        };
    }

    private static LabelSet Labels(YamlSection section, string key) => LabelSet.From([.. section.Map(key).Select(static p => new Label(p.Key, p.Value))]);
}
