using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Parameters of a request, from the URL and from a form, as Prometheus reads them: the form first.</summary>
internal sealed class ApiParameters
{
    /// <summary>A time before all samples.</summary>
    public const long MinTimeMs = long.MinValue / 1_000_000;

    /// <summary>A time after all samples.</summary>
    public const long MaxTimeMs = long.MaxValue / 1_000_000;

    private readonly IFormCollection? _form;
    private readonly IQueryCollection _query;

    private ApiParameters(IFormCollection? form, IQueryCollection query)
    {
        _form = form;
        _query = query;
    }

    public static async Task<ApiParameters> ReadAsync(HttpRequest request) =>
        new(request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : null, request.Query);

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

    /// <summary>A time in milliseconds: a number of seconds or RFC 3339.</summary>
    public long Time(string name, long? missing)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return missing ?? throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid timestamp");
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds is > -9.2e12 and < 9.2e12 ? (long)Math.Round(seconds * 1000) : throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid timestamp");
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

        return text.Length >= 20 && text[10] is 'T' or 't' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid timestamp");
    }

    /// <summary>A length of time: a number of seconds or a duration; null when it is not given.</summary>
    public TimeSpan? Duration(string name)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return Math.Abs(seconds) < 9.2e9 ? TimeSpan.FromSeconds(seconds) : throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid duration. It overflows int64");
        }

        return DurationText.TryParse(text, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid duration");
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
            throw Invalid(name, $"cannot parse {QuotedText.Quote(text)} to a valid limit");
        }

        return limit >= 0 ? limit : throw Invalid(name, "limit must be non-negative");
    }

    public static QueryException Invalid(string name, string message) => new(QueryErrorKind.BadData, $"invalid parameter {QuotedText.Quote(name)}: {message}");
}
