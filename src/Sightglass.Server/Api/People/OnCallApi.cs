using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Alerting;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.People;

/// <summary>Our own <c>/sightglass/v1/oncall</c>: who is on call, shifts, calendars and overrides; and <c>/sightglass/v1/people</c>.</summary>
internal sealed class OnCallApi(Func<EscalationConfiguration> configuration, OverrideRegistry overrides, TimeProvider time)
{
    private const string Path = "/sightglass/v1/oncall";
    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(28);
    private const int CalendarMonths = 7;

    /// <summary>Adds the routes.</summary>
    public static void Map(RouteTable routes, Func<EscalationConfiguration> configuration, OverrideRegistry overrides, TimeProvider time)
    {
        var api = new OnCallApi(configuration, overrides, time);
        routes.MapGet(Path, context => OwnAnswer.Run(context, parameters => api.All(context, parameters)));
        routes.MapGet(Path + "/{rotation}", context => OwnAnswer.Run(context, parameters => api.One(context, parameters)));
        routes.MapGet(Path + "/{rotation}.ics", context => OwnAnswer.Run(context, _ => api.Calendar(context)));
        routes.MapPost(Path + "/{rotation}/overrides", context => PeopleRequests.RunAsync(context, () => api.AddOverride(context)));
        routes.MapDelete(Path + "/{rotation}/overrides/{id}", context => OwnAnswer.Run(context, _ =>
        {
            overrides.Remove(api.Rotation(context).Name, (string)context.Request.RouteValues["id"]!);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }));
        routes.MapGet("/sightglass/v1/people", context => OwnAnswer.Run(context, _ => api.People(context)));
        routes.MapGet("/sightglass/v1/people/{person}.ics", context => OwnAnswer.Run(context, _ => api.PersonCalendar(context)));
    }

