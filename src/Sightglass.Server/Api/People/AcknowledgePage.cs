using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.People;

/// <summary>
/// The page that a link in a message leads to. Opening it shows the alerts and changes nothing: mail programs and scanners open links on their own. Its button
/// acknowledges. Nothing is loaded from elsewhere, and everything that comes from alerts is escaped.
/// </summary>
internal sealed class AcknowledgePage(AlertDispatcher dispatcher, AcknowledgeLinks links, TimeProvider time)
{
    private const int MaxFormBytes = 16 << 10;

    /// <summary>Alerts shown; the button is for all.</summary>
    private const int MaxShown = 50;

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, AlertDispatcher dispatcher, AcknowledgeLinks links, TimeProvider time)
    {
        var page = new AcknowledgePage(dispatcher, links, time);
        routes.MapMethods("/" + AcknowledgeLinks.Path, ["GET", "HEAD"], page.Show);
        routes.MapMethods("/" + AcknowledgeLinks.Path, ["POST"], page.Act);
    }

    private async Task Show(HttpContext context)
    {
        if (await TokenAsync(context) is { } token)
        {
            await WriteAlerts(context, token, dispatcher.Referred(token.Reference, token.IssuedAt));
        }
    }

    private async Task Act(HttpContext context)
    {
        if (await TokenAsync(context) is not { } token)
        {
            return;
        }

        Dictionary<string, Microsoft.Extensions.Primitives.StringValues> form;
        try
        {
            form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(await PeopleRequests.ReadBytesAsync(context, MaxFormBytes)));
        }
        catch (LimitExceededException e)
        {
            await Write(context, StatusCodes.Status413PayloadTooLarge, "Too much", $"<p>{Escaped(e.Message)}</p>");
            return;
        }

        string Field(string name, int max) => form.TryGetValue(name, out var value) ? new string([.. value.ToString().Trim().Where(static c => !char.IsControl(c)).Take(max)]) : string.Empty;
        var by = Field("by", OnCallLimits.MaxNameLength) is { Length: > 0 } given ? given : token.Person.Length > 0 ? token.Person : "link";
        var wanted = dispatcher.Referred(token.Reference, token.IssuedAt).Where(static a => a.Acknowledgement is null).Select(static a => a.Alert.Labels).ToHashSet();
        try
        {
            dispatcher.Acknowledge(a => wanted.Contains(a.Labels) && a.StartsAt <= token.IssuedAt, by, Field("comment", OnCallLimits.MaxCommentLength), null);
        }
        catch (StorageFailedException e)
        {
            await Write(context, StatusCodes.Status500InternalServerError, "Not acknowledged", $"<p>{Escaped(e.Message)}</p>");
            return;
        }

        await WriteAlerts(context, token, dispatcher.Referred(token.Reference, token.IssuedAt));
    }

    private async Task<AcknowledgeToken?> TokenAsync(HttpContext context)
    {
        var token = links.Read(context.Request.Query["t"].ToString(), time.GetUtcNow(), out var fault);
        if (token is null)
        {
            await (fault == AcknowledgeLinkFault.Expired
                ? Write(context, StatusCodes.Status410Gone, "This link has expired", "<p>Acknowledge the alert in the web UI, or by the link of a newer message.</p>")
                : Write(context, StatusCodes.Status403Forbidden, "This link is not valid", "<p>It was not made by this server, or was changed on its way.</p>"));
        }

        return token;
    }

    private static Task WriteAlerts(HttpContext context, AcknowledgeToken token, IReadOnlyList<(Alert Alert, Acknowledgement? Acknowledgement)> alerts)
    {
        var open = alerts.Count(static a => a.Acknowledgement is null);
        var body = new StringBuilder();
        foreach (var (alert, acknowledgement) in alerts.Take(MaxShown))
        {
            body.Append("<li><b>").Append(Escaped(alert.Labels["alertname"])).Append("</b> since ").Append(Escaped(alert.StartsAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture)));
            if (acknowledgement is not null)
            {
                body.Append(" &middot; acknowledged by ").Append(Escaped(acknowledgement.By));
            }

            var summary = alert.Annotations["summary"] is { Length: > 0 } given ? given : alert.Annotations["description"];
            body.Append("<br>").Append(Escaped(summary)).Append("<br><small>")
                .Append(Escaped(string.Join(" ", alert.Labels.Where(static l => l.Name != "alertname").Select(static l => $"{l.Name}={l.Value}")))).Append("</small></li>");
        }

        if (alerts.Count > MaxShown)
        {
            body.Append("<li>and ").Append(alerts.Count - MaxShown).Append(" more</li>");
        }

        var list = $"<ul>{body}</ul>";
        return open > 0
            ? Write(context, StatusCodes.Status200OK, open == 1 ? "Acknowledge this alert?" : $"Acknowledge {open} alerts?",
                $"{list}<form method=\"post\"><label>Name <input name=\"by\" maxlength=\"200\" required value=\"{Escaped(token.Person)}\"></label>"
                + "<label>Comment <input name=\"comment\" maxlength=\"2000\"></label><button>Acknowledge</button></form>")
            : alerts.Count > 0
                ? Write(context, StatusCodes.Status200OK, "Acknowledged", list)
                : Write(context, StatusCodes.Status200OK, "Nothing to acknowledge", "<p>No alert of this message fires any more.</p>");
    }

    private static async Task Write(HttpContext context, int status, string title, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.XFrameOptions = "DENY";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await context.Response.WriteAsync(
            $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{{title}}</title>
            <style>
            :root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
            li { margin-bottom: .75rem; overflow-wrap: anywhere; } label { display: block; margin-bottom: .75rem; } input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
            button { font: inherit; padding: .6rem 1.2rem; background: #1d5fd1; color: #fff; border: 0; border-radius: 6px; }
            </style></head>
            <body><h1>{{title}}</h1>{{body}}</body></html>

            """,
            context.RequestAborted);
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
