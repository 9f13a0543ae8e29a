using System.Globalization;
using System.Text;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Tempo;

/// <summary>Parameters of a request, as Tempo reads them.</summary>
internal sealed class TempoParameters(IQueryCollection query, TimeProvider time)
{
    private const long Second = 1_000_000_000;

    // What a search without a range looks at.
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);

    // What metrics without a range look at.
    private static readonly TimeSpan RecentMetrics = TimeSpan.FromHours(1);

    /// <summary>A value, or null.</summary>
    public string? Text(string name) => query.TryGetValue(name, out var values) && values.Count > 0 && !string.IsNullOrEmpty(values[0]) ? values[0] : null;

    /// <summary>The range in nanoseconds, the end exclusive: <c>start</c> and <c>end</c> in seconds, by default the last day and what comes.</summary>
    public (long Min, long Max) Range()
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var start = Seconds("start");
        var end = Seconds("end");
        if (start > end)
        {
            throw Bad("http parameter start must be before end");
        }

        // A second is meant as a whole.
        return (start * Second ?? now - (Recent.Ticks * 100), (end + 1) * Second ?? long.MaxValue);
    }

    /// <summary>The range of a single trace; without parameters all of time.</summary>
    public (long Min, long Max) TraceRange() => Text("start") is null && Text("end") is null ? (long.MinValue, long.MaxValue) : Range();

    /// <summary>A whole number that is not negative.</summary>
    public int Number(string name, int missing, int least)
    {
        var text = Text(name);
        if (text is null)
        {
            return missing;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw Bad($"invalid {name}: got {QuotedText.Quote(text)}, want a number of at least {least}");
    }

    /// <summary>The TraceQL of a search: <c>q</c>, or what the older parameters mean in it.</summary>
    public string Query()
    {
        if (Text("q") is { } traceql)
        {
            return traceql;
        }

        var conditions = new List<string>();
        foreach (var (key, value) in Pairs(Text("tags") ?? string.Empty))
        {
            var text = QuotedText.Quote(value);
            conditions.Add(key switch
            {
                "name" or "rootName" or "rootServiceName" => $"{key} = {text}",
                "root.name" => $"rootName = {text}",
                "root.service.name" => $"rootServiceName = {text}",
                "status" or "status.code" => $"status = {value}",
                "error" => $"status = {(value == "true" ? "error" : "unset")}",

                // A tag is text; the attribute it names may be a number or a truth value.
                _ when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => $"(.{Name(key)} = {text} || .{Name(key)} = {value})",
                _ when value is "true" or "false" => $"(.{Name(key)} = {text} || .{Name(key)} = {value})",
                _ => $".{Name(key)} = {text}",
            });
        }

        if (Text("minDuration") is { } least)
        {
            conditions.Add($"traceDuration >= {least}");
        }

        if (Text("maxDuration") is { } most)
        {
            conditions.Add($"traceDuration <= {most}");
        }

        return $"{{ {string.Join(" && ", conditions)} }}";
    }

    /// <summary>A request that the caller has to change.</summary>
    public static QueryException Bad(string message) => new(QueryErrorKind.BadData, message);

    private static string Name(string key) => $"\"{key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // key=value pairs with blanks between, values in quotes where they need them.
    private static List<(string Key, string Value)> Pairs(string text)
    {
        var pairs = new List<(string, string)>();
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var equals = text.IndexOf('=', at);
            if (equals <= at)
            {
                throw Bad($"invalid tags: got {QuotedText.Quote(text)}, want key=value pairs");
            }

            var key = text[at..equals];
            at = equals + 1;
            if (at < text.Length && text[at] == '"')
            {
                pairs.Add((key, QuotedText.TryRead(text, ref at, out var quoted, out var error) ? quoted : throw Bad($"invalid tags: {error}")));
                continue;
            }

            var value = new StringBuilder();
            while (at < text.Length && !char.IsWhiteSpace(text[at]))
            {
                value.Append(text[at++]);
            }

            pairs.Add((key, value.ToString()));
        }

        return pairs;
    }

    /// <summary>The query of a metrics request: <c>q</c>, or <c>query</c> as Prometheus has it.</summary>
    public string MetricsQuery() => Text("q") ?? Text("query") ?? throw Bad("invalid query: want q");

    /// <summary>
    /// The range of a metrics request in nanoseconds, by default the last hour; <c>since</c> counts back from the end. Times are seconds with or without a
    /// fraction, nanoseconds, or RFC 3339.
    /// </summary>
    public (long Start, long End) MetricsRange()
    {
        var end = Moment("end") ?? ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100);
        var since = Text("since") is not { } text ? RecentMetrics
            : PromDuration.TryParse(text, out var span) && span > TimeSpan.Zero ? span
            : throw Bad($"invalid since: got {QuotedText.Quote(text)}, want a duration such as 1h");
        return (Moment("start") ?? Math.Max(0, end - (since.Ticks * 100)), end);
    }

    /// <summary>The step in nanoseconds, given as a duration or in seconds; null without one.</summary>
    public long? Step()
    {
        if (Text("step") is not { } text)
        {
            return null;
        }

        var nanoseconds = PromDuration.TryParse(text, out var span) ? span.Ticks * 100
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e9 ? (long)(seconds * Second)
            : throw Bad($"invalid step: got {QuotedText.Quote(text)}, want a duration such as 30s, or seconds");
        return nanoseconds > 0 ? nanoseconds : throw Bad("invalid step: want more than 0");
    }

    // More than ten digits before the point are nanoseconds.
    private long? Moment(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            return text.Length > 10 ? whole : whole * Second;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 9e9 ? (long)(seconds * 1e3) * 1_000_000
            : Rfc3339.TryParseNanoseconds(text, out var moment) ? moment
            : throw Bad($"invalid {name}: got {QuotedText.Quote(text)}, want seconds or nanoseconds since the Unix epoch, or RFC 3339");
    }

    private long? Seconds(string name)
    {
        var text = Text(name);
        return text is null ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < long.MaxValue / Second - 1 ? seconds
            : throw Bad($"invalid {name}: got {QuotedText.Quote(text)}, want seconds since the Unix epoch");
    }
}
