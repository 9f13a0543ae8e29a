using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.Hosting.Http;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Alerting;

/// <summary>Alertmanager's API v2, below <c>/api/v2</c> and <c>/alertmanager/api/v2</c>.</summary>
internal static class AlertmanagerApi
{
    private static readonly string[] Prefixes = ["/api/v2", "/alertmanager/api/v2"];

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, AlertDispatcher dispatcher, TimeProvider time)
    {
        var started = time.GetUtcNow();
        foreach (var prefix in Prefixes)
        {
            routes.MapGet($"{prefix}/status", context => Answer(context, () => Status(context, dispatcher, started)));
            routes.MapGet($"{prefix}/receivers", context => Answer(context, () => Receivers(context, dispatcher)));
            routes.MapGet($"{prefix}/alerts", context => Answer(context, () => Alerts(context, dispatcher)));
            routes.MapPost($"{prefix}/alerts", context => Answer(context, () => PostAlerts(context, dispatcher)));
            routes.MapGet($"{prefix}/alerts/groups", context => Answer(context, () => Groups(context, dispatcher)));
            routes.MapGet($"{prefix}/silences", context => Answer(context, () => Silences(context, dispatcher.Silences, time)));
            routes.MapPost($"{prefix}/silences", context => Answer(context, () => PostSilence(context, dispatcher.Silences)));
            routes.MapGet($"{prefix}/silence/{{id}}", context => Answer(context, () => Silence(context, dispatcher.Silences, time)));
            routes.MapDelete($"{prefix}/silence/{{id}}", context => Answer(context, () => DeleteSilence(context, dispatcher.Silences)));
        }

        // Prometheus and scripts ask these of an Alertmanager at its own root.
        foreach (var probe in (ReadOnlySpan<string>)["/alertmanager/-/healthy", "/alertmanager/-/ready"])
        {
            routes.MapGet(probe, static context => context.Response.WriteAsync("OK"));
        }
    }

    private static async Task Answer(HttpContext context, Func<Task> handler)
    {
        try
        {
            await handler();
        }
        catch (QueryException e)
        {
            await Error(context, e.Kind == QueryErrorKind.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, e.Message);
        }
        catch (LimitExceededException e)
        {
            await Error(context, e.Setting == nameof(AlertingLimits.MaxPostedBytes) ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status429TooManyRequests, e.Message);
        }
        catch (JsonException e)
        {
            await Error(context, StatusCodes.Status400BadRequest, $"parsing body failed: {e.Message}");
        }
        catch (StorageFailedException e)
        {
            await Error(context, StatusCodes.Status500InternalServerError, e.Message);
        }
    }

    private static Task Error(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return AlertmanagerJson.Write(context, json => json.WriteStringValue(message));
    }

    private static Task Status(HttpContext context, AlertDispatcher dispatcher, DateTimeOffset started) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("cluster");
        AlertmanagerJson.WriteTexts(json, "peers", []);
        json.WriteString("status", "disabled");
        json.WriteEndObject();
        json.WriteStartObject("config");
        json.WriteString("original", dispatcher.Configuration.Original);
        json.WriteEndObject();
        json.WriteString("uptime", ApiTime.Milli(started));
        json.WriteStartObject("versionInfo");
        var version = typeof(AlertmanagerApi).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [("branch", string.Empty), ("buildDate", string.Empty), ("buildUser", string.Empty), ("goVersion", string.Empty), ("revision", string.Empty), ("version", version)])
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static Task Receivers(HttpContext context, AlertDispatcher dispatcher)
    {
        var filter = Matchers(context, "receiver_matchers");
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartArray();
            foreach (var receiver in dispatcher.Configuration.Receivers.Where(r => filter.TrueForAll(m => m.Matches(r.Labels[m.Name]))))
            {
                json.WriteStartObject();
                if (receiver.Labels.Count > 0)
                {
                    RulesApi.WriteLabels(json, "labels", receiver.Labels);
                }

                json.WriteString("name", receiver.Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static Task Alerts(HttpContext context, AlertDispatcher dispatcher)
    {
        var keep = AlertFilter(context, dispatcher);
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartArray();
            foreach (var view in dispatcher.Alerts().Where(keep))
            {
                AlertmanagerJson.WriteAlert(json, view);
            }

            json.WriteEndArray();
        });
    }

    private static Task Groups(HttpContext context, AlertDispatcher dispatcher)
    {
        var keep = AlertFilter(context, dispatcher);
        var muted = Flag(context, "muted");
        var receivers = ReceiverFilter(context, dispatcher);
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartArray();
            foreach (var group in dispatcher.Groups().Where(g => receivers(g.Receiver)))
            {
                var alerts = group.Alerts.Where(keep).ToList();
                if (alerts.Count == 0 || (!muted && alerts.TrueForAll(AlertmanagerJson.IsSuppressed)))
                {
                    continue;
                }

                json.WriteStartObject();
                json.WriteStartArray("alerts");
                foreach (var view in alerts)
                {
                    AlertmanagerJson.WriteAlert(json, view);
                }

                json.WriteEndArray();
                RulesApi.WriteLabels(json, "labels", group.Labels);
                json.WritePropertyName("receiver");
                AlertmanagerJson.WriteName(json, group.Receiver);
                RulesApi.WriteLabels(json, "routeLabels", LabelSet.Empty);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task PostAlerts(HttpContext context, AlertDispatcher dispatcher)
    {
        using var body = await ReadBody(context);
        var errors = new List<string>();
        var alerts = AlertmanagerJson.ReadAlerts(body.RootElement, errors);
        dispatcher.Post(alerts);
        if (errors.Count > 0)
        {
            await Error(context, StatusCodes.Status400BadRequest, string.Join("; ", errors));
        }
    }

    private static Task Silences(HttpContext context, SilenceRegistry silences, TimeProvider time)
    {
        var filter = Matchers(context, "filter");
        var (active, pending, expired) = (Flag(context, "active"), Flag(context, "pending"), Flag(context, "expired"));
        var now = time.GetUtcNow();
        bool Keep(Silence silence) => silence.State(now) switch { SilenceState.Active => active, SilenceState.Pending => pending, _ => expired }
            && filter.TrueForAll(f => silence.Matchers.Any(m => m.Name == f.Name && f.Matches(m.Value)));

        // Active ones by their end, then coming ones by their start, then past ones, the latest first.
        var kept = silences.List().Where(Keep)
            .OrderBy(s => s.State(now) switch { SilenceState.Active => 0, SilenceState.Pending => 1, _ => 2 })
            .ThenBy(s => s.State(now) switch { SilenceState.Active => s.EndsAt.UtcTicks, SilenceState.Pending => s.StartsAt.UtcTicks, _ => -s.EndsAt.UtcTicks });
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartArray();
            foreach (var silence in kept)
            {
                AlertmanagerJson.WriteSilence(json, silence, now);
            }

            json.WriteEndArray();
        });
    }

    private static async Task PostSilence(HttpContext context, SilenceRegistry silences)
    {
        using var body = await ReadBody(context);
        var id = silences.Set(AlertmanagerJson.ReadSilence(body.RootElement));
        await AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("silenceID", id);
            json.WriteEndObject();
        });
    }

    private static Task Silence(HttpContext context, SilenceRegistry silences, TimeProvider time)
    {
        var silence = silences.Get((string)context.Request.RouteValues["id"]!) ?? throw new QueryException(QueryErrorKind.NotFound, "silence not found");
        return AlertmanagerJson.Write(context, json => AlertmanagerJson.WriteSilence(json, silence, time.GetUtcNow()));
    }

    private static Task DeleteSilence(HttpContext context, SilenceRegistry silences)
    {
        silences.Expire((string)context.Request.RouteValues["id"]!);
        return Task.CompletedTask;
    }

    private static Func<AlertStatusView, bool> AlertFilter(HttpContext context, AlertDispatcher dispatcher)
    {
        var filter = Matchers(context, "filter");
        var receivers = ReceiverFilter(context, dispatcher);
        var (active, silenced, inhibited, _) = (Flag(context, "active"), Flag(context, "silenced"), Flag(context, "inhibited"), Flag(context, "unprocessed"));
        return view => filter.TrueForAll(m => m.Matches(view.Alert.Labels[m.Name]))
            && view.Receivers.Any(receivers)
            && (active || AlertmanagerJson.IsSuppressed(view))
            && (silenced || view.SilencedBy.Count == 0)
            && (inhibited || view.InhibitedBy.Count == 0);
    }

    private static Func<string, bool> ReceiverFilter(HttpContext context, AlertDispatcher dispatcher)
    {
        var pattern = context.Request.Query["receiver"].ToString();
        var matcher = pattern.Length == 0 ? null : new LabelMatcher(MatchType.Regex, "receiver", pattern);
        var labels = Matchers(context, "receiver_matchers");
        return name => (matcher is null || matcher.Matches(name))
            && (labels.Count == 0 || dispatcher.Configuration.Receivers.Any(r => r.Name == name && labels.TrueForAll(m => m.Matches(r.Labels[m.Name]))));
    }

    private static List<LabelMatcher> Matchers(HttpContext context, string name) =>
        [.. context.Request.Query[name].OfType<string>().SelectMany(MatcherParser.Parse)];

    /// <summary>A flag that is true unless it is said otherwise.</summary>
    private static bool Flag(HttpContext context, string name) => context.Request.Query[name].ToString() switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        var other => throw new QueryException(QueryErrorKind.BadData, $"{name} in query must be of type boolean: \"{other}\""),
    };

    private static async Task<JsonDocument> ReadBody(HttpContext context)
    {
        var buffer = new MemoryStream();
        await using (buffer)
        {
            var chunk = new byte[16 << 10];
            int read;
            while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
            {
                buffer.Write(chunk, 0, read);
                if (buffer.Length > AlertingLimits.MaxPostedBytes)
                {
                    throw new LimitExceededException(nameof(AlertingLimits.MaxPostedBytes), AlertingLimits.MaxPostedBytes, buffer.Length, "request body too large");
                }
            }

            return JsonDocument.Parse(buffer.ToArray());
        }
    }
}
