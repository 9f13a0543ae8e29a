using Sightglass.Core.Model;

namespace Sightglass.Metrics.Tests;

public sealed class MergeTests
{
    [Fact]
    public void A_flush_does_not_wait_for_a_merge()
    {
        // So many random values that the merge writes before it is at its end.
        using var store = new StoreFixture { FlushBytes = 1 }.Open();
        var (inMerge, partsMeanwhile) = (false, 0);
        store.Files.Written = path =>
        {
            if (!path.EndsWith("samples.bin", StringComparison.Ordinal))
            {
                return;
            }

            var parts = store.Store.Stats.Parts;
            if (inMerge)
            {
                partsMeanwhile = Math.Max(partsMeanwhile, parts);
            }
            else if (parts == 3)
            {
                inMerge = true;
                Append(store, 3);
            }
        };
        for (var part = 0; part < 3; part++)
        {
            Append(store, part);
            SpinWait.SpinUntil(() => store.Store.Stats.Parts > part || store.Store.Stats.Parts == 1, TimeSpan.FromSeconds(60)).ShouldBeTrue();
        }

        SpinWait.SpinUntil(() => store.Store.Stats.Parts == 2, TimeSpan.FromSeconds(60)).ShouldBeTrue();
        partsMeanwhile.ShouldBe(4);
        store.ShouldAgree();
        store.Files.Written = null;
        store.Restart(loseUnsynced: true);
        store.ShouldAgree();
    }

    private static void Append(StoreFixture store, int part)
    {
        var random = new Random(part);
        store.Append(batch =>
        {
            for (var i = 0; i < 400; i++)
            {
                var series = batch.AddSeries(LabelSet.Of("__name__", $"series_{i}"));
                for (var s = 0; s < 150; s++)
                {
                    batch.AddSample(series, StoreFixture.Now - 3_600_000 + (part * 300_000) + (s * 1000), random.NextDouble());
                }
            }
        });
    }
}
