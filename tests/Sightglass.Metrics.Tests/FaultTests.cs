using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.TestKit.Faults;
using static Sightglass.Metrics.Tests.StoreFixture;

namespace Sightglass.Metrics.Tests;

public sealed class FaultTests
{
    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void Whatever_operation_goes_wrong_the_acknowledged_is_kept(Fault kind)
    {
        for (var at = 1; at < 160; at++)
        {
            var files = new FaultyFileSystem { FaultAt = at, FaultKind = kind };
            using var f = new StoreFixture();
            f.UseFiles(files);
            var acknowledged = new List<long>();
            try
            {
                f.Open();
                for (var i = 0; i < 12; i++)
                {
                    Try(() =>
                    {
                        f.AppendSample(LabelSet.Of("__name__", "m", "s", $"{i % 3}"), Now + i, i);
                        acknowledged.Add(Now + i);
                    });
                    if (i % 3 == 2)
                    {
                        Try(f.Store.Flush);
                    }

                    if (i % 6 == 5)
                    {
                        Try(f.Store.CompactFully);
                    }
                }
            }
            catch (StorageFailedException)
            {
                // Opening failed: nothing was acknowledged.
            }

            using var after = new StoreFixture();
            after.UseFiles(files.Restart(loseUnsynced: kind == Fault.Crash));
            after.Open();
            var times = Dump(after.Store, StoreFixture.Everything).Select(l => long.Parse(l.Split(' ')[^2].Split('@')[1], null)).Order().ToList();
            times.ShouldBe(acknowledged, $"fault at operation {at}");
            after.Reports.ShouldAllBe(r => r.Contains("unfinished", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_costs_only_what_it_hits_and_is_reported()
    {
        using var f = new StoreFixture().Open();
        for (var day = 0; day < 3; day++)
        {
            for (var i = 0; i < 5; i++)
            {
                f.AppendSample(LabelSet.Of("__name__", "m", "s", $"{i}"), Now - (day * 86_400_000L), i);
            }

            f.Store.Flush();
        }

        f.AppendSample(LabelSet.Of("__name__", "m", "s", "9"), Now, 9);
        var random = new Random(7);
        foreach (var path in f.Files.AllFiles())
        {
            for (var round = 0; round < 30; round++)
            {
                using var hit = new StoreFixture();
                hit.UseFiles(f.Files.Restart(loseUnsynced: false));
                hit.Files.FlipBit(path, random.NextInt64(hit.Files.SizeOf(path) * 8));
                hit.Open();
                var lines = ReadAround(hit);
                var silent = path.Contains("MANIFEST", StringComparison.Ordinal);
                lines.Count.ShouldBeGreaterThanOrEqualTo(silent ? 16 : 11, path);
                if (!silent)
                {
                    (lines.Count == 16 || hit.Reports.Count > 0).ShouldBeTrue($"{path}: {lines.Count} samples, nothing reported");
                }
            }
        }
    }

    [Fact]
    public void A_flipped_bit_in_any_kind_of_file_is_reported_or_harmless()
    {
        using var f = new StoreFixture().Open();
        var histogram = new NativeHistogram { Schema = 1, Count = 3, Sum = 2, PositiveSpans = [new BucketSpan(0, 2)], PositiveBuckets = [1, 2] };
        for (var i = 0; i < 6; i++)
        {
            var at = Now + (i * 1_000L);
            f.Append(batch =>
            {
                var series = batch.AddSeries(LabelSet.Of("__name__", "m_total", "s", $"{i}"));
                batch.AddSample(series, at, i);
                batch.SetSampleStart(at - 500);
                batch.Histograms.Add((batch.AddSeries(LabelSet.Of("__name__", "h", "s", $"{i}")), at, histogram));
                batch.Exemplars.Add((series, at, 1, LabelSet.Of("trace_id", $"{i}")));
                batch.Metadata.Add(new MetricMetadata("m_total", MetricType.Counter, $"help {i}", string.Empty));
            });
            if (i is 1 or 3)
            {
                f.Store.Flush();
            }
        }

        f.Delete([new LabelMatcher(Core.Model.MatchType.Equal, "s", "0")], 0, long.MaxValue);
        var (lines, exemplars, metadata, _) = Everything(f);
        lines.Count.ShouldBe(10);
        var random = new Random(11);
        var kinds = new HashSet<string>();
        foreach (var path in f.Files.AllFiles())
        {
            kinds.Add(Path.GetFileName(path).TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-'));
            for (var round = 0; round < 12; round++)
            {
                using var hit = new StoreFixture();
                hit.UseFiles(f.Files.Restart(loseUnsynced: false));
                var bit = random.NextInt64(hit.Files.SizeOf(path) * 8);
                hit.Files.FlipBit(path, bit);
                hit.Open();
                var (gotLines, gotExemplars, gotMetadata, refused) = Everything(hit);
                var same = gotLines.SequenceEqual(lines) && gotExemplars.SequenceEqual(exemplars) && gotMetadata == metadata;
                (same || refused || hit.Reports.Count > 0).ShouldBeTrue($"{path} bit {bit}: {gotLines.Count} samples, {gotExemplars.Count} exemplars, metadata {gotMetadata}, nothing reported");

                // Never anything that was not sent: at most what was deleted is back, and that is said; starts may be lost.
                gotLines.Select(WithoutStart).Except(lines.Select(WithoutStart)).ShouldAllBe(l => l.Contains("\"0\"", StringComparison.Ordinal), $"{path} bit {bit}");

                // It goes on taking samples.
                hit.AppendSample(LabelSet.Of("__name__", "later"), Now + 60_000, 1);
            }
        }

        kinds.Count.ShouldBeGreaterThan(6, string.Join(' ', kinds));
    }

    private static string WithoutStart(string line)
    {
        var at = line.LastIndexOf('@');
        return string.Concat(line.AsSpan(0, line.LastIndexOf(' ', at)), line.AsSpan(at));
    }

    private static (List<string> Lines, List<string> Exemplars, string Metadata, bool Refused) Everything(StoreFixture f)
    {
        var refused = false;
        try
        {
            Dump(f.Store, StoreFixture.Everything);
        }
        catch (CorruptDataException)
        {
            refused = true;
        }

        var exemplars = f.Store.Exemplars([StoreFixture.Everything], 0, long.MaxValue, CancellationToken.None);
        return (
            ReadAround(f),
            [.. exemplars.SelectMany(s => s.Exemplars.Select(e => $"{s.Series} {e}")).Order(StringComparer.Ordinal)],
            string.Join(' ', f.Store.Metadata(null)),
            refused);
    }

    [Fact]
    public void A_merge_over_a_lost_block_keeps_the_rest_and_the_damaged_part()
    {
        using var f = new StoreFixture().Open();
        f.AppendSample(LabelSet.Of("__name__", "m"), Now, 1);
        f.Store.Flush();
        f.AppendSample(LabelSet.Of("__name__", "m"), Now + 1, 2);
        f.Store.Flush();
        f.Files.FlipBit(f.Files.AllFiles().First(p => p.EndsWith("samples.bin", StringComparison.Ordinal)), 100);
        f.Store.CompactFully();
        Dump(f.Store, StoreFixture.Everything).Count.ShouldBe(1);
        f.Reports.Count.ShouldBe(1);
        f.Files.List("/metrics/quarantine").Count.ShouldBe(2);
    }

    [Fact]
    public void An_index_damaged_while_the_store_is_open_costs_its_part_and_the_part_is_set_aside()
    {
        using var f = new StoreFixture().Open();
        for (var day = 0; day < 2; day++)
        {
            f.AppendSample(LabelSet.Of("__name__", "m", "day", $"{day}"), Now - (day * 86_400_000L), day);
            f.Store.Flush();
        }

        using var again = new StoreFixture();
        again.UseFiles(f.Files.Restart(loseUnsynced: false));
        again.Open();
        again.Files.FlipBit(again.Files.AllFiles().First(p => p.EndsWith("index.bin", StringComparison.Ordinal)), 400);
        ReadAround(again).Count.ShouldBe(1);
        again.Store.CompactFully();
        Dump(again.Store, StoreFixture.Everything).Count.ShouldBe(1);
        again.Reports.ShouldHaveSingleItem().ShouldContain("set aside");
        again.Files.List("/metrics/quarantine").Count.ShouldBe(2);
    }

    // As the contract says: a query that met a bad block may be repeated.
    private static List<string> ReadAround(StoreFixture f)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return Dump(f.Store, StoreFixture.Everything);
            }
            catch (CorruptDataException) when (i < 10)
            {
            }
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (StorageFailedException)
        {
            // The caller would come again.
        }
    }
}
