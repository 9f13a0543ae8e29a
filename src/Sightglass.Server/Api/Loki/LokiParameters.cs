using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Loki;

/// <summary>Parameters of a request, from the URL and from a form, as Loki reads them. Times are nanoseconds since the Unix epoch.</summary>
internal sealed class LokiParameters
{
    private const long Second = 1_000_000_000;

    private readonly IFormCollection? _form;
    private readonly IQueryCollection _query;
    private readonly long _now;

    private LokiParameters(IFormCollection? form, IQueryCollection query, long now)
    {
        _form = form;
        _query = query;
        _now = now;
    }

    public static async Task<LokiParameters> ReadAsync(HttpRequest request, TimeProvider time) =>
        new(
            request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : null,
            request.Query,
            (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100);

    /// <summary>A value, or the empty string.</summary>
    public string Text(string name) => All(name) is [var first, ..] ? first : string.Empty;

    /// <summary>All values of a parameter.</summary>
    public IReadOnlyList<string> All(string name) => [.. (_form?[name] ?? default).OfType<string>(), .. _query[name].OfType<string>()];

    /// <summary>A time: nanoseconds, seconds (up to ten digits, or with a fraction), or RFC 3339; now when it is not given.</summary>
    public long Time(string name, long? missing = null)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return missing ?? _now;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return text.Length <= 10 ? whole * Second : whole;
        }

        if (text.Contains('.', StringComparison.Ordinal)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(seconds) < long.MaxValue / Second)
        {
            // Milliseconds are what a double can be trusted with at these sizes.
            return (long)Math.Round(seconds * 1000) * (Second / 1000);
        }

        return Rfc3339.TryParseNanoseconds(text, out var time)
            ? time
            : throw Bad($"could not parse '{name}' parameter: cannot read {QuotedText.Quote(text)} as a time");
    }

    /// <summary>Start and end; the start is <c>since</c> before the end, or <paramref name="usual"/>.</summary>
    public (long Start, long End) Bounds(TimeSpan usual)
    {
        var end = Time("end");
        var since = Text("since").Length > 0 ? Duration("since", 0) : usual.Ticks * 100;
        var start = Time("start", (end > _now ? _now : end) - since);
        return end < start ? throw Bad("end timestamp must not be before or equal to start time") : (start, end);
    }

    /// <summary>A duration: seconds as a number, or with units.</summary>
    public long Duration(string name, long missing)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return missing;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < long.MaxValue / Second)
        {
            return (long)(seconds * Second);
        }

        return DurationText.TryParse(text, out var milliseconds)
            ? milliseconds * 1_000_000
            : throw Bad($"could not parse '{name}' parameter: cannot parse {QuotedText.Quote(text)} to a valid duration");
    }

    /// <summary>The step; by default such that a range has about 250 points.</summary>
    public long Step(long start, long end)
    {
        var step = Duration("step", Math.Max(1, (end - start) / Second / 250) * Second);
        return step > 0 ? step : throw Bad("zero or negative query resolution step widths are not accepted. Try a positive integer");
    }

    /// <summary>Most log lines.</summary>
    public int Limit()
    {
        var text = Text("limit");
        if (text.Length == 0)
        {
            return 100;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit)
            ? limit > 0 ? limit : throw Bad("limit must be a positive value")
            : throw Bad($"could not parse 'limit' parameter: {QuotedText.Quote(text)} is not a number");
    }

    /// <summary>A count from 0 to a bound.</summary>
    public int Count(string name, int missing, int most)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return missing;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count <= most ? count : throw Bad($"parameter '{name}': got {count}, want at most {most}")
            : throw Bad($"could not parse '{name}' parameter: {QuotedText.Quote(text)} is not a number");
    }

    /// <summary>Order of log lines.</summary>
    public LogDirection Direction() => Text("direction").ToUpperInvariant() switch
    {
        "" or "BACKWARD" => LogDirection.Backward,
        "FORWARD" => LogDirection.Forward,
        _ => throw Bad($"invalid direction '{Text("direction")}'"),
    };

    /// <summary>A request that the caller has to change.</summary>
    public static QueryException Bad(string message) => new(QueryErrorKind.BadData, message);
}
