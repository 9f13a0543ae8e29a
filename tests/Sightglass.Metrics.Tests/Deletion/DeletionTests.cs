using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit.Faults;
using static Sightglass.Metrics.Tests.StoreFixture;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests.Deletion;

public sealed class DeletionTests
{
    private static readonly LabelMatcher[] JobA = [new(MatchType.Equal, "job", "a")];

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void What_was_deleted_is_gone_at_once_after_a_kill_and_from_disk(bool flushed, bool wholeSeries)
    {
        using var f = Filled(flushed);
        f.Delete(JobA, wholeSeries ? Now - 100_000 : Now + 10_000, wholeSeries ? Now + 100_000 : Now + 20_000);
        f.ShouldAgree();
        f.ShouldAgree(JobA, Now + 12_000, Now + 18_000);
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.Store.Stats.Tombstones.ShouldBe(1);
        f.Store.CleanDeleted(CancellationToken.None).ShouldBe(1);
        f.Store.Stats.PartSamples.ShouldBe(Dump(f.Model, Everything).Count);
        f.Store.Stats.Tombstones.ShouldBe(0);
        f.Store.CleanDeleted(CancellationToken.None).ShouldBe(0);
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_afterwards_stays_though_the_range_was_deleted(bool flushed)
    {
        using var f = Filled(flushed);
        f.Delete(JobA, Now, Now + 100_000);
        f.AppendSample(LabelSet.Of("__name__", "m", "job", "a"), Now + 1000, 42);
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.Store.Flush();
        f.ShouldAgree();
        f.Restart(loseUnsynced: true);
        f.ShouldAgree();
        f.Store.CompactFully();
        f.ShouldAgree();
        f.Store.Stats.Tombstones.ShouldBe(0);
        Dump(f.Store, JobA).Count.ShouldBe(1);
    }

    [Fact]
    public void Series_and_labels_without_samples_left_are_not_named()
    {
        using var f = Filled(flushed: true);
        f.Delete(JobA, Now - 100_000, Now + 100_000);
        f.Store.Series(Everything, 0, long.MaxValue, 0, default).Select(s => s.ToString()).ShouldBe(["m{job=\"b\"}"]);
        f.Store.LabelValues("job", [], 0, long.MaxValue, default).ShouldBe(["b"]);
        f.Store.LabelValues("job", Everything, 0, long.MaxValue, default).ShouldBe(["b"]);
        f.Store.LabelNames([], 0, long.MaxValue, default).ShouldBe(["__name__", "job"]);
    }

    [Fact]
    public void Several_selectors_and_overlapping_ranges_add_up()
    {
        using var f = Filled(flushed: true);
        f.Delete(JobA, Now, Now + 10_000);
        f.Delete(JobA, Now + 9_000, Now + 20_000);
        f.Delete([new LabelMatcher(MatchType.Equal, "__name__", "m")], Now + 15_000, Now + 30_000);
        f.ShouldAgree();
        f.Store.Series(JobA, Now, Now + 29_000, 0, default).ShouldBeEmpty();
        f.Store.Series(JobA, Now, Now + 31_000, 0, default).Count.ShouldBe(1);
        f.Store.Delete([JobA, [new LabelMatcher(MatchType.Equal, "job", "b")]], 0, long.MaxValue);
        Dump(f.Store, Everything).ShouldBeEmpty();
    }

    [Fact]
    public void What_matches_nothing_leaves_no_tombstone()
    {
        using var f = Filled(flushed: true);
        f.Delete([new LabelMatcher(MatchType.Equal, "job", "c")], 0, long.MaxValue);
        f.Delete(JobA, Now + 1_000_000, long.MaxValue);
        f.Delete(JobA, 5, 4);
        f.Store.Stats.Tombstones.ShouldBe(0);
        f.ShouldAgree();
    }

    [Fact]
    public void A_query_under_way_reads_on_while_its_samples_go()
    {
        using var f = Filled(flushed: true);
        using var selection = f.Store.Select(new Core.Contracts.MetricSelection(JobA, 0, long.MaxValue), default);
        f.Delete(JobA, 0, long.MaxValue);
        f.Store.CleanDeleted(default);
        var buffer = new SampleBuffer();
        selection.Read(0, buffer);
        buffer.Count.ShouldBeOneOf(0, 60);
        f.ShouldAgree();
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void A_fault_anywhere_leaves_the_deletion_made_or_not_and_all_else_there(Fault kind)
    {
        var (with, without) = (Outcome(delete: true), Outcome(delete: false));
        for (var at = 1; at < 120; at++)
        {
            using var f = Filled(flushed: true);
            var files = f.Files;
            files.FaultAt = files.Operations + at;
            files.FaultKind = kind;
            var deleted = false;
            try
            {
                f.Store.Delete([JobA], Now, Now + 20_000);
                deleted = true;
                f.Store.CleanDeleted(default);
            }
            catch (StorageFailedException)
            {
                // Whoever asked would ask again.
            }

            using var after = new StoreFixture();
            after.UseFiles(files.Restart(loseUnsynced: kind == Fault.Crash));
            after.Open();
            var found = Dump(after.Store, Everything);
            (found.SequenceEqual(with) || (!deleted && found.SequenceEqual(without))).ShouldBeTrue($"fault at operation {at}, deletion {(deleted ? "confirmed" : "failed")}");
        }
    }

    [Fact]
    public void A_flipped_bit_in_a_copy_of_the_tombstones_costs_nothing_and_in_both_is_told()
    {
        using var f = Filled(flushed: true);
        f.Delete(JobA, Now, Now + 20_000);
        foreach (var path in f.Files.AllFiles().Where(p => p.Contains("TOMBSTONES", StringComparison.Ordinal)))
        {
            for (var bit = 0; bit < f.Files.SizeOf(path) * 8; bit += 5)
            {
                using var hit = new StoreFixture();
                hit.UseFiles(f.Files.Restart(loseUnsynced: false));
                hit.Files.FlipBit(path, bit);
                hit.Open();
                Dump(hit.Store, Everything).ShouldBe(Dump(f.Model, Everything));
            }
        }

        f.Files.FlipBit("/metrics/TOMBSTONES", 77);
        f.Files.FlipBit("/metrics/TOMBSTONES.copy", 99);
        Should.Throw<CorruptDataException>(() => f.Restart(loseUnsynced: false));
    }

    [Fact]
    public void Too_many_deletions_are_refused_until_they_are_cleaned()
    {
        using var f = Filled(flushed: true);
        var selectors = Enumerable.Repeat<IReadOnlyList<LabelMatcher>>(JobA, MetricStore.MaxTombstones).ToArray();
        f.Store.Delete(selectors, Now, Now + 1000);
        Should.Throw<LimitExceededException>(() => f.Store.Delete([JobA], Now, Now)).Message.ShouldContain("clean_tombstones");
        f.Store.CleanDeleted(default);
        f.Store.Delete([JobA], Now, Now + 2000);
    }

    private static List<string> Outcome(bool delete)
    {
        using var f = Filled(flushed: true);
        if (delete)
        {
            f.Store.Delete([JobA], Now, Now + 20_000);
        }

        return Dump(f.Store, Everything);
    }

    private static StoreFixture Filled(bool flushed)
    {
        var f = new StoreFixture().Open();
        foreach (var job in (string[])["a", "b"])
        {
            for (var i = 0; i < 60; i++)
            {
                f.AppendSample(LabelSet.Of("__name__", "m", "job", job), Now + (i * 1000), i);
            }
        }

        if (flushed)
        {
            f.Store.Flush();
        }

        return f;
    }
}
