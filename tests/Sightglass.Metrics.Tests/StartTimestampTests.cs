using Sightglass.Core.Model;

namespace Sightglass.Metrics.Tests;

/// <summary>Start timestamps, through memory, log, parts and merges; random histories are in <see cref="ModelTests"/>.</summary>
public sealed class StartTimestampTests
{
    private static readonly LabelSet Requests = LabelSet.Of("__name__", "requests_total");

    [Fact]
    public void They_stay_with_their_samples_until_the_process_behind_them_restarts()
    {
        using var f = new StoreFixture().Open();
        for (var i = 0; i < 100; i++)
        {
            var start = StoreFixture.Now - (i < 60 ? 900_000 : 500_000);
            Add(f, StoreFixture.Now - 1_000_000 + (i * 10_000), i % 60, start);
        }

        f.ShouldAgree();
        f.Restart(loseUnsynced: false);
        f.ShouldAgree();
        f.Store.Flush();
        f.ShouldAgree();
        f.Store.CompactFully();
        f.ShouldAgree();
    }

    [Fact]
    public void A_late_sample_brings_its_own_and_changes_nothing_after_it()
    {
        using var f = new StoreFixture().Open();
        Add(f, StoreFixture.Now - 50_000, 1, 1000);
        Add(f, StoreFixture.Now - 10_000, 2, 1000);
        Add(f, StoreFixture.Now - 30_000, 3, 2000);
        Add(f, StoreFixture.Now - 60_000, 4, 3000);
        Add(f, StoreFixture.Now - 40_000, 5, 0);
        Add(f, StoreFixture.Now - 10_000, 6, 4000);
        Add(f, StoreFixture.Now, 7, 0);
        StoreFixture.Dump(f.Store, StoreFixture.Everything).Select(l => l.Split(' ')[^2]).ShouldBe(
        [
            $"3000@{StoreFixture.Now - 60_000}",
            $"1000@{StoreFixture.Now - 50_000}",
            $"0@{StoreFixture.Now - 40_000}",
            $"2000@{StoreFixture.Now - 30_000}",
            $"4000@{StoreFixture.Now - 10_000}",
            $"0@{StoreFixture.Now}",
        ]);
        f.ShouldAgree();
    }

    [Fact]
    public void A_flipped_bit_in_them_costs_no_sample()
    {
        using var f = new StoreFixture().Open();
        Add(f, StoreFixture.Now - 10_000, 1, 1000);
        f.Store.Flush();
        Add(f, StoreFixture.Now, 2, 1000);
        f.Store.Flush();
        f.Store.Dispose();
        var index = f.Files.AllFiles().First(p => p.EndsWith("index.bin", StringComparison.Ordinal));
        f.Files.FlipBit(index, (f.Files.SizeOf(index) * 8) - 3);
        f.Restart(loseUnsynced: false);
        Should.Throw<Core.Errors.CorruptDataException>(() => StoreFixture.Dump(f.Store, StoreFixture.Everything));
        StoreFixture.Dump(f.Store, StoreFixture.Everything).Count.ShouldBe(2);
        f.Store.CompactFully();
        StoreFixture.Dump(f.Store, StoreFixture.Everything).Count.ShouldBe(2);
    }

    private static void Add(StoreFixture f, long time, double value, long start) => f.Append(b =>
    {
        b.AddSample(b.AddSeries(Requests), time, value);
        if (start != 0)
        {
            b.SetSampleStart(start);
        }
    });
}
