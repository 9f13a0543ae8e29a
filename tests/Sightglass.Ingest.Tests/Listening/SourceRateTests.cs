using Sightglass.Core.Errors;
using Sightglass.Ingest.Listening;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Listening;

public sealed class SourceRateTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_second_s_worth_may_come_at_once_and_then_as_much_as_the_time_gives()
    {
        var rate = new SourceRate(_time);
        var limit = new SourceRateLimit(10, 0);
        for (var i = 0; i < 10; i++)
        {
            rate.TryTake(limit, 1, 1000, out _, out _).ShouldBeTrue();
        }

        rate.TryTake(limit, 1, 1000, out var reached, out var wait).ShouldBeFalse();
        reached.ShouldBe(nameof(SourceRateLimit.MaxLinesPerSecond));
        _time.Advance(wait);
        rate.TryTake(limit, 1, 1000, out _, out _).ShouldBeTrue();
        rate.TryTake(limit, 1, 1000, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_batch_larger_than_a_second_s_worth_goes_through_and_is_paid_for()
    {
        var rate = new SourceRate(_time);
        var limit = new SourceRateLimit(0, 100);
        rate.TryTake(limit, 1, 1000, out _, out _).ShouldBeTrue();
        rate.TryTake(limit, 1, 1, out var reached, out var wait).ShouldBeFalse();
        reached.ShouldBe(nameof(SourceRateLimit.MaxBytesPerSecond));
        wait.ShouldBeInRange(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(9.1));
        _time.Advance(TimeSpan.FromSeconds(9.1));
        rate.TryTake(limit, 1, 1, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public void A_refused_request_names_the_limit_and_is_counted()
    {
        var source = new IngestLedger(_time).Source("gelf", "10.0.0.1");
        var limit = new SourceRateLimit(5, 0);
        LogIntake.Admit(source, limit, 6, 0);
        Should.Throw<LimitExceededException>(() => LogIntake.Admit(source, limit, 3, 0)).Setting.ShouldBe("MaxLinesPerSecond");
        source.RejectedItems.ShouldBe(3);
        LogIntake.Admit(source, SourceRateLimit.None, 1_000_000, 0);
    }
}
