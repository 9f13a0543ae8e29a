using FsCheck;
using FsCheck.Fluent;
using Microsoft.Data.Sqlite;
using Sightglass.Alerting.History;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.State;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.State;

public sealed class AlertTimelineStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LabelSet A = LabelSet.Of("alertname", "Disk", "host", "a");
    private static readonly LabelSet B = LabelSet.Of("alertname", "Disk", "host", "b");
    private static readonly LabelSet C = LabelSet.Of("alertname", "Cpu", "host", "a");
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new(Now);

    [Fact]
    public void Events_are_found_by_every_part_of_a_filter()
    {
        using var database = Open();
        var store = new AlertTimelineStore(database, _time);
        store.Append(
        [
            Event(A, 0, AlertEventKind.Pending, value: 1.5),
            Event(A, 1, AlertEventKind.Firing) with { RuleGroup = "g" },
            Event(B, 2, AlertEventKind.Firing),
            Event(C, 3, AlertEventKind.Firing),
            Event(C, 4, AlertEventKind.Resolved, value: double.PositiveInfinity),
        ]);
        string Found(AlertEventFilter filter) => string.Join(' ', store.List(filter).Events.Select(static e => (e.At - Now).TotalSeconds));
        Found(new AlertEventFilter()).ShouldBe("4 3 2 1 0");
        Found(new AlertEventFilter { Ascending = true }).ShouldBe("0 1 2 3 4");
        Found(new AlertEventFilter { AlertName = "Disk" }).ShouldBe("2 1 0");
        Found(new AlertEventFilter { Fingerprint = AlertEvent.FingerprintOf(B) }).ShouldBe("2");
        Found(new AlertEventFilter { Fingerprint = "0" }).ShouldBe(string.Empty);
        Found(new AlertEventFilter { Kinds = [AlertEventKind.Pending, AlertEventKind.Resolved] }).ShouldBe("4 0");
        Found(new AlertEventFilter { From = Now.AddSeconds(1), To = Now.AddSeconds(3) }).ShouldBe("3 2 1");
        Found(new AlertEventFilter { Selectors = [[new LabelMatcher(Core.Model.MatchType.Equal, "host", "a")]] }).ShouldBe("4 3 1 0");
        Found(new AlertEventFilter
        {
            AlertName = "Disk",
            Selectors = [[new LabelMatcher(Core.Model.MatchType.Equal, "host", "b")], [new LabelMatcher(Core.Model.MatchType.Regex, "alertname", "C.*")]],
        }).ShouldBe("2");
        var first = store.List(new AlertEventFilter { Ascending = true, Limit = 1 }).Events[0];
        first.ShouldBe(Event(A, 0, AlertEventKind.Pending, value: 1.5));
        store.List(new AlertEventFilter()).Events[0].Value.ShouldBe(double.PositiveInfinity);
        store.List(new AlertEventFilter { Kinds = [AlertEventKind.Firing], AlertName = "Disk" }).Events[^1].RuleGroup.ShouldBe("g");
    }

    [Fact]
    public void What_fired_at_a_moment_is_known_afterwards()
    {
        using var database = Open();
        var store = new AlertTimelineStore(database, _time);
        store.Append(
        [
            Event(A, 1, AlertEventKind.Firing, value: 2) with { RuleGroup = "g" },
            Event(A, 2, AlertEventKind.Notified),
            Event(B, 2, AlertEventKind.Pending),
            Event(A, 5, AlertEventKind.Resolved),
            Event(A, 5, AlertEventKind.Firing),
            Event(C, 6, AlertEventKind.Firing),
            Event(A, 7, AlertEventKind.Resolved),
        ]);
        string At(int second) => string.Join(' ', store.FiringAt(Now.AddSeconds(second)).Select(static e => $"{e.Labels["alertname"]}@{(e.At - Now).TotalSeconds}"));
        At(1).ShouldBe(string.Empty);
        At(2).ShouldBe("Disk@1");
        At(5).ShouldBe("Disk@1");
        At(6).ShouldBe("Disk@5");
        At(7).ShouldBe("Disk@5 Cpu@6");
        At(8).ShouldBe("Cpu@6");
        store.FiringAt(Now.AddSeconds(3)).Single().ShouldBe(Event(A, 1, AlertEventKind.Firing, value: 2) with { RuleGroup = "g" });
    }

    [Fact]
    public void Pages_together_are_the_whole_in_order() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll<int[], byte, bool>(PagesAreTheWhole));

    private void PagesAreTheWhole(int[] seconds, byte size, bool ascending)
    {
        using var folder = new TemporaryFolder();
        using var database = new StateDatabase(folder.PathOf("state.db"));
        var store = new AlertTimelineStore(database, _time);
        store.Append([.. seconds.Select((s, i) => Event(A, Math.Abs(s % 5), AlertEventKind.Notified, detail: $"{i}"))]);
        var filter = new AlertEventFilter { Ascending = ascending, Limit = (size % 7) + 1 };
        var whole = store.List(filter with { Limit = 1_000 }).Events.Select(static e => e.Detail).ToList();
        var paged = new List<string>();
        string? cursor = null;
        do
        {
            var page = store.List(filter with { Cursor = cursor });
            paged.AddRange(page.Events.Select(static e => e.Detail));
            cursor = page.Next;
        }
        while (cursor is not null);

        paged.ShouldBe(whole);
        var inOrder = seconds.Select(static (s, i) => (At: Math.Abs(s % 5), i)).Order().Select(static p => $"{p.i}");
        whole.ShouldBe(ascending ? inOrder : inOrder.Reverse());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("ffffffffffffffff-1")]
    public void A_cursor_of_nobody_is_refused(string cursor)
    {
        using var database = Open();
        Should.Throw<QueryException>(() => new AlertTimelineStore(database, _time).List(new AlertEventFilter { Cursor = cursor })).Message.ShouldStartWith("cursor:");
    }

    [Fact]
    public void What_lasts_is_known_after_a_reopen_and_ends_with_its_end()
    {
        using (var database = Open())
        {
            new AlertTimelineStore(database, _time).Append(
            [
                Event(A, 0, AlertEventKind.Pending),
                Event(A, 1, AlertEventKind.Firing),
                Event(A, 2, AlertEventKind.Silenced, detail: "silence 1"),
                Event(A, 2, AlertEventKind.Silenced, detail: "silence 2"),
                Event(A, 3, AlertEventKind.Inhibited),
                Event(A, 4, AlertEventKind.Uninhibited),
                Event(B, 1, AlertEventKind.Firing),
                Event(B, 2, AlertEventKind.Acknowledged, detail: "mine"),
                Event(B, 3, AlertEventKind.Resolved),
                Event(C, 1, AlertEventKind.Pending),
                Event(C, 2, AlertEventKind.Cleared),
            ]);
        }

        using var again = Open();
        var store = new AlertTimelineStore(again, _time);
        store.Open().Select(static e => $"{e.Labels["host"]} {e.Kind} {e.Detail}".TrimEnd()).ShouldBe(["a Firing", "a Silenced silence 1", "a Silenced silence 2"]);
        store.Append([Event(A, 5, AlertEventKind.Unsilenced), Event(B, 6, AlertEventKind.Firing)]);
        store.Open().Select(static e => $"{e.Labels["host"]} {e.Kind}").ShouldBe(["a Firing", "b Firing"]);
    }

    [Fact]
    public void Old_events_are_forgotten_and_with_them_alerts_that_nothing_is_known_of()
    {
        using var database = Open();
        var store = new AlertTimelineStore(database, _time);
        store.Append([Event(B, 0, AlertEventKind.Notified)]);
        _time.Advance(AlertTimelineStore.MaxAge + TimeSpan.FromSeconds(1));
        store.Append([.. Enumerable.Range(0, 1_000).Select(i => AlertEvent.Of(A, _time.GetUtcNow(), AlertEventKind.Notified))]);
        store.List(new AlertEventFilter { Limit = 2_000 }).Events.Count.ShouldBe(1_000);
        database.Read("SELECT COUNT(*) FROM alert_series", static row => row.Int(0)).ShouldBe([1]);
    }

    [Fact]
    public void The_history_of_an_earlier_version_is_taken_over_once()
    {
        SQLitePCL.Batteries_V2.Init();
        using (var old = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _folder.PathOf("state.db"), Pooling = false }.ToString()))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = """
                CREATE TABLE alert_history (
                    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, rule_group TEXT NOT NULL, alertname TEXT NOT NULL, labels TEXT NOT NULL,
                    from_state INTEGER NOT NULL, to_state INTEGER NOT NULL, value REAL);
                INSERT INTO alert_history (at, rule_group, alertname, labels, from_state, to_state, value) VALUES
                    (10, 'g', 'Disk', '{"alertname":"Disk","host":"a"}', 0, 1, 3), (20, 'g', 'Disk', '{"alertname":"Disk","host":"a"}', 1, 2, 4),
                    (30, 'g', 'Disk', '{"alertname":"Disk","host":"a"}', 2, 0, NULL), (40, 'g', 'Disk', '{"alertname":"Disk","host":"b"}', 1, 0, 5);
                """;
            command.ExecuteNonQuery();
        }

        for (var i = 0; i < 2; i++)
        {
            using var database = Open();
            // The times of this test are of year 1: as young as they have to be.
            var store = new AlertTimelineStore(database, new ManualTimeProvider(DateTimeOffset.MinValue + AlertTimelineStore.MaxAge));
            var events = store.List(new AlertEventFilter { Ascending = true }).Events;
            events.Select(static e => $"{e.At.UtcTicks} {e.RuleGroup} {e.Kind} {e.Value}".TrimEnd()).ShouldBe(["10 g Pending 3", "20 g Firing 4", "30 g Resolved", "40 g Cleared 5"]);
            events[0].Fingerprint.ShouldBe(AlertEvent.FingerprintOf(A));
            database.Read("SELECT name FROM sqlite_master WHERE name = 'alert_history'", static row => row.Text(0)).ShouldBeEmpty();
        }
    }

    public void Dispose() => _folder.Dispose();

    private static AlertEvent Event(LabelSet labels, double seconds, AlertEventKind kind, string detail = "", double? value = null) =>
        AlertEvent.Of(labels, Now.AddSeconds(seconds), kind, "somebody", detail, value);

    private StateDatabase Open() => new(_folder.PathOf("state.db"));
}
