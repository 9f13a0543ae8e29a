using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit.Faults;
using static Sightglass.Metrics.Tests.StoreFixture;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests;

public sealed class SnapshotTests
{
    private static readonly LabelMatcher[] M1 = [new(MatchType.Equal, "__name__", "m1")];

    [Fact]
    public void A_store_opened_on_a_snapshot_answers_the_same_and_lives_on_its_own()
    {
        using var f = Filled();
        f.Delete(M1, Now, Now + 5);
        f.Append(b => b.Metadata.Add(new MetricMetadata("m1", MetricType.Counter, "help", "s")));
        f.AppendSample(LabelSet.Of("__name__", "m1"), Now + 100, 7);
        f.MoveToSnapshot();
        f.ShouldAgree();
        f.Store.Metadata("m1").Single().Help.ShouldBe("help");
        f.AppendSample(LabelSet.Of("__name__", "m1"), Now + 3, 9);
        f.Store.CompactFully();
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
    }

    [Fact]
    public void Merges_and_retention_of_the_store_do_not_touch_its_snapshot()
    {
        using var f = Filled();
        f.Store.Snapshot("/copy", skipHead: false);
        f.Store.Delete([Everything], 0, long.MaxValue);
        f.Store.CompactFully();
        f.Store.Stats.Parts.ShouldBe(0);
        using var copy = new StoreFixture();
        copy.UseFiles(f.Files.Restart(loseUnsynced: true));
        copy.UseFolder("/copy");
        copy.Open();
        Dump(copy.Store, Everything).ShouldBe(Dump(f.Model, Everything));
    }

    [Fact]
    public void Skip_head_leaves_out_what_is_in_memory_only()
    {
        using var f = Filled();
        var flushed = Dump(f.Store, Everything);
        f.Store.Flush();
        f.AppendSample(LabelSet.Of("__name__", "m9"), Now, 1);
        f.MoveToSnapshot(skipHead: true);
        Dump(f.Store, Everything).ShouldBe(flushed);
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    public void A_fault_while_it_is_made_is_told_and_leaves_the_store_as_it_was(Fault kind)
    {
        for (var at = 1; at < 60; at++)
        {
            using var f = Filled();
            f.Files.FaultAt = f.Files.Operations + at;
            f.Files.FaultKind = kind;
            try
            {
                f.Store.Snapshot("/copy", skipHead: false);
            }
            catch (StorageFailedException)
            {
                // Told.
            }

            f.ShouldAgree();
            f.AppendSample(LabelSet.Of("__name__", "after"), Now, 1);
            f.Restart(loseUnsynced: true);
            f.ShouldAgree();
        }
    }

    [Fact]
    public void A_full_disk_is_told_and_the_store_goes_on_when_there_is_room()
    {
        using var f = Filled();
        f.Files.Capacity = f.Files.AllFiles().Sum(f.Files.SizeOf) + 10;
        Should.Throw<StorageFailedException>(() => f.Store.Snapshot("/copy", skipHead: false));
        f.Files.Capacity = long.MaxValue;
        f.Files.Delete("/copy");
        f.MoveToSnapshot();
        f.ShouldAgree();
    }

    private static StoreFixture Filled()
    {
        var f = new StoreFixture().Open();
        for (var i = 0; i < 30; i++)
        {
            f.AppendSample(LabelSet.Of("__name__", $"m{i % 3}"), Now + i - (i % 2 * 86_400_000L), i);
            if (i is 10 or 20)
            {
                f.Store.Flush();
            }
        }

        return f;
    }
}
