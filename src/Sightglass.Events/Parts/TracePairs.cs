using Sightglass.Core.Bytes;

namespace Sightglass.Events.Parts;

/// <summary>
/// The pairs of a trace look-up while a part is written (<see cref="TraceIndex.Pair"/>), in sorted and packed runs: of a large merge there are many millions.
/// Not thread-safe.
/// </summary>
internal sealed class TracePairs
{
    /// <summary>Pairs from which on a run is packed: some four bytes each then, instead of eight.</summary>
    private const int RunPairs = 1 << 19;

    private readonly List<byte[]> _runs = [];
    private ulong[] _pairs = new ulong[1024];
    private int _count;
    private long _packed;

    /// <summary>Adds a pair of the block that is being written; it may be there already.</summary>
    public void Add(ulong pair)
    {
        if (_count == _pairs.Length)
        {
            Array.Resize(ref _pairs, _count * 2);
        }

        _pairs[_count++] = pair;
    }

    /// <summary>Ends a block, whose pairs all stand in one run: so no pair stands in two.</summary>
    public void EndBlock(int runPairs = RunPairs)
    {
        if (_count >= runPairs)
        {
            Pack();
        }
    }

    /// <summary>Ends the last block; gives the number of different pairs.</summary>
    public long Complete()
    {
        if (_runs.Count > 0 && _count > 0)
        {
            Pack();
        }

        SortDistinct();
        return _packed + _count;
    }

    /// <summary>The upper bits of a pair's hash.</summary>
    public static int Prefix(ulong pair, int bits) => bits == 0 ? 0 : (int)(pair >> (64 - bits));

    /// <summary>Counts the different pairs by the upper bits of their hashes, after <see cref="Complete"/>.</summary>
    public void CountPrefixes(int bits, Span<int> counts)
    {
        foreach (var pair in _pairs.AsSpan(0, _count))
        {
            counts[Prefix(pair, bits)]++;
        }

        foreach (var bytes in _runs)
        {
            for (var run = new Run(bytes); run.Next();)
            {
                counts[Prefix(run.Pair, bits)]++;
            }
        }
    }

    /// <summary>All different pairs in order, after <see cref="Complete"/>.</summary>
    public IEnumerable<ulong> Sorted()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return _pairs[i];
        }

        var next = new PriorityQueue<Run, ulong>();
        foreach (var bytes in _runs)
        {
            var run = new Run(bytes);
            run.Next();
            next.Enqueue(run, run.Pair);
        }

        while (next.TryPeek(out var run, out var pair))
        {
            yield return pair;
            if (run.Next())
            {
                next.DequeueEnqueue(run, run.Pair);
            }
            else
            {
                next.Dequeue();
            }
        }
    }

    private void SortDistinct()
    {
        var pairs = _pairs.AsSpan(0, _count);
        pairs.Sort();
        var distinct = 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            if (i == 0 || pairs[i] != pairs[i - 1])
            {
                pairs[distinct++] = pairs[i];
            }
        }

        _count = distinct;
    }

    private void Pack()
    {
        SortDistinct();
        using var packed = new ByteWriter(_count * 5);
        uint last = 0;
        foreach (var pair in _pairs.AsSpan(0, _count))
        {
            packed.WriteVarint((uint)(pair >> 32) - last);
            packed.WriteVarint((uint)pair);
            last = (uint)(pair >> 32);
        }

        _runs.Add(packed.Written.ToArray());
        _packed += _count;
        _count = 0;
    }

    /// <summary>Reads a packed run.</summary>
    private sealed class Run(byte[] bytes)
    {
        private int _at;
        private uint _hash;

        public ulong Pair { get; private set; }

        public bool Next()
        {
            if (_at == bytes.Length)
            {
                return false;
            }

            _hash += Read();
            Pair = ((ulong)_hash << 32) | Read();
            return true;
        }

        private uint Read()
        {
            uint value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var b = bytes[_at++];
                value |= (b & 0x7fu) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
