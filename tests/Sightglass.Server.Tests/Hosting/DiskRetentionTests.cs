using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;
using Sightglass.Storage;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Hosting;

public sealed class DiskRetentionTests
{
    [Fact]
    public void The_clock_applies_the_bound_and_it_is_told_and_counted()
    {
        var time = new ManualTimeProvider();
        var owner = new Owner();
        var reports = new List<string>();
        using var disk = new DiskRetention([owner], "/", new DiskLimit(250, 0), time, reports.Add);
        disk.Start();
        time.Advance(TimeSpan.FromSeconds(14));
        owner.Parts.Count.ShouldBe(4);
        time.Advance(TimeSpan.FromSeconds(2));
        owner.Parts.Select(p => p.Name).ShouldBe(["c", "d"]);
        disk.Dropped.ShouldBe([("metrics", 2, 200), ("logs", 0, 0), ("traces", 0, 0)]);
        reports.ShouldBe(["over max_disk (250 bytes): dropped 100 bytes of metrics of 1970-01-02", "over max_disk (250 bytes): dropped 100 bytes of metrics of 1970-01-03"]);
        disk.Limit = new DiskLimit(10, 0);
        time.Advance(TimeSpan.FromSeconds(30));
        owner.Parts.Select(p => p.Name).ShouldBe(["d"]);
        reports.Skip(2).ShouldBe(["over max_disk (10 bytes): dropped 100 bytes of metrics of 1970-01-04", "over max_disk (10 bytes) with 100 bytes, and only the newest part of each signal is left"]);
        disk.Limit = null;
        time.Advance(TimeSpan.FromSeconds(30));
        reports.Count.ShouldBe(4);
    }

    private sealed class Owner : IPartOwner
    {
        public List<(string Name, long Day)> Parts { get; } = [("a", 1), ("b", 2), ("c", 3), ("d", 3)];

        public long DiskBytes => Parts.Count * 100;

        public IReadOnlyList<StoredPart> StoredParts() => [.. Parts.Select((p, i) => new StoredPart(this, "metrics", p.Name, p.Day, i, 100))];

        public void DropParts(IReadOnlyCollection<string> names) => Parts.RemoveAll(p => names.Contains(p.Name));
    }
}
