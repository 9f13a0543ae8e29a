using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.People;

/// <summary>
/// Webhooks of the services that wake people: an incident that is acknowledged there is acknowledged here. Each is taken only with its secret configured. What is
/// of no concern here is answered well, so that nobody sends it again.
/// </summary>
internal sealed class IncidentWebhooks(AlertDispatcher dispatcher, TimeProvider time)
{
    private const string Path = "/sightglass/v1/alerts/acknowledgements/";
    private const int MaxBodyBytes = 1 << 20;

    /// <summary>One signature for each of a subscription's secrets while these are changed.</summary>
    private const int MaxSignatures = 10;

    private enum Meaning
    {
        None,
        Acknowledged,
        TakenBack,
    }

    private AcknowledgeSettings Settings => dispatcher.EscalationConfiguration.Acknowledge;

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, AlertDispatcher dispatcher, TimeProvider time)
    {
        var webhooks = new IncidentWebhooks(dispatcher, time);
        routes.MapPost(Path + "pagerduty", context => OwnAnswer.Run(context, () => webhooks.PagerDuty(context)));
        routes.MapPost(Path + "opsgenie", context => OwnAnswer.Run(context, () => webhooks.Opsgenie(context)));
    }

    /// <summary>A webhook of version 3, signed in <c>X-PagerDuty-Signature</c>.</summary>
    private Task PagerDuty(HttpContext context) => TakeAsync(context, "pagerduty", Settings.PagerDuty, IsSigned, root =>
    {
        var happened = Child(root, "event");
        var meaning = Text(happened, "event_type") switch
        {
            "incident.acknowledged" => Meaning.Acknowledged,
            "incident.unacknowledged" => Meaning.TakenBack,
            _ => Meaning.None,
        };
        return (meaning, Text(Child(happened, "data"), "incident_key"), Text(Child(happened, "agent"), "summary"), Text(happened, "occurred_at"));
    });

    /// <summary>An outgoing webhook, which has no signature but headers of one's own.</summary>
    private Task Opsgenie(HttpContext context) => TakeAsync(context, "opsgenie", Settings.Opsgenie, HasToken, root =>
    {
        var meaning = Text(root, "action") switch
        {
            "Acknowledge" => Meaning.Acknowledged,
            "UnAcknowledge" => Meaning.TakenBack,
            _ => Meaning.None,
        };
        var alert = Child(root, "alert");
        return (meaning, Text(alert, "alias"), Text(alert, "username"), string.Empty);
    });

    private async Task TakeAsync(
        HttpContext context, string service, SecretSource? source, Func<HttpContext, byte[], Secret, bool> isGenuine, Func<JsonElement, (Meaning Meaning, string Key, string By, string At)> read)
    {
        if (source is null)
        {
            throw new QueryException(QueryErrorKind.NotFound, $"webhooks of {service} are not taken: the configuration has no acknowledge.{service}");
        }

        var body = await PeopleRequests.ReadBytesAsync(context, MaxBodyBytes);
        Secret secret;
        try
        {
            secret = await source.ReadAsync(context.RequestAborted);
        }
        catch (DeliveryException e)
        {
            throw new StorageFailedException($"acknowledge.{service}: {e.Message}", e);
        }

        if (secret.Reveal().Length == 0 || !isGenuine(context, body, secret))
        {
            await OwnAnswer.Error(context, StatusCodes.Status401Unauthorized, $"it does not prove to come from {service}");
            return;
        }

        using var json = JsonDocument.Parse(body);
        var (meaning, key, by, at) = read(json.RootElement);
        if (meaning != Meaning.None && AcknowledgeLinks.ReferenceOfIncident(key) is { } reference)
        {
            Act(meaning, reference, by.Length == 0 ? service : by, $"in {service}", At(at));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private void Act(Meaning meaning, string reference, string by, string comment, DateTimeOffset at)
    {
        var meant = dispatcher.Referred(reference, at);
        if (meaning == Meaning.Acknowledged)
        {
            // Who has it in hand already keeps it: that may be what the service was told by this server.
            var open = meant.Where(static a => a.Acknowledgement is null).Select(static a => a.Alert.Fingerprint).ToHashSet(StringComparer.Ordinal);
            dispatcher.Acknowledge(a => open.Contains(a.Fingerprint) && a.StartsAt <= at, by, comment, null);
            return;
        }

        foreach (var (alert, _) in meant.Where(a => a.Acknowledgement?.Comment == comment))
        {
            try
            {
                dispatcher.Unacknowledge(alert.Fingerprint, by);
            }
            catch (QueryException)
            {
                // Somebody else took it back meanwhile.
            }
        }
    }

    private DateTimeOffset At(string text)
    {
        var now = time.GetUtcNow();
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at < now ? at : now;
    }

    private static bool IsSigned(HttpContext context, byte[] body, Secret secret)
    {
        var want = Encoding.ASCII.GetBytes("v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()), body)));
        return context.Request.Headers["X-PagerDuty-Signature"].ToString().Split(',', MaxSignatures, StringSplitOptions.TrimEntries)
            .Any(given => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(given), want));
    }

    private static bool HasToken(HttpContext context, byte[] body, Secret secret) =>
        AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization.ToString(), out var given) && given is { Scheme: "Bearer", Parameter: { } token }
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(secret.Reveal()));

    private static JsonElement Child(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement json, string name) => Child(json, name) is { ValueKind: JsonValueKind.String } value
        ? new string([.. value.GetString()!.Trim().Where(static c => !char.IsControl(c)).Take(OnCallLimits.MaxNameLength)])
        : string.Empty;
}
