using Sightglass.Alerting;
using Sightglass.Alerting.Silences;

namespace Sightglass.Server.State;

/// <summary>Silences in <c>state.db</c>.</summary>
internal sealed class SilenceStore(StateDatabase database) : IEntryStore<Silence>
{
    public IReadOnlyList<Silence> Load() => database.Read(
        "SELECT id, matchers, starts_at, ends_at, updated_at, created_by, comment, annotations FROM silences",
        static row => new Silence
        {
            Id = row.Text(0),
            Matchers = StateJson.Matchers(row.Text(1)),
            StartsAt = row.Time(2),
            EndsAt = row.Time(3),
            UpdatedAt = row.Time(4),
            CreatedBy = row.Text(5),
            Comment = row.Text(6),
            Annotations = StateJson.Labels(row.Text(7)),
        });

    public void Save(Silence silence) => database.Write(commands => commands.Execute(
        "INSERT OR REPLACE INTO silences VALUES ($id, $matchers, $starts, $ends, $updated, $by, $comment, $annotations)",
        ("$id", silence.Id), ("$matchers", StateJson.Matchers(silence.Matchers)), ("$starts", silence.StartsAt), ("$ends", silence.EndsAt),
        ("$updated", silence.UpdatedAt), ("$by", silence.CreatedBy), ("$comment", silence.Comment), ("$annotations", StateJson.Labels(silence.Annotations))));

    public void Delete(string id) => database.Write(commands => commands.Execute("DELETE FROM silences WHERE id = $id", ("$id", id)));
}