    private Task All(HttpContext context, ApiParameters parameters)
    {
        var at = OwnAnswer.TimeOrNull(parameters, "at") ?? time.GetUtcNow();
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("at", ApiTime.Nano(at));
            json.WriteStartArray("rotations");
            foreach (var rotation in configuration().Rotations)
            {
                json.WriteStartObject();
                Head(json, rotation, at);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private Task One(HttpContext context, ApiParameters parameters)
    {
        var rotation = Rotation(context);
        var now = time.GetUtcNow();
        var from = OwnAnswer.TimeOrNull(parameters, "from") ?? now;
        var to = OwnAnswer.TimeOrNull(parameters, "to") ?? from + DefaultRange;
        if (to <= from)
        {
            throw OwnAnswer.Bad("to: want a time after from");
        }

        var standIns = overrides.Of(rotation.Name);
        var shifts = rotation.Shifts(from, to, standIns);
        return AlertmanagerJson.Write(context, json =>
        {
            json.WriteStartObject();
            Head(json, rotation, now);
            json.WriteStartArray("shifts");
            foreach (var shift in shifts)
            {
                Write(json, shift);
            }

            json.WriteEndArray();
            json.WriteStartArray("overrides");
            foreach (var standIn in standIns.Where(o => o.To > from && o.From < to))
            {
                Write(json, standIn);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task AddOverride(HttpContext context)
    {
        var rotation = Rotation(context);
        using var body = await PeopleRequests.ReadAsync(context, "person", "from", "to", "by", "comment");
        var json = body.RootElement;
        var person = PeopleRequests.Name(json, "person");
        if (!configuration().People.ContainsKey(person))
        {
            throw OwnAnswer.Bad($"person: there is no person \"{person}\"");
        }

        var now = time.GetUtcNow();
        var added = overrides.Add(new OnCallOverride
        {
            Id = string.Empty,
            Rotation = rotation.Name,
            Person = person,
            From = PeopleRequests.Time(json, "from") ?? now,
            To = PeopleRequests.Time(json, "to") ?? throw OwnAnswer.Bad("to has to be set"),
            CreatedBy = PeopleRequests.Name(json, "by"),
            CreatedAt = now,
            Comment = PeopleRequests.Text(json, "comment", OnCallLimits.MaxCommentLength),
        });
        context.Response.StatusCode = StatusCodes.Status201Created;
        await AlertmanagerJson.Write(context, writer => Write(writer, added));
    }

    private Task Calendar(HttpContext context)
    {
        var rotation = Rotation(context);
        return Calendar(context, rotation.Name, Shifts(rotation));
    }

    private Task PersonCalendar(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["person"]!;
        var person = configuration().People.GetValueOrDefault(name) ?? throw new QueryException(QueryErrorKind.NotFound, $"there is no person \"{name}\"");
        return Calendar(context, $"{person.Name} on call", configuration().Rotations.SelectMany(Shifts).Where(s => s.Shift.Person == person.Name).OrderBy(static s => s.Shift.From));
    }

    /// <summary>From the beginning of the last month on: shifts that are cut at the edges stay the same ones for a month.</summary>
    private IEnumerable<(string Rotation, Shift Shift)> Shifts(Rotation rotation)
    {
        var now = time.GetUtcNow();
        var from = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(-1);
        return rotation.Shifts(from, from.AddMonths(1 + CalendarMonths), overrides.Of(rotation.Name)).Select(s => (rotation.Name, s));
    }

    private Task Calendar(HttpContext context, string name, IEnumerable<(string Rotation, Shift Shift)> shifts)
    {
        var text = ShiftCalendar.Write(name, shifts, time.GetUtcNow());
        context.Response.ContentType = "text/calendar; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"oncall.ics\"";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private Task People(HttpContext context) => AlertmanagerJson.Write(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("people");
        var now = time.GetUtcNow();
        var current = configuration();
        foreach (var person in current.People.Values)
        {
            json.WriteStartObject();
            json.WriteString("name", person.Name);
            AlertmanagerJson.WriteTexts(json, "receivers", person.Receivers);
            AlertmanagerJson.WriteTexts(json, "onCall", [.. current.Rotations.Where(r => r.At(now, overrides.Of(r.Name)) == person.Name).Select(static r => r.Name)]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private Rotation Rotation(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["rotation"]!;
        return configuration().Rotations.FirstOrDefault(r => r.Name == name) ?? throw new QueryException(QueryErrorKind.NotFound, $"there is no rotation \"{name}\"");
    }

    private void Head(Utf8JsonWriter json, Rotation rotation, DateTimeOffset at)
    {
        var (now, next) = rotation.Around(at, overrides.Of(rotation.Name));
        json.WriteString("name", rotation.Name);
        json.WriteString("timeZone", rotation.Zone.Id);
        AlertmanagerJson.WriteTexts(json, "people", [.. rotation.Layers.SelectMany(static l => l.People).Distinct()]);
        json.WritePropertyName("now");
        WriteOrNull(json, now);
        json.WritePropertyName("next");
        WriteOrNull(json, next);
    }

    private static void WriteOrNull(Utf8JsonWriter json, Shift? shift)
    {
        if (shift is null)
        {
            json.WriteNullValue();
        }
        else
        {
            Write(json, shift);
        }
    }

    private static void Write(Utf8JsonWriter json, Shift shift)
    {
        json.WriteStartObject();
        json.WriteString("person", shift.Person);
        json.WriteString("from", ApiTime.Nano(shift.From));
        json.WriteString("to", ApiTime.Nano(shift.To));
        json.WriteString("layer", shift.Layer);
        json.WriteString("override", shift.Override);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, OnCallOverride standIn)
    {
        json.WriteStartObject();
        json.WriteString("id", standIn.Id);
        json.WriteString("rotation", standIn.Rotation);
        json.WriteString("person", standIn.Person);
        json.WriteString("from", ApiTime.Nano(standIn.From));
        json.WriteString("to", ApiTime.Nano(standIn.To));
        json.WriteString("createdBy", standIn.CreatedBy);
        json.WriteString("createdAt", ApiTime.Nano(standIn.CreatedAt));
        json.WriteString("comment", standIn.Comment);
        json.WriteEndObject();
    }
}
