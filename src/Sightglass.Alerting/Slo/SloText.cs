using System.Globalization;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Slo;

/// <summary>Reads the values that both forms of objectives are made of.</summary>
internal static class SloText
{
    private static readonly string[] OwnLabels = ["slo", "service", "long", "short", "factor", "policy", LabelSet.MetricName];

    /// <summary>The name of an objective: letters, digits, <c>- _ .</c>.</summary>
    public static string Name(YamlSection section, string key)
    {
        var name = section.Text(key, string.Empty);
        return name.Length is > 0 and <= SloLimits.MaxNameLength && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? name
            : throw section.Error(key, $"{key}: got \"{name}\", want letters, digits, '-', '_' and '.', {SloLimits.MaxNameLength} at most");
    }

    /// <summary>A number, exactly as it is written.</summary>
    public static decimal? Number(YamlSection section, string key) => section.Text(key) is not { } text ? null
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
        : throw section.Error(key, $"{key}: got \"{text}\", want a number");

    /// <summary>A share between two bounds, which it may not be itself.</summary>
    public static decimal Share(YamlSection section, string key, decimal value, decimal whole) =>
        value > 0 && value < whole ? value / whole : throw section.Error(key, $"{key}: got {value.ToString(CultureInfo.InvariantCulture)}, want more than 0 and less than {whole}");

    /// <summary>Labels with names that rules may have and that are not ours.</summary>
    public static LabelSet Labels(YamlSection section, string key)
    {
        var labels = section.Map(key);
        foreach (var (name, _) in labels)
        {
            if (name.Length == 0 || OwnLabels.Contains(name))
            {
                throw section.Error(key, $"{key}: the label \"{name}\" is not free to be set");
            }
        }

        return LabelSet.From([.. labels.Select(static p => new Label(p.Key, p.Value))]);
    }

    /// <summary>A rolling window.</summary>
    public static SloWindow Rolling(YamlSection section, string key, TimeSpan length) =>
        length >= SloLimits.MinWindow && length <= SloLimits.MaxWindow
            ? SloWindow.Rolling(length)
            : throw section.Error(key, $"{key}: got {PromDuration.Format(length)}, want {PromDuration.Format(SloLimits.MinWindow)} to {PromDuration.Format(SloLimits.MaxWindow)}");

    /// <summary>Reads a query and says where in the file it is wrong.</summary>
    public static T Query<T>(YamlSection section, string key, Func<string, T> parse)
    {
        var text = section.Text(key) is { } given && given.Trim() is { Length: > 0 } trimmed ? trimmed : throw section.Error(key, $"{section.What}: a query is missing: {key}");
        try
        {
            return parse(text);
        }
        catch (QueryException e)
        {
            var place = e.Position >= 0 ? $" (character {e.Position + 1} of the query)" : string.Empty;
            throw section.ErrorIn(key, e.Position, $"{key}: {e.Message}{place}");
        }
    }

    /// <summary>A query whose value now is an instant vector or a number.</summary>
    public static string Instant(string text)
    {
        var parsed = text.Length <= SloLimits.MaxQueryLength ? PromQLParser.Parse(text) : throw new QueryException(QueryErrorKind.BadData, $"{text.Length} characters, limit MaxQueryLength is {SloLimits.MaxQueryLength}");
        return parsed.Type == PromQLType.Vector
            ? parsed.ToString()
            : throw new QueryException(QueryErrorKind.BadData, $"got a {parsed.Type.ToString().ToLowerInvariant()}, want a query whose value is a vector");
    }

    /// <summary>The same in another language.</summary>
    public static string Instant(string text, RuleLanguage language)
    {
        if (language == RuleLanguage.PromQL)
        {
            return Instant(text);
        }

        if (language == RuleLanguage.LogQL)
        {
            LogQLRules.Check(text);
        }
        else
        {
            TraceQLRules.Check(text);
        }

        return text;
    }

    /// <summary>The language named.</summary>
    public static RuleLanguage Language(YamlSection section, string key) => section.Text(key) switch
    {
        null or "promql" => RuleLanguage.PromQL,
        "logql" => RuleLanguage.LogQL,
        "traceql" => RuleLanguage.TraceQL,
        var other => throw section.Error(key, $"{key}: got \"{other}\", want promql, logql or traceql"),
    };

    /// <summary>Refuses what a language cannot do.</summary>
    public static void Check(YamlSection section, string key, SloIndicator indicator, SloWindow window)
    {
        if (indicator.MinWindow * 20 > window.Length)
        {
            throw section.Error(key, $"slices of {PromDuration.Format(indicator.MinWindow)} are too long for a window of {window.Name}: want at least 20 in it");
        }
    }
}
