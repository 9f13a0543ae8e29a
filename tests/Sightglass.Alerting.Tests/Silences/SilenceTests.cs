using Sightglass.Alerting.Silences;
using Sightglass.Alerting.Tests.Routing;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Tests.Silences;

public sealed class SilenceTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly MemorySilenceStore _store = new();

    private DateTimeOffset Now => _time.GetUtcNow();

    [Fact]
    public void A_silence_is_pending_active_and_expired()
    {
        var silences = new SilenceRegistry(_store, _time);
        var id = silences.Set(Make(Now.AddMinutes(1), Now.AddMinutes(2)));
        silences.SilencedBy(LabelSet.Of("a", "1")).ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMinutes(1));
        silences.SilencedBy(LabelSet.Of("a", "1")).ShouldBe([id]);
        silences.SilencedBy(LabelSet.Of("a", "2")).ShouldBeEmpty();
        new SilenceRegistry(_store, _time).SilencedBy(LabelSet.Of("a", "1")).ShouldBe([id]);
        _time.Advance(TimeSpan.FromMinutes(1));
        silences.Get(id)!.State(Now).ShouldBe(SilenceState.Expired);
        Should.Throw<QueryException>(() => silences.Expire(id));
        _time.Advance(SilenceRegistry.Retention + TimeSpan.FromMinutes(1));
        silences.Set(Make(Now, Now.AddMinutes(1)));
        silences.Get(id).ShouldBeNull();
    }

    [Fact]
    public void Changing_the_end_keeps_the_id_and_changing_the_matchers_makes_a_new_one()
    {
        var silences = new SilenceRegistry(_store, _time);
        var id = silences.Set(Make(Now, Now.AddMinutes(2)));
        silences.Set(silences.Get(id)! with { EndsAt = Now.AddHours(1) }).ShouldBe(id);
        var next = silences.Set(silences.Get(id)! with { Matchers = [new LabelMatcher(MatchType.Equal, "a", "2")] });
        next.ShouldNotBe(id);
        silences.Get(id)!.State(Now).ShouldBe(SilenceState.Expired);
    }

    [Fact]
    public void Silences_that_make_no_sense_are_refused()
    {
        var silences = new SilenceRegistry(_store, _time);
        void Refused(Silence silence, string part) => Should.Throw<QueryException>(() => silences.Set(silence)).Message.ShouldContain(part);
        Refused(Make(Now, Now.AddMinutes(1)) with { Matchers = [] }, "at least one matcher");
        Refused(Make(Now, Now.AddMinutes(1)) with { Matchers = [new LabelMatcher(MatchType.Regex, "a", ".*")] }, "must not match the empty string");
        Refused(Make(Now, Now), "start time must be before end time");
        Refused(Make(Now.AddHours(-2), Now.AddHours(-1)), "in the past");
        Refused(Make(Now, Now.AddMinutes(1)) with { Id = "nope" }, "not found");
    }

    private static Silence Make(DateTimeOffset from, DateTimeOffset to) =>
        new() { Id = string.Empty, Matchers = [new LabelMatcher(MatchType.Equal, "a", "1")], StartsAt = from, EndsAt = to, CreatedBy = "me", Comment = "c" };
}
