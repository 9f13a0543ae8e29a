using System.Text.Json;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Prometheus;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Answers of our own API of alerts: JSON, and errors as <c>{"error": "..."}</c> with a status of their kind.</summary>
internal static class OwnAnswer
{
    /// <summary>Entries of a page unless <c>limit</c> says otherwise.</summary>
    private const int DefaultLimit = 100;

    /// <summary>Entries of a page at most.</summary>
    private const int MaxLimit = 1_000;

    /// <summary>Runs a handler with the request's parameters.</summary>
    public static Task Run(HttpContext context, Func<ApiParameters, Task> handler) => Run(context, async () => await handler(await ApiParameters.ReadAsync(context.Request)));

    /// <summary>Runs a handler that reads the body itself, whatever the sender says that it is.</summary>
    public static async Task Run(HttpContext context, Func<Task> handler)
    {
        try
        {
            await handler();
        }
        catch (QueryException e)
        {
            await Error(context, e.Kind == QueryErrorKind.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, e.Message);
        }
        catch (JsonException e)
        {
            await Error(context, StatusCodes.Status400BadRequest, $"body: {e.Message}");
        }
        catch (LimitExceededException e)
        {
            await Error(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (e is StorageFailedException or CorruptDataException)
        {
            await Error(context, StatusCodes.Status500InternalServerError, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
    }

    /// <summary>The entries of a page.</summary>
    public static int Limit(ApiParameters parameters) => parameters.Text("limit") is { Length: > 0 } text
        ? int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit : throw Bad($"limit: got \"{text}\", want 1 to {MaxLimit}")
        : DefaultLimit;

    /// <summary>A text, or null where none is given.</summary>
    public static string? TextOrNull(ApiParameters parameters, string name) => parameters.Text(name) is { Length: > 0 } text ? text : null;

    /// <summary>A time, or null where none is given.</summary>
    public static DateTimeOffset? TimeOrNull(ApiParameters parameters, string name)
    {
        if (parameters.Text(name).Length == 0)
        {
            return null;
        }

        var ms = parameters.Time(name);
        return ms >= 0 && ms <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : throw Bad($"{name}: out of range");
    }

    /// <summary>A length of time above zero.</summary>
    public static TimeSpan Length(ApiParameters parameters, string name, TimeSpan otherwise) => !parameters.TryDuration(name, out var length) || length <= TimeSpan.Zero
        ? throw Bad($"{name}: got \"{parameters.Text(name)}\", want a duration such as 15m")
        : length ?? otherwise;

    /// <summary>An error of the request.</summary>
    public static QueryException Bad(string message) => new(QueryErrorKind.BadData, message);

    /// <summary>Writes a number; text where JSON has none for it, null where there is no number.</summary>
    public static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is not { } number)
        {
            json.WriteNull(name);
        }
        else if (double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteString(name, ApiTime.Exponent(number));
        }
    }

    /// <summary>Writes a time, or null.</summary>
    public static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } time)
        {
            json.WriteString(name, ApiTime.Nano(time));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Writes the cursor of the next page, or null.</summary>
    public static void WriteNext(Utf8JsonWriter json, string? next)
    {
        if (next is null)
        {
            json.WriteNull("next");
        }
        else
        {
            json.WriteString("next", next);
        }
    }

    /// <summary>Answers with an error.</summary>
    public static Task Error(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("error", message);
            json.WriteEndObject();
        });
    }
}
