using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.People;

/// <summary>Our own <c>/sightglass/v1/alerts/acknowledgements</c>: who has which alert in hand.</summary>
internal static class AcknowledgementsApi
{
    private const string Path = "/sightglass/v1/alerts/acknowledgements";

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, AlertDispatcher dispatcher, TimeProvider time)
    {
        routes.MapGet(Path, context => OwnAnswer.Run(context, _ => Write(context, dispatcher.Acknowledgements())));
        routes.MapPost(Path, context => PeopleRequests.RunAsync(context, () => Add(context, dispatcher, time)));
        routes.MapDelete(Path + "/{fingerprint}", context => OwnAnswer.Run(context, parameters =>
        {
            dispatcher.Unacknowledge((string)context.Request.RouteValues["fingerprint"]!, parameters.Text("by"));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }));
    }

    private static async Task Add(HttpContext context, AlertDispatcher dispatcher, TimeProvider time)
    {
        using var body = await PeopleRequests.ReadAsync(context, "fingerprint", "fingerprints", "matchers", "by", "comment", "expires");
        var json = body.RootElement;
        var by = PeopleRequests.Name(json, "by");
        var comment = PeopleRequests.Text(json, "comment", OnCallLimits.MaxCommentLength);
        var expires = PeopleRequests.TimeOrWait(json, "expires", time.GetUtcNow());
        var fingerprints = PeopleRequests.Texts(json, "fingerprints");
        if (PeopleRequests.Text(json, "fingerprint", OnCallLimits.MaxNameLength) is { Length: > 0 } one)
        {
            fingerprints.Add(one);
        }

        var matchers = PeopleRequests.Texts(json, "matchers").SelectMany(MatcherParser.Parse).ToList();
        if (fingerprints.Count > 0 == matchers.Count > 0)
        {
            throw OwnAnswer.Bad("want either fingerprints or matchers");
        }

        if (matchers.Count > 0 && matchers.TrueForAll(static m => m.MatchesEmpty))
        {
            throw OwnAnswer.Bad("matchers: at least one must not match the empty string");
        }

        var wanted = fingerprints.ToHashSet(StringComparer.Ordinal);
        var made = dispatcher.Acknowledge(a => matchers.Count > 0 ? matchers.TrueForAll(m => m.Matches(a.Labels[m.Name])) : wanted.Contains(a.Fingerprint), by, comment, expires);
        if (made.Count == 0)
        {
            throw new QueryException(QueryErrorKind.NotFound, "no alert that fires is meant");
        }

        var fresh = made.Select(static a => a.Fingerprint).ToHashSet(StringComparer.Ordinal);
        await Write(context, [.. dispatcher.Acknowledgements().Where(a => fresh.Contains(a.Acknowledgement.Fingerprint))]);
    }

    private static Task Write(HttpContext context, IReadOnlyList<(Acknowledgement Acknowledgement, Alert? Alert)> all) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("acknowledgements");
        foreach (var (acknowledgement, alert) in all)
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", acknowledgement.Fingerprint);
            RulesApi.WriteLabels(json, "labels", acknowledgement.Labels);
            OwnAnswer.WriteTime(json, "startsAt", alert?.StartsAt);
            json.WriteString("at", ApiTime.Nano(acknowledgement.At));
            json.WriteString("by", acknowledgement.By);
            json.WriteString("comment", acknowledgement.Comment);
            OwnAnswer.WriteTime(json, "expiresAt", acknowledgement.ExpiresAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
