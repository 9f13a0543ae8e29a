using System.Text.Json;
using Sightglass.Alerting.Escalation;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.State;

/// <summary>Escalations in <c>state.db</c>: what is looked for in columns, the rest as JSON.</summary>
internal sealed class EscalationStore(StateDatabase database, Action<string> report) : IEscalationStore
{
    public IReadOnlyList<EscalationState> Load()
    {
        var states = new List<EscalationState>();
        foreach (var (id, text) in database.Read("SELECT id, state FROM escalations", static row => (row.Text(0), row.Text(1))))
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                states.Add(Read(id, json.RootElement));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                // One that cannot be read keeps nobody else from being told: the alert begins another.
                report($"escalation {id} cannot be read and begins anew: {e.Message}");
                Discard(id);
            }
        }

        return states;
    }

    /// <exception cref="StorageFailedException">It could not be written.</exception>
    public void Save(EscalationState state) => database.Write(commands => commands.Execute(
        "INSERT OR REPLACE INTO escalations VALUES ($id, $policy, $key, $started, $state)",
        ("$id", state.Id), ("$policy", state.Policy), ("$key", state.GroupKey), ("$started", state.StartedAt), ("$state", StateJson.Write(json => Write(json, state)))));

    /// <exception cref="StorageFailedException">It could not be written.</exception>
    public void Delete(string id) => database.Write(commands => commands.Execute("DELETE FROM escalations WHERE id = $id", ("$id", id)));

    private void Discard(string id)
    {
        try
        {
            Delete(id);
        }
        catch (StorageFailedException)
        {
            // A full disk: the next start finds it again.
        }
    }

    private static void Write(Utf8JsonWriter json, EscalationState state)
    {
        json.WriteStartObject();
        json.WriteString("policy", state.Policy);
        json.WriteString("groupKey", state.GroupKey);
        Labels(json, "groupLabels", state.GroupLabels);
        json.WriteNumber("startedAt", state.StartedAt.UtcTicks);
        json.WriteNumber("round", state.Round);
        json.WriteNumber("step", state.Step);
        json.WriteNumber("nextAt", state.NextAt?.UtcTicks ?? 0);
        json.WriteNumber("acknowledgedAt", state.AcknowledgedAt?.UtcTicks ?? 0);
        json.WriteBoolean("ended", state.Ended);
        json.WriteStartArray("members");
        foreach (var member in state.Members)
        {
            json.WriteStartObject();
            Labels(json, "labels", member.Labels);
            Labels(json, "annotations", member.Annotations);
            json.WriteNumber("startsAt", member.StartsAt.UtcTicks);
            json.WriteNumber("endsAt", member.EndsAt.UtcTicks);
            json.WriteString("generatorUrl", member.GeneratorUrl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Contacts(json, "told", state.Told);
        json.WriteStartArray("begun");
        foreach (var begun in state.Begun)
        {
            json.WriteStartObject();
            json.WriteNumber("startedAt", begun.StartedAt.UtcTicks);
            json.WriteNumber("round", begun.Round);
            json.WriteNumber("step", begun.Step);
            Contacts(json, "contacts", begun.Contacts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static EscalationState Read(string id, JsonElement json) => new()
    {
        Id = id,
        Policy = Text(json, "policy"),
        GroupKey = Text(json, "groupKey"),
        GroupLabels = StateJson.Labels(json.GetProperty("groupLabels")),
        StartedAt = Time(json, "startedAt"),
        Round = json.GetProperty("round").GetInt32(),
        Step = json.GetProperty("step").GetInt32(),
        NextAt = TimeOrNull(json, "nextAt"),
        AcknowledgedAt = TimeOrNull(json, "acknowledgedAt"),
        Ended = json.GetProperty("ended").GetBoolean(),
        Members = [.. json.GetProperty("members").EnumerateArray().Select(static m => new EscalationMember(
            StateJson.Labels(m.GetProperty("labels")), StateJson.Labels(m.GetProperty("annotations")), Time(m, "startsAt"), Time(m, "endsAt"), Text(m, "generatorUrl")))],
        Told = Contacts(json.GetProperty("told")),
        Begun = [.. json.GetProperty("begun").EnumerateArray().Select(static b => new BegunStep(
            Time(b, "startedAt"), b.GetProperty("round").GetInt32(), b.GetProperty("step").GetInt32(), Contacts(b.GetProperty("contacts"))))],
    };

    private static void Labels(Utf8JsonWriter json, string name, LabelSet labels)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(StateJson.Labels(labels));
    }

    private static void Contacts(Utf8JsonWriter json, string name, IReadOnlyList<EscalationContact> contacts)
    {
        json.WriteStartArray(name);
        foreach (var contact in contacts)
        {
            json.WriteStartObject();
            json.WriteString("receiver", contact.Receiver);
            json.WriteString("person", contact.Person);
            json.WriteString("rotation", contact.Rotation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static EscalationContact[] Contacts(JsonElement array) => [.. array.EnumerateArray().Select(static c => new EscalationContact(Text(c, "receiver"), Text(c, "person"), Text(c, "rotation")))];

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static DateTimeOffset Time(JsonElement json, string name) => new(json.GetProperty(name).GetInt64(), TimeSpan.Zero);

    private static DateTimeOffset? TimeOrNull(JsonElement json, string name) => json.GetProperty(name).GetInt64() is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
