namespace Sightglass.Storage.Tests;

public sealed class DiskBudgetTests
{
    [Fact]
    public void The_oldest_day_of_all_signals_goes_first_until_the_rest_fits()
    {
        var metrics = new Owner(("metrics", "m1", 10, 100), ("metrics", "m2", 11, 100), ("metrics", "m3", 12, 100));
        var events = new Owner(("logs", "l1", 9, 50), ("traces", "t1", 10, 30), ("logs", "l2", 12, 50));
        var limit = 450L;
        var budget = new DiskBudget([metrics, events], () => limit);
        budget.Apply().ShouldBeEmpty();
        limit = 400;
        budget.Apply().ShouldBe([new DroppedParts("logs", 9, 1, 50)]);
        budget.UsedBytes.ShouldBe(380);
        limit = 379;
        budget.Apply().ShouldBe([new DroppedParts("metrics", 10, 1, 100), new DroppedParts("traces", 10, 1, 30)]);
        budget.UsedBytes.ShouldBe(250);
    }

    [Fact]
    public void Of_the_newest_day_the_oldest_parts_go_but_not_the_newest_of_a_signal()
    {
        var owner = new Owner(("metrics", "m1", 12, 100), ("logs", "l1", 12, 10), ("metrics", "m2", 12, 100), ("metrics", "m3", 12, 100)) { LogBytes = 5 };
        var budget = new DiskBudget([owner], () => 250);
        budget.Apply().ShouldBe([new DroppedParts("metrics", 12, 1, 100)]);
        owner.StoredParts().Select(p => p.Name).ShouldBe(["l1", "m2", "m3"]);
        new DiskBudget([owner], () => 1).Apply().ShouldBe([new DroppedParts("metrics", 12, 1, 100)]);
        owner.StoredParts().Select(p => p.Name).ShouldBe(["l1", "m3"]);
        new DiskBudget([owner], () => 1).Apply().ShouldBeEmpty();
    }

    private sealed class Owner(params (string Signal, string Name, long Day, long Bytes)[] parts) : IPartOwner
    {
        private readonly List<(string Signal, string Name, long Day, long Bytes)> _parts = [.. parts];

        public long LogBytes { get; init; }

        public long DiskBytes => _parts.Sum(p => p.Bytes) + LogBytes;

        public IReadOnlyList<StoredPart> StoredParts() => [.. _parts.Select((p, i) => new StoredPart(this, p.Signal, p.Name, p.Day, (p.Day * 86_400_000) + i, p.Bytes))];

        public void DropParts(IReadOnlyCollection<string> names) => _parts.RemoveAll(p => names.Contains(p.Name));
    }
}
