using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Model;
using Sightglass.Server.State;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Tests.State;

public sealed class StateStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Alerts_and_their_history_survive_a_reopen()
    {
        var alert = new StoredAlert { Group = "f;g", Rule = "r", Labels = LabelSet.Of("a", "ü"), Annotations = LabelSet.Of("s", "\"t\""), State = AlertState.Firing, Value = double.NaN, ActiveAt = Now, FiredAt = Now.AddSeconds(1), SavedAt = Now.AddSeconds(2) };
        using (var database = Open())
        {
            var store = new AlertStateStore(database);
            store.Save("f;g", [alert with { Rule = "old" }], [new AlertChange(Now, "g", "r", alert.Labels, AlertState.Inactive, AlertState.Pending, 1)]);
            store.Save("f;g", [alert], [new AlertChange(Now.AddSeconds(1), "g", "r", alert.Labels, AlertState.Pending, AlertState.Firing, 2)]);
        }

        using var again = Open();
        new AlertStateStore(again).Load().ShouldHaveSingleItem().ShouldBe(alert);
        new AlertStateStore(again).History(10).Select(static c => c.Value).ShouldBe([2, 1]);
        new AlertStateStore(again).History(1).Count.ShouldBe(1);
    }

    [Fact]
    public void A_notification_that_was_being_sent_counts_as_failed_after_a_restart()
    {
        var record = new NotificationRecord
        {
            Id = "1",
            CreatedAt = Now,
            UpdatedAt = Now,
            Receiver = "r",
            Integration = "webhook",
            GroupKey = "k",
            GroupLabels = LabelSet.Of("a", "b"),
            Status = NotificationStatus.Pending,
            Attempts = 1,
            Alerts = [new NotifiedAlert(LabelSet.Of("a", "b"), LabelSet.Empty, true, Now, Now.AddSeconds(1), "f")],
        };
        using (var database = Open())
        {
            var store = new NotificationStore(database);
            store.Save(record);
            store.Save(record with { Id = "2", Status = NotificationStatus.Sent }, new NotificationLogEntry("k", "r/webhook/0", Now, ["f"], [], Now.AddHours(1)));
            store.SaveLog(new NotificationLogEntry("old", "r/webhook/0", Now, [], [], Now.AddHours(-1)));
        }

        using var again = Open();
        var reopened = new NotificationStore(again);
        var records = reopened.List(10);
        records.Select(static r => (r.Id, r.Status)).ShouldBe([("2", NotificationStatus.Sent), ("1", NotificationStatus.Failed)]);
        records[1].Error.ShouldBe("the server stopped before it was sent");
        records[1].Alerts.ShouldBe(record.Alerts);
        reopened.LoadLog(Now).ShouldHaveSingleItem().Firing.ShouldBe(["f"]);
    }

    [Fact]
    public void Silences_survive_a_reopen()
    {
        var silence = new Silence { Id = "i", Matchers = [new LabelMatcher(MatchType.NotRegex, "a", "b|c")], StartsAt = Now, EndsAt = Now.AddHours(1), CreatedBy = "me", Comment = "c" };
        using (var database = Open())
        {
            new SilenceStore(database).Save(silence);
        }

        using var again = Open();
        var store = new SilenceStore(again);
        var read = store.Load().ShouldHaveSingleItem();
        (read.Id, read.EndsAt, read.Matchers[0].ToString()).ShouldBe(("i", silence.EndsAt, "a!~\"b|c\""));
        store.Delete("i");
        store.Load().ShouldBeEmpty();
    }

    public void Dispose() => _folder.Dispose();

    private StateDatabase Open() => new(_folder.PathOf("state.db"));
}
