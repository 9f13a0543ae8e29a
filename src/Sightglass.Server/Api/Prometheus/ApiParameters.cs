using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Parameters of a request, from the URL and from a form, as Prometheus reads them: the form first.</summary>
internal sealed class ApiParameters
{
    /// <summary>A time before all samples.</summary>
    public const long MinTimeMs = long.MinValue / 1_000_000;

    /// <summary>A time after all samples.</summary>
    public const long MaxTimeMs = long.MaxValue / 1_000_000;

    // A number of seconds as Go reads one: without space around it.
    private const NumberStyles Seconds = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private readonly IFormCollection? _form;
    private readonly IQueryCollection _query;

    private ApiParameters(IFormCollection? form, IQueryCollection query)
    {
        _form = form;
        _query = query;
    }

    /// <exception cref="InvalidDataException">The body is no form of the kind that it is said to be.</exception>
    public static async Task<ApiParameters> ReadAsync(HttpRequest request)
    {
        try
        {
            // As in Go, where only these have one.
            var mayHaveForm = HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method);
            return new(mayHaveForm && request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : null, request.Query);
        }
        catch (IOException e) when (e is not BadHttpRequestException && !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            // Parts that end before their boundary.
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>A value, or the empty string.</summary>
    public string Text(string name)
    {
        if (_form is not null && _form.TryGetValue(name, out var inForm) && inForm.Count > 0)
        {
            return inForm[0] ?? string.Empty;
        }

        return _query.TryGetValue(name, out var inUrl) && inUrl.Count > 0 ? inUrl[0] ?? string.Empty : string.Empty;
    }

    /// <summary>All values of a parameter.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. (_form?[name] ?? default).OfType<string>(), .. _query[name].OfType<string>()];

    /// <summary>A time that has to be given, in milliseconds: a number of seconds or RFC 3339.</summary>
    public long Time(string name) => Parse(Text(name)) is { } time ? time : throw Invalid(name, $"cannot parse {QuotedText.Quote(Text(name))} to a valid timestamp");

    /// <summary>A time in milliseconds, <paramref name="missing"/> where none is given.</summary>
    public long OptionalTime(string name, long missing)
    {
        var text = Text(name);
        return text.Length == 0 ? missing
            : Parse(text) is { } time ? time
            : throw Invalid(name, $"invalid time value for '{name}': cannot parse {QuotedText.Quote(text)} to a valid timestamp");
    }

    private static long? Parse(string text)
    {
        if (double.TryParse(text, Seconds, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds is > -9.2e15 and < 9.2e15 ? (long)Math.Round(seconds * 1000) : null;
        }

        // Go's earliest and latest times, which Prometheus' own clients send.
        if (text.StartsWith("-292273086-05-16T", StringComparison.Ordinal))
        {
            return MinTimeMs;
        }

        if (text.StartsWith("+292277025-08-18T", StringComparison.Ordinal) || text.StartsWith("292277025-08-18T", StringComparison.Ordinal))
        {
            return MaxTimeMs;
        }

        return Rfc3339.TryParseMilliseconds(text, out var milliseconds) ? milliseconds : null;
    }

    /// <summary>A length of time: a number of seconds or a duration; null when it is not given.</summary>
    public TimeSpan? Duration(string name) => TryDuration(name, out var duration)
        ? duration
        : throw Invalid(name, $"cannot parse {QuotedText.Quote(Text(name))} to a valid duration{(double.TryParse(Text(name), Seconds, CultureInfo.InvariantCulture, out var seconds) && !double.IsNaN(seconds) ? ". It overflows int64" : string.Empty)}");

    /// <summary>A length of time, null when it is not given; false when it is none.</summary>
    public bool TryDuration(string name, out TimeSpan? duration)
    {
        var text = Text(name);
        duration = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (double.TryParse(text, Seconds, CultureInfo.InvariantCulture, out var seconds))
        {
            duration = Math.Abs(seconds) < 9.2e9 ? TimeSpan.FromSeconds(seconds) : null;
        }
        else if (DurationText.TryParse(text, out var milliseconds))
        {
            duration = TimeSpan.FromMilliseconds(milliseconds);
        }

        return duration is not null;
    }

    /// <summary>A number of results; 0 means all.</summary>
    public int Limit(string name = "limit")
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return 0;
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit))
        {
            var isNumber = text.AsSpan(text[0] is '-' or '+' ? 1 : 0) is { Length: > 0 } digits && !digits.ContainsAnyExceptInRange('0', '9');
            throw Invalid(name, $"strconv.Atoi: parsing {QuotedText.Quote(text)}: {(isNumber ? "value out of range" : "invalid syntax")}");
        }

        return limit >= 0 ? limit : throw Invalid(name, "limit must be non-negative");
    }

    /// <summary>A number of results that may be negative, for all of them; null when it is not given.</summary>
    public int? Count(string name)
    {
        var text = Text(name);
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) ? count
            : throw new QueryException(QueryErrorKind.BadData, $"{name} must be a number");
    }

    /// <summary>The selectors of <c>match[]</c>; each has a matcher that does not match the empty text.</summary>
    public List<IReadOnlyList<LabelMatcher>> Selectors() => [.. All("match[]").Select(Selector)];

    /// <summary>One selector of <c>match[]</c>.</summary>
    public static IReadOnlyList<LabelMatcher> Selector(string text)
    {
        var matchers = PromQLParser.ParseSelector(text);
        return matchers.All(m => m.MatchesEmpty)
            ? throw new QueryException(QueryErrorKind.BadData, "match[] must contain at least one non-empty matcher")
            : matchers;
    }

    /// <summary>Runs <paramref name="read"/>; the error of a value is told with the parameter's name.</summary>
    public static T Named<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (QueryException e)
        {
            throw new QueryException(e.Kind, $"invalid parameter {QuotedText.Quote(name)}: {e.Message}", e.Position, e);
        }
    }

    /// <summary>The range from <c>start</c> to <c>end</c>, each without a bound where it is not given.</summary>
    public (long StartMs, long EndMs) TimeRange() => (OptionalTime("start", MinTimeMs), OptionalTime("end", MaxTimeMs));

    public static QueryException Invalid(string name, string message, int position = -1) => new(QueryErrorKind.BadData, $"invalid parameter {QuotedText.Quote(name)}: {message}", position);
}
