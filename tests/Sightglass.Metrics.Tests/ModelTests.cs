using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Model;

namespace Sightglass.Metrics.Tests;

/// <summary>Random histories against the plain store.</summary>
public sealed class ModelTests
{
    [Fact]
    public void Any_history_agrees_with_the_plain_store() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), seeds =>
        {
            using var f = new StoreFixture().Open();
            foreach (var seed in seeds)
            {
                Step(f, new Random(seed));
            }

            f.ShouldAgree();
            f.Restart(loseUnsynced: true);
            f.ShouldAgree();
            f.MoveToSnapshot();
            f.ShouldAgree();
            f.Store.Flush();
            f.Store.CompactFully();
            f.ShouldAgree();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static void Step(StoreFixture f, Random random)
    {
        switch (random.Next(13))
        {
            case 0:
                f.Store.Flush();
                break;
            case 1:
                f.Store.Compact();
                break;
            case 2:
                f.Restart(loseUnsynced: random.Next(2) == 0);
                break;
            case 3:
                f.Store.CompactFully();
                break;
            case 4:
                var from = StoreFixture.Now + random.Next(-400_000_000, 1000);
                f.ShouldAgree([new LabelMatcher(Core.Model.MatchType.Regex, "s", random.Next(2) == 0 ? "1|2" : "[1-5]")], from, from + random.Next(100_000_000));
                break;
            case 5:
                var oldest = StoreFixture.Now - random.Next(400_000_000);
                var length = random.Next(3) == 0 ? random.Next(400_000_000) : random.Next(20_000);
                f.Delete([new LabelMatcher(random.Next(2) == 0 ? Core.Model.MatchType.Equal : Core.Model.MatchType.NotEqual, "s", $"{random.Next(10)}"), new LabelMatcher(Core.Model.MatchType.Regex, "__name__", "m[01]")], oldest, oldest + length);
                f.ShouldAgree();
                break;
            case 6:
                f.Store.CleanDeleted(CancellationToken.None);
                f.Store.Stats.Tombstones.ShouldBe(0);
                break;
            default:
                f.Append(b => Fill(b, random));
                break;
        }
    }

    private static void Fill(MetricBatch batch, Random random)
    {
        var series = random.Next(1, 8);
        var started = random.Next(3) == 0;
        for (var i = 0; i < series; i++)
        {
            var index = batch.AddSeries(LabelSet.Of("__name__", $"m{random.Next(3)}", "s", $"{random.Next(10)}"));
            var time = StoreFixture.Now - (random.Next(4) == 0 ? random.Next(400_000_000) : random.Next(100));
            var samples = random.Next(1, 40);
            for (var s = 0; s < samples; s++)
            {
                time += random.Next(5) == 0 ? random.Next(-5000, 5000) : 1000;
                if (random.Next(30) == 0)
                {
                    batch.Histograms.Add((index, time, new NativeHistogram { Schema = random.Next(5), Sum = random.NextDouble(), PositiveBuckets = [random.Next(9)], PositiveSpans = [new BucketSpan(0, 1)] }));
                    if (started)
                    {
                        batch.SetHistogramStart(Start(time, random));
                    }
                }
                else
                {
                    batch.AddSample(index, time, random.Next(4) switch { 0 => random.NextDouble(), 1 => SpecialValues.StaleNaN, 2 => random.Next(1000) / 100.0, _ => s });
                    if (started)
                    {
                        batch.SetSampleStart(Start(time, random));
                    }
                }
            }
        }
    }

    // Mostly that of a process; now and then none, one of its own, or one that makes no sense.
    private static long Start(long time, Random random) => random.Next(6) switch { 0 => 0, 1 => time - random.Next(2000), 2 => time + 5, _ => StoreFixture.Now - 500_000_000 };
}
