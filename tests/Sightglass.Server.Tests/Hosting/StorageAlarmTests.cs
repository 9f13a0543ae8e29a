using System.Collections.Concurrent;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Server.Hosting;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Hosting;

public sealed class StorageAlarmTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly ConcurrentQueue<PostedAlert> _told = new();

    [Fact]
    public void A_write_that_fails_is_an_alert_until_writes_go_through()
    {
        using var alarm = new StorageAlarm(_folder.FullPath, Take, static () => LabelSet.Of("cluster", "a"), _time);
        alarm.Failed("metrics", new StorageFailedException("no space left."));
        _told.ShouldBeEmpty("whoever writes must not wait for who is told");
        _time.Advance(TimeSpan.Zero);
        var alert = _told.ShouldHaveSingleItem();
        alert.Labels.ShouldBe(LabelSet.Of("alertname", "StorageNotWritable", "cluster", "a", "severity", "critical", "store", "metrics"));
        alert.Annotations["description"].ShouldStartWith("no space left. What is sent");
        alert.EndsAt.ShouldBe(_time.GetUtcNow().AddMinutes(2));

        // It goes on failing.
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            alarm.Failed("metrics", new StorageFailedException("still none"));
        }

        _told.ShouldAllBe(a => a.EndsAt > _time.GetUtcNow() && a.StartsAt == alert.StartsAt);
        alarm.Failing.Single().Error.ShouldBe("still none");
        _time.Advance(TimeSpan.FromSeconds(10));
        _told.Last().EndsAt!.Value.ShouldBe(_time.GetUtcNow(), TimeSpan.FromSeconds(10));
        alarm.Failing.ShouldBeEmpty();
        var count = _told.Count;
        _time.Advance(TimeSpan.FromMinutes(10));
        _told.Count.ShouldBe(count);
        Directory.EnumerateFileSystemEntries(_folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public void A_store_that_nobody_writes_to_any_more_is_not_writable_until_there_is_room()
    {
        var folder = _folder.PathOf("gone");
        using var alarm = new StorageAlarm(folder, Take, static () => LabelSet.Empty, _time);
        alarm.Failed("logs", new StorageFailedException("no such folder"));
        _time.Advance(TimeSpan.FromMinutes(5));
        alarm.Failing.Count.ShouldBe(1);
        _told.Last().EndsAt!.Value.ShouldBeGreaterThan(_time.GetUtcNow());
        Directory.CreateDirectory(folder);
        _time.Advance(TimeSpan.FromSeconds(5));
        alarm.Failing.ShouldBeEmpty();
        _told.Last().EndsAt.ShouldBe(_time.GetUtcNow());
    }

    public void Dispose() => _folder.Dispose();

    private void Take(IReadOnlyList<PostedAlert> alerts)
    {
        foreach (var alert in alerts)
        {
            _told.Enqueue(alert);
        }
    }
}
