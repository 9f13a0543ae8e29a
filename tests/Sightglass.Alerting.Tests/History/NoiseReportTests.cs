using FsCheck;
using FsCheck.Fluent;
using Sightglass.Alerting.History;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.History;

public sealed class NoiseReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NoiseOptions Options = new() { From = Start, To = Start.AddHours(10) };

    [Fact]
    public void Episodes_have_what_was_told_done_and_what_kept_them_silent()
    {
        var told = Event("a", 12, AlertEventKind.Notified, "hook/webhook", "firing");
        var episodes = AlertEpisodes.Of(
        [
            Event("a", 5, AlertEventKind.Resolved),
            Event("a", 10, AlertEventKind.Pending),
            Event("a", 10, AlertEventKind.Firing) with { Value = 3 },
            told,
            Event("a", 13, AlertEventKind.NotifyFailed),
            Event("a", 14, AlertEventKind.Acknowledged, "ada"),
            Event("a", 15, AlertEventKind.Acknowledged, "bob"),
            Event("a", 20, AlertEventKind.Resolved),
            Event("a", 21, AlertEventKind.Notified, "hook/webhook", "resolved"),
            Event("a", 21, AlertEventKind.Silenced),
            Event("a", 30, AlertEventKind.Silenced),
            Event("a", 30, AlertEventKind.Firing),
            Event("a", 31, AlertEventKind.Muted),
            Event("b", 31, AlertEventKind.Notified),
            Event("a", 40, AlertEventKind.Firing),
            Event("a", 41, AlertEventKind.Inhibited),
            Event("a", 41, AlertEventKind.Silenced),
        ],
        Start);
        episodes.Select(static e => $"{(e.Start - Start).TotalMinutes}-{(e.End - Start)?.TotalMinutes} {e.BeganBefore} {e.NotifiedCount} {e.FailedCount} {e.Acknowledged?.Actor} {e.Silenced} {e.AlwaysSilenced} {e.Inhibited} {e.Muted}").ShouldBe([
            "0-5 True 0 0  False False False False", "10-20 False 2 1 ada False False False False", "30-40 False 0 0  True True False True", "40- False 0 0  True False True False"]);
        episodes[1].Told[0].ShouldBe(told);
        episodes[1].Value.ShouldBe(3);
    }

    [Fact]
    public void A_silence_that_ends_before_the_alert_was_not_there_all_the_time()
    {
        AlertEpisodes.Of([Event("a", 1, AlertEventKind.Firing), Event("a", 1, AlertEventKind.Silenced), Event("a", 2, AlertEventKind.Unsilenced), Event("a", 3, AlertEventKind.Silenced)], Start)
            .ShouldHaveSingleItem().AlwaysSilenced.ShouldBeFalse();
    }

    [Fact]
    public void Episodes_are_read_page_by_page_with_those_that_last()
    {
        var timeline = new MemoryAlertTimeline();
        timeline.Append([Event("old", -60, AlertEventKind.Firing), .. Enumerable.Range(0, 6_000).Select(i => Event($"a{i}", i % 50, AlertEventKind.Firing))]);
        var (episodes, complete) = AlertEpisodes.Read(timeline, new AlertEventFilter { From = Start, To = Options.To }, 100_000, CancellationToken.None);
        (episodes.Count, complete).ShouldBe((6_001, true));
        episodes.Single(static e => e.BeganBefore).Labels["alertname"].ShouldBe("old");
        (episodes, complete) = AlertEpisodes.Read(timeline, new AlertEventFilter { From = Start, To = Options.To }, 5_500, CancellationToken.None);
        (episodes.Count, complete).ShouldBe((5_501, false));
    }

    [Theory]
    [InlineData(new[] { -60, 120 }, true)]
    [InlineData(new[] { -60, 120, 130 }, true)]
    [InlineData(new[] { -60, 120, 130, 140 }, true)]
    [InlineData(new[] { -60 }, true)]
    [InlineData(new[] { -60, -30 }, false)]
    [InlineData(new[] { -60, -30, 120, 130 }, false)]
    [InlineData(new[] { -60, -30, -20, 120 }, true)]
    public void What_fired_from_before_the_time_to_after_it_fired_all_the_time(int[] minutes, bool fired)
    {
        var timeline = new MemoryAlertTimeline();
        timeline.Append([.. minutes.Select(static (m, i) => Event("a", m, i % 2 == 0 ? AlertEventKind.Firing : AlertEventKind.Resolved))]);
        var (episodes, _) = AlertEpisodes.Read(timeline, new AlertEventFilter { From = Start, To = Start.AddMinutes(100) }, 100_000, CancellationToken.None);
        episodes.Select(static e => (e.Start, e.BeganBefore, e.End)).ShouldBe(fired ? [(Start, true, null)] : []);
        AlertEpisodes.Read(timeline, new AlertEventFilter { From = Start, To = Start.AddMinutes(100), AlertName = "b" }, 100_000, CancellationToken.None).Episodes.ShouldBeEmpty();
    }

    [Fact]
    public void Figures_and_suggestions_of_a_noisy_week()
    {
        var events = new List<AlertEvent>();
        for (var i = 0; i < 10; i++)
        {
            // Flaps: 2 minutes of every 10; its companion begins half a minute later and lasts.
            events.AddRange([Event("flappy", i * 10, AlertEventKind.Firing), Event("flappy", (i * 10) + 1, AlertEventKind.Notified), Event("flappy", (i * 10) + 2, AlertEventKind.Resolved)]);
            events.AddRange([Event("companion", (i * 10) + 0.5, AlertEventKind.Firing), Event("companion", (i * 10) + 0.5, AlertEventKind.Silenced), Event("companion", (i * 10) + 9, AlertEventKind.Resolved)]);
        }

        events.AddRange([Event("good", 100, AlertEventKind.Firing), Event("good", 101, AlertEventKind.Notified), Event("good", 102, AlertEventKind.Acknowledged)]);
        var report = NoiseReport.Of(AlertEpisodes.Of(events, Start), Options);
        report.Alerts.Select(static a => a.AlertName).ShouldBe(["flappy", "good", "companion"]);
        var flappy = report.Alerts[0];
        (flappy.Episodes, flappy.Flaps, flappy.ShortEpisodes, flappy.Notifications, flappy.NeverAcknowledged, flappy.AlwaysSilenced).ShouldBe((10, 9, 10, 10, true, false));
        (flappy.Total, flappy.Median, flappy.Series).ShouldBe((TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(2), 1));
        flappy.Suggestions.Count.ShouldBe(4);
        flappy.Suggestions[0].ShouldStartWith("10 of 10 episodes were over within 5m");
        flappy.Suggestions[3].ShouldStartWith("It begins together with companion (10 times, 100");
        var companion = report.Alerts[2];
        (companion.AlwaysSilenced, companion.Flaps, companion.ShortEpisodes).ShouldBe((true, 9, 0));
        companion.Suggestions[^1].ShouldEndWith("let flappy inhibit it.");
        report.Alerts[1].Suggestions.ShouldBeEmpty();
        (report.Alerts[1].Total, report.Alerts[1].NeverAcknowledged).ShouldBe((TimeSpan.FromMinutes(500), false));
        report.Pairs.ShouldBe([new NoisyPair("flappy", "companion", 10, 10, 10, 1)]);
    }

    [Fact]
    public void Alerts_of_the_same_name_in_other_groups_are_told_apart()
    {
        var report = NoiseReport.Of(AlertEpisodes.Of([Event("a", 1, AlertEventKind.Firing) with { RuleGroup = "g" }, Event("b", 1, AlertEventKind.Firing)], Start), Options);
        report.Alerts.Select(static a => $"{a.RuleGroup}/{a.AlertName}").ShouldBe(["g/a", "/b"]);
        report.Pairs.ShouldBeEmpty("once is no pattern");
    }

    /// <summary>Against a model that walks minute by minute.</summary>
    [Fact]
    public void Figures_are_those_of_a_naive_model() => Prop.ForAll<(byte Alert, byte Minute, bool Fires)[]>(steps =>
    {
        var events = steps.Select((s, i) => Event($"a{s.Alert % 3}", s.Minute % 60, s.Fires ? AlertEventKind.Firing : AlertEventKind.Resolved)).ToList();
        var options = Options with { To = Start.AddMinutes(60), Flap = TimeSpan.FromMinutes(4), Short = TimeSpan.FromMinutes(3) };
        var report = NoiseReport.Of(AlertEpisodes.Of(events, Start), options);
        foreach (var name in events.Select(static e => e.AlertName).Distinct())
        {
            var model = Model([.. events.Where(e => e.AlertName == name)]);
            var alert = report.Alerts.SingleOrDefault(a => a.AlertName == name);
            (alert?.Episodes ?? 0).ShouldBe(model.Count);
            if (alert is not null)
            {
                alert.Total.TotalMinutes.ShouldBe(model.Sum(static e => e.End - e.Start));
                alert.ShortEpisodes.ShouldBe(model.Count(static e => !e.Before && e.Over && e.End - e.Start < 3));
                alert.Flaps.ShouldBe(Enumerable.Range(1, Math.Max(0, model.Count - 1)).Count(i => model[i].Start - model[i - 1].End <= 4));
            }
        }
    }).QuickCheckThrowOnFailure();

    /// <summary>The pairing of moments is the largest there is.</summary>
    [Fact]
    public void Moments_together_are_as_many_as_a_search_of_all_finds() => Prop.ForAll<byte[], byte[], byte>((a, b, together) =>
    {
        List<DateTimeOffset> Times(byte[] minutes) => [.. minutes.Take(7).Select(static m => Start.AddMinutes(m % 40)).Distinct().Order()];
        var (left, right, near) = (Times(a), Times(b), TimeSpan.FromMinutes(together % 6));
        NoisePairs.Matches(left, right, near).Together.ShouldBe(Best(left, right, near));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Series_that_begin_at_one_time_are_one_occurrence() =>
        NoisePairs.Occurrences([Start, Start.AddSeconds(50), Start.AddSeconds(70), Start.AddSeconds(130), Start.AddHours(1)], TimeSpan.FromMinutes(1))
            .ShouldBe([Start, Start.AddSeconds(70), Start.AddHours(1)]);

    private static List<(double Start, double End, bool Over, bool Before)> Model(List<AlertEvent> events)
    {
        var episodes = new List<(double Start, double End, bool Over, bool Before)>();
        double? since = null;
        var seen = false;
        for (var minute = 0; minute < 60; minute++)
        {
            // At one moment ends come before beginnings.
            foreach (var kind in (AlertEventKind[])[AlertEventKind.Resolved, AlertEventKind.Firing])
            {
                foreach (var _ in events.Where(e => e.At == Start.AddMinutes(minute) && e.Kind == kind))
                {
                    if (since is { } start)
                    {
                        episodes.Add((start, minute, true, false));
                    }
                    else if (kind == AlertEventKind.Resolved && !seen)
                    {
                        episodes.Add((0, minute, true, true));
                    }

                    since = kind == AlertEventKind.Firing ? minute : null;
                    seen = true;
                }
            }
        }

        if (since is { } still)
        {
            episodes.Add((still, 60, false, false));
        }

        return episodes;
    }

    private static int Best(List<DateTimeOffset> a, List<DateTimeOffset> b, TimeSpan near)
    {
        if (a.Count == 0)
        {
            return 0;
        }

        var best = Best(a[1..], b, near);
        for (var i = 0; i < b.Count; i++)
        {
            if ((a[0] - b[i]).Duration() <= near)
            {
                best = Math.Max(best, 1 + Best(a[1..], [.. b[..i], .. b[(i + 1)..]], near));
            }
        }

        return best;
    }

    private static AlertEvent Event(string name, double minute, AlertEventKind kind, string actor = "", string detail = "") =>
        AlertEvent.Of(LabelSet.Of("alertname", name), Start.AddMinutes(minute), kind, actor, detail);
}
