using System.Security.Cryptography;
using Sightglass.Alerting;
using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Core.Errors;

namespace Sightglass.Server.State;

/// <summary>Acknowledgements in <c>state.db</c>.</summary>
internal sealed class AcknowledgementStore(StateDatabase database) : IAcknowledgementStore
{
    public IReadOnlyList<Acknowledgement> Load() => database.Read(
        "SELECT fingerprint, labels, at, by_whom, comment, expires_at FROM acknowledgements",
        static row => new Acknowledgement
        {
            Fingerprint = row.Text(0),
            Labels = StateJson.Labels(row.Text(1)),
            At = row.Time(2),
            By = row.Text(3),
            Comment = row.Text(4),
            ExpiresAt = row.TimeOrNull(5),
        });

    public void Save(IReadOnlyList<Acknowledgement> acknowledgements) => database.Write(commands =>
    {
        foreach (var a in acknowledgements)
        {
            commands.Execute(
                "INSERT OR REPLACE INTO acknowledgements VALUES ($fingerprint, $labels, $at, $by, $comment, $expires)",
                ("$fingerprint", a.Fingerprint), ("$labels", StateJson.Labels(a.Labels)), ("$at", a.At), ("$by", a.By), ("$comment", a.Comment), ("$expires", a.ExpiresAt));
        }
    });

    public void Delete(IReadOnlyList<string> fingerprints) => database.Write(commands =>
    {
        foreach (var fingerprint in fingerprints)
        {
            commands.Execute("DELETE FROM acknowledgements WHERE fingerprint = $fingerprint", ("$fingerprint", fingerprint));
        }
    });
}

/// <summary>Overrides of rotations in <c>state.db</c>.</summary>
internal sealed class OverrideStore(StateDatabase database) : IEntryStore<OnCallOverride>
{
    public IReadOnlyList<OnCallOverride> Load() => database.Read(
        "SELECT id, rotation, person, from_at, to_at, created_by, created_at, comment FROM oncall_overrides",
        static row => new OnCallOverride
        {
            Id = row.Text(0),
            Rotation = row.Text(1),
            Person = row.Text(2),
            From = row.Time(3),
            To = row.Time(4),
            CreatedBy = row.Text(5),
            CreatedAt = row.Time(6),
            Comment = row.Text(7),
        });

    public void Save(OnCallOverride o) => database.Write(commands => commands.Execute(
        "INSERT OR REPLACE INTO oncall_overrides VALUES ($id, $rotation, $person, $from, $to, $by, $at, $comment)",
        ("$id", o.Id), ("$rotation", o.Rotation), ("$person", o.Person), ("$from", o.From), ("$to", o.To), ("$by", o.CreatedBy), ("$at", o.CreatedAt), ("$comment", o.Comment)));

    public void Delete(string id) => database.Write(commands => commands.Execute("DELETE FROM oncall_overrides WHERE id = $id", ("$id", id)));
}

/// <summary>The key that links are signed with, in <c>state.db</c>: made at the first start, never shown.</summary>
internal static class LinkKey
{
    private const string Name = "acknowledge_links";

    /// <summary>The key; made where there is none. One that the disk does not take signs the links of this process alone.</summary>
    public static byte[] Read(StateDatabase database)
    {
        if (database.Read("SELECT value FROM keys WHERE name = $name", static row => row.Text(0), ("$name", Name)) is [var present])
        {
            return Convert.FromHexString(present);
        }

        var key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
        try
        {
            database.Write(commands => commands.Execute("INSERT INTO keys VALUES ($name, $value)", ("$name", Name), ("$value", Convert.ToHexString(key))));
        }
        catch (StorageFailedException)
        {
            // A full disk: links are of use all the same.
        }

        return key;
    }
}
