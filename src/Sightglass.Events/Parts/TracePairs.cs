using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Storage;

namespace Sightglass.Events.Parts;

/// <summary>
/// The pairs of a trace look-up while a part is written (<see cref="TraceIndex.Pair"/>), in sorted and packed runs: of a large merge there are many millions,
/// so that runs go to a file. Not thread-safe.
/// </summary>
/// <param name="scratch">Makes the file.</param>
internal sealed class TracePairs(Func<IStoredFile> scratch)
{
    /// <summary>Pairs from which on a run is packed: some four bytes each then, instead of eight.</summary>
    private const int RunPairs = 1 << 19;

    // Bytes of a run that are held while it is read.
    private const int PieceBytes = 16 << 10;

    private readonly List<(long Offset, long End)> _runs = [];
    private IStoredFile? _file;
    private long _fileBytes;
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

        foreach (var (offset, end) in _runs)
        {
            for (var run = new Run(_file!, offset, end); run.Next();)
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
        foreach (var (offset, end) in _runs)
        {
            var run = new Run(_file!, offset, end);
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

        _file ??= scratch();
        _file.Write(_fileBytes, packed.Written);
        _runs.Add((_fileBytes, _fileBytes + packed.Length));
        _fileBytes += packed.Length;
        _packed += _count;
        _count = 0;
    }

    /// <summary>Reads a packed run, a piece at a time.</summary>
    private sealed class Run(IStoredFile file, long offset, long end)
    {
        private readonly byte[] _piece = new byte[Math.Min(PieceBytes, end - offset)];
        private long _next = offset;
        private int _at;
        private int _held;
        private uint _hash;

        public ulong Pair { get; private set; }

        public bool Next()
        {
            if (_at == _held && _next == end)
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
                var b = ReadByte();
                value |= (b & 0x7fu) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }
        }

        private byte ReadByte()
        {
            if (_at == _held)
            {
                (_at, _held) = (0, (int)Math.Min(_piece.Length, end - _next));
                if (file.Read(_next, _piece.AsSpan(0, _held)) != _held)
                {
                    throw new StorageFailedException("the pairs of a trace look-up that is being built cannot be read back");
                }

                _next += _held;
            }

            return _piece[_at++];
        }
    }
}
