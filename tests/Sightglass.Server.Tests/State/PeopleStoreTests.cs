using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;
using Sightglass.Core.Model;
using Sightglass.Server.State;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.State;

public sealed class PeopleStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Acknowledgements_overrides_and_the_key_survive_a_reopen()
    {
        var acknowledgement = new Acknowledgement { Fingerprint = "f", Labels = LabelSet.Of("a", "ü"), At = Now, By = "ana", Comment = "\"c\"", ExpiresAt = Now.AddHours(1) };
        var standIn = new OnCallOverride { Id = "i", Rotation = "r", Person = "p", From = Now, To = Now.AddHours(2), CreatedBy = "b", CreatedAt = Now, Comment = "c" };
        byte[] key;
        using (var database = Open())
        {
            new AcknowledgementStore(database).Save([acknowledgement, acknowledgement with { Fingerprint = "g", ExpiresAt = null }]);
            new OverrideStore(database).Save(standIn);
            key = LinkKey.Read(database);
        }

        using var again = Open();
        var store = new AcknowledgementStore(again);
        store.Load().OrderBy(static a => a.Fingerprint).ShouldBe([acknowledgement, acknowledgement with { Fingerprint = "g", ExpiresAt = null }]);
        store.Delete(["f", "none"]);
        store.Load().ShouldHaveSingleItem().Fingerprint.ShouldBe("g");
        new OverrideStore(again).Load().ShouldHaveSingleItem().ShouldBe(standIn);
        new OverrideStore(again).Delete("i");
        new OverrideStore(again).Load().ShouldBeEmpty();
        key.Length.ShouldBe(32);
        LinkKey.Read(again).ShouldBe(key);
    }

    [Fact]
    public void An_escalation_survives_a_reopen_and_one_that_cannot_be_read_keeps_no_other_back()
    {
        var contact = new EscalationContact("r", "p", "o");
        var state = new EscalationState
        {
            Id = "1",
            Policy = "page",
            GroupKey = "{}:{a=\"b\"}",
            GroupLabels = LabelSet.Of("a", "b"),
            StartedAt = Now,
            Round = 1,
            Step = 2,
            NextAt = Now.AddMinutes(5),
            Members = [new EscalationMember(LabelSet.Of("a", "b"), LabelSet.Of("s", "ü"), Now, Now.AddHours(1), "http://x")],
            Told = [contact],
            Begun = [new BegunStep(Now, 0, 1, [contact])],
        };
        var reports = new List<string>();
        using (var database = Open())
        {
            var store = new EscalationStore(database, reports.Add);
            store.Save(state with { Step = 0 });
            store.Save(state);
            store.Save(state with { Id = "2", NextAt = null, AcknowledgedAt = Now, Ended = true, Told = [], Begun = [] });
            database.Write(static commands => commands.Execute("INSERT INTO escalations VALUES ('3', 'p', 'k', 0, '{\"policy\":7}')"));
        }

        using var again = Open();
        var loaded = new EscalationStore(again, reports.Add).Load().OrderBy(static s => s.Id).ToArray();
        loaded.Select(static s => s.Id).ShouldBe(["1", "2"]);
        (loaded[0] with { Members = state.Members, Told = state.Told, Begun = state.Begun }).ShouldBe(state);
        loaded[0].Members.ShouldBe(state.Members);
        loaded[0].Told.ShouldBe(state.Told);
        loaded[0].Begun.ShouldHaveSingleItem().Contacts.ShouldBe([contact]);
        (loaded[1].NextAt, loaded[1].AcknowledgedAt, loaded[1].Ended).ShouldBe((null, Now, true));
        reports.ShouldHaveSingleItem().ShouldContain("escalation 3 cannot be read");
        new EscalationStore(again, reports.Add).Load().Count.ShouldBe(2);
    }

    public void Dispose() => _folder.Dispose();

    private StateDatabase Open() => new(_folder.PathOf("state.db"));
}
