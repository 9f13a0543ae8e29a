using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;

namespace Sightglass.Metrics.Tests;

public sealed class MemoryTableTests
{
    private readonly SlabPool _pool = new();

    [Fact]
    public void A_table_of_many_series_is_full_only_with_some_samples_of_each()
    {
        var table = Fill(seriesCount: 5000, samples: 1);
        table.Bytes.ShouldBeGreaterThan(1 << 20);
        table.IsFull(flushBytes: 1 << 10).ShouldBeFalse();
        Fill(seriesCount: 5000, samples: 9).IsFull(flushBytes: 1 << 10).ShouldBeTrue();
        Fill(seriesCount: 10, samples: 9).IsFull(flushBytes: 1 << 20).ShouldBeFalse();
    }

    [Fact]
    public void Memory_of_a_retired_table_serves_the_next_unless_somebody_reads()
    {
        var table = Fill(seriesCount: 3, samples: 20);
        table.BeginRead();
        table.Retire();
        var samples = new Blocks.SampleList();
        table.Read(1, samples);
        samples.Count.ShouldBe(20);
        table.EndRead();
        table.Retire();
        var next = Fill(seriesCount: 3, samples: 5);
        samples.Clear();
        next.Read(2, samples);
        samples.Values.ToArray().ShouldBe([0, 1, 2, 3, 4]);
    }

    private MemoryTable Fill(int seriesCount, int samples)
    {
        var table = new MemoryTable(1, _pool);
        using var key = new ByteWriter();
        for (var i = 0; i < seriesCount; i++)
        {
            key.Clear();
            LabelSet.Of("__name__", "a_metric_of_some_length", "instance", $"host-{i}", "job", "node", "somewhere", "a place with a name").WriteKey(key);
            var id = table.AddSeries(Hash128.Compute(key.Written), key.Written);
            for (var s = 0; s < samples; s++)
            {
                table.Add(id, 1000 * s, s);
            }
        }

        return table;
    }
}
