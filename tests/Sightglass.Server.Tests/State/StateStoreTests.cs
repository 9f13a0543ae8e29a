using Sightglass.Alerting.History;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Silences;
using Sightglass.Core.Errors;
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
    public void Alerts_and_what_happened_to_them_survive_a_reopen()
    {
        var alert = new StoredAlert { Group = "f;g", Rule = "r", Labels = LabelSet.Of("a", "ü"), Annotations = LabelSet.Of("s", "\"t\""), State = AlertState.Firing, Value = double.NaN, ActiveAt = Now, FiredAt = Now.AddSeconds(1), SavedAt = Now.AddSeconds(2) };
        using (var database = Open())
        {
            var store = new AlertStateStore(database, Timeline(database));
            store.Save("f;g", [alert with { Rule = "old" }], [AlertEvent.Of(alert.Labels, Now, AlertEventKind.Pending, "g", value: 1)]);
            store.Save("f;g", [alert], [AlertEvent.Of(alert.Labels, Now.AddSeconds(1), AlertEventKind.Firing, "g", value: 2)]);
        }

        using var again = Open();
        new AlertStateStore(again, Timeline(again)).Load().ShouldHaveSingleItem().ShouldBe(alert);
        Timeline(again).List(new AlertEventFilter()).Events.Select(static e => e.Value).ShouldBe([2, 1]);
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
            var store = new NotificationStore(database, Timeline(database));
            store.Save(record);
            store.Save(record with { Id = "2", Status = NotificationStatus.Sent }, new NotificationLogEntry("k", "r/webhook/0", Now, ["f"], [], Now.AddHours(1)));
            store.SaveLog(new NotificationLogEntry("old", "r/webhook/0", Now, [], [], Now.AddHours(-1)));
        }

        using var again = Open();
        var reopened = new NotificationStore(again, Timeline(again));
        var records = reopened.List(new NotificationFilter()).Notifications;
        records.Select(static r => (r.Id, r.Status)).ShouldBe([("2", NotificationStatus.Sent), ("1", NotificationStatus.Failed)]);
        records[1].Error.ShouldBe("the server stopped before it was sent");
        records[1].Alerts.ShouldBe(record.Alerts);
        Timeline(again).List(new AlertEventFilter { Ascending = true }).Events.Select(static e => $"{e.Kind} {e.Actor} {e.Detail}").ShouldBe(
            ["Notified r/webhook resolved", "NotifyFailed r/webhook resolved: the server stopped before it was sent"]);
        reopened.LoadLog(Now).ShouldHaveSingleItem().Firing.ShouldBe(["f"]);
    }

    [Fact]
    public void Notifications_are_found_by_what_is_in_them_and_page_by_page()
    {
        using var database = Open();
        var store = new NotificationStore(database, Timeline(database));
        for (var i = 0; i < 10; i++)
        {
            store.Save(new NotificationRecord
            {
                Id = $"{i}",
                CreatedAt = Now,
                UpdatedAt = Now,
                Receiver = i % 2 == 0 ? "even" : "odd",
                Integration = "webhook",
                GroupKey = $"k{i % 3}",
                GroupLabels = LabelSet.Empty,
                Status = i == 4 ? NotificationStatus.Failed : NotificationStatus.Sent,
                Attempts = 1,
                Alerts = [new NotifiedAlert(LabelSet.Of("alertname", $"a{i / 5}"), LabelSet.Empty, false, Now, null, "f")],
            });
        }

        string Ids(NotificationFilter filter) => string.Concat(store.List(filter).Notifications.Select(static n => n.Id));
        Ids(new NotificationFilter { Limit = 3 }).ShouldBe("987");
        Ids(new NotificationFilter { Limit = 3, Cursor = store.List(new NotificationFilter { Limit = 3 }).Next }).ShouldBe("654");
        Ids(new NotificationFilter { AlertName = "a0" }).ShouldBe("43210");
        Ids(new NotificationFilter { Receiver = "odd", GroupKey = "k1" }).ShouldBe("71");
        Ids(new NotificationFilter { Status = NotificationStatus.Failed }).ShouldBe("4");
        store.List(new NotificationFilter { Limit = 10 }).Next.ShouldBeNull();
        Should.Throw<QueryException>(() => store.List(new NotificationFilter { Cursor = "x" }));
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

    private static AlertTimelineStore Timeline(StateDatabase database) => new(database, new ManualTimeProvider(Now));

    private StateDatabase Open() => new(_folder.PathOf("state.db"));
}
