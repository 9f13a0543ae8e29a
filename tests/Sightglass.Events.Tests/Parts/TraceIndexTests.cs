using System.Diagnostics;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Parts;
using Sightglass.Storage;
using Sightglass.TestKit;

namespace Sightglass.Events.Tests.Parts;

public sealed class TraceIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IStoredFile> _scratch = [];

    public void Dispose()
    {
        _scratch.ForEach(f => f.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(63, 2)]
    [InlineData(1000, 5)]
    [InlineData(40_000, 300)]
    public void Every_pair_is_found_and_strangers_rarely(int traces, int blocks)
    {
        var ids = Enumerable.Range(0, traces).Select(i => new TraceId((ulong)i * 0x9e3779b97f4a7c15, (ulong)i + 1)).ToArray();
        var file = Build(ids, blocks);
        for (var i = 0; i < traces; i += Math.Max(1, traces / 500))
        {
            TraceIndex.Find(Reader(file), "traces", ids[i]).ShouldContain(i % blocks);
            TraceIndex.Find(Reader(file), "traces", ids[i]).Count.ShouldBeLessThan(4);
        }

        Enumerable.Range(0, 1000).Count(i => TraceIndex.Find(Reader(file), "traces", new TraceId(99, (ulong)i << 7)).Count > 0).ShouldBeLessThan(10);
    }

    [Fact]
    public void A_trace_in_many_blocks_gives_all_of_them_once()
    {
        var id = new TraceId(1, 2);
        var pairs = Enumerable.Range(0, 200).Select(b => TraceIndex.Pair(id, b)).ToArray();
        using var writer = new ByteWriter();
        TraceIndex.Write(Pairs(pairs), 200, bytes => writer.Write(bytes));
        TraceIndex.Find(Reader(WithHeader(writer)), "traces", id).ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public void A_flipped_bit_is_noticed_or_harmless()
    {
        var ids = Enumerable.Range(0, 300).Select(i => new TraceId(5, (ulong)i + 1)).ToArray();
        var file = Build(ids, 7);
        for (var at = PartFileWriter.HeaderBytes; at < file.Length; at++)
        {
            var broken = (byte[])file.Clone();
            broken[at] ^= 0x10;
            foreach (var id in (TraceId[])[ids[0], ids[150], ids[299]])
            {
                try
                {
                    var found = TraceIndex.Find(Reader(broken), "traces", id);
                    found.ShouldContain(Array.IndexOf(ids, id) % 7, $"byte {at}");
                }
                catch (CorruptDataException)
                {
                    // The declared answer.
                }
            }
        }
    }

    private static byte[] Build(TraceId[] ids, int blocks)
    {
        var pairs = ids.Select((id, i) => TraceIndex.Pair(id, i % blocks)).Order().ToArray();
        using var writer = new ByteWriter();
        TraceIndex.Write(Pairs(pairs), blocks, bytes => writer.Write(bytes));
        return WithHeader(writer);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(1_000)]
    public void Runs_come_together_as_one(int runPairs)
    {
        var random = new Random(3);
        var blocks = Enumerable.Range(0, 20).Select(b => Enumerable.Range(0, 40).Select(_ => TraceIndex.Pair(new TraceId(7, (ulong)random.Next(1, 200)), b)).ToArray()).ToArray();
        var pairs = new TracePairs(Scratch);
        foreach (var block in blocks)
        {
            Array.ForEach(block, pairs.Add);
            pairs.EndBlock(runPairs);
        }

        var want = blocks.SelectMany(static b => b).Distinct().Order().ToArray();
        pairs.Complete().ShouldBe(want.Length);
        pairs.Sorted().ShouldBe(want);
    }

    [Fact]
    public void The_file_of_runs_is_that_of_all_pairs_at_once()
    {
        var random = new Random(4);
        var (runs, together) = (new TracePairs(Scratch), new TracePairs(NoScratch));
        for (var block = 0; block < 300; block++)
        {
            for (var i = 0; i < 400; i++)
            {
                var pair = TraceIndex.Pair(new TraceId(7, (ulong)random.Next(1, 60_000)), block);
                runs.Add(pair);
                together.Add(pair);
            }

            runs.EndBlock(5_000);
        }

        using var got = new ByteWriter();
        using var want = new ByteWriter();
        var pieces = 0;
        TraceIndex.Write(runs, 300, bytes =>
        {
            got.Write(bytes);
            pieces++;
        });
        TraceIndex.Write(together, 300, bytes => want.Write(bytes));
        got.Written.SequenceEqual(want.Written).ShouldBeTrue();
        pieces.ShouldBeGreaterThan(3);
        random = new Random(4);
        for (var block = 0; block < 300; block++)
        {
            for (var i = 0; i < 400; i++)
            {
                var id = new TraceId(7, (ulong)random.Next(1, 60_000));
                if (i == 0)
                {
                    TraceIndex.Find(Reader(WithHeader(got)), "traces", id).ShouldContain(block);
                }
            }
        }
    }

    private static IStoredFile NoScratch() => throw new UnreachableException("BUG: these are few enough to be held");

    private IStoredFile Scratch()
    {
        _scratch.Add(DiskFileSystem.Instance.Create(_folder.PathOf($"scratch{_scratch.Count}")));
        return _scratch[^1];
    }

    private static TracePairs Pairs(ulong[] all)
    {
        var pairs = new TracePairs(NoScratch);
        Array.ForEach(all, pairs.Add);
        return pairs;
    }

    private static byte[] WithHeader(ByteWriter index) => [.. new byte[PartFileWriter.HeaderBytes], .. index.Written];

    private static ReadAt Reader(byte[] file) => (offset, target) =>
    {
        if (offset + target.Length > file.Length)
        {
            throw new CorruptDataException("traces", "file", offset, "too short");
        }

        file.AsSpan((int)offset, target.Length).CopyTo(target);
    };
}
