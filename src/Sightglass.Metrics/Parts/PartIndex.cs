using System.Runtime.CompilerServices;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;

namespace Sightglass.Metrics.Parts;

/// <summary>
/// The label index of a part, held as the bytes of its sections with offsets into them. What is needed to find something is read at once, a series when something of its
/// piece is asked for: after a start the first question is about few of many. Thread-safe.
/// </summary>
internal sealed class PartIndex : SeriesIndex
{
    /// <summary>Neighbouring series that are checked together, and whose identities are computed together, when one is asked for.</summary>
    private const int SeriesOfPiece = 256;

    private readonly string _file;
    private readonly Action _lost;
    private readonly byte[] _symbols;
    private readonly int[] _symbolsAt;
    private readonly string?[] _texts;
    private readonly byte[] _series;
    private readonly int[] _seriesAt;
    private readonly byte[] _postings;
    private readonly Dictionary<string, ValuePlace[]> _names;
    private readonly Hash128[]?[] _hashes;
    private readonly bool[] _checked;

    /// <summary>Reads the sections; <paramref name="lost"/> is called when a series is found later that does not decode.</summary>
    /// <exception cref="CorruptDataException">They do not decode.</exception>
    public PartIndex(string file, long partition, int seriesCount, byte[] symbols, byte[] series, byte[] postings, byte[] columns, int columnCount, Action lost)
    {
        _file = file;
        _lost = lost;
        _symbols = symbols;
        _series = series;
        _postings = postings;
        _symbolsAt = ReadSymbols();
        _texts = new string?[_symbolsAt.Length];
        Columns = ReadColumns(columns, columnCount, partition * PartFormat.PartitionMs);
        _seriesAt = ReadSeries(seriesCount);
        _names = ReadPostings();
        _hashes = new Hash128[]?[(_seriesAt.Length / SeriesOfPiece) + 1];
        _checked = new bool[_hashes.Length];
    }

    public override int SeriesCount => _seriesAt.Length;

    /// <summary>The columns of times.</summary>
    public TimeColumn[] Columns { get; }

    public override IEnumerable<string> Names => _names.Keys;

    public override IEnumerable<string> Values(string name) => _names.TryGetValue(name, out var values) ? values.Select(v => Text(v.Symbol)) : [];

    public override void Collect(string name, string value, SeriesBitmap into)
    {
        if (!_names.TryGetValue(name, out var values))
        {
            return;
        }

        var wanted = Encoding.UTF8.GetBytes(value);
        var low = 0;
        var high = values.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Symbol(values[middle].Symbol).SequenceCompareTo(wanted);
            if (order == 0)
            {
                CollectAt(values[middle].At, into);
                return;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
    }

    public override void Count(SeriesBitmap series, LabelValueVisitor visit, CancellationToken cancellation)
    {
        foreach (var (name, values) in _names)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var value in values)
            {
                var reader = new ByteReader(_postings.AsSpan(value.At));
                var (left, id, found) = (reader.ReadCount(SeriesCount), -1, 0);
                for (; left > 0; left--)
                {
                    id += reader.ReadCount(SeriesCount) + 1;
                    found += series[id] ? 1 : 0;
                }

                if (found > 0)
                {
                    visit(name, Symbol(value.Symbol), found);
                }
            }
        }
    }

    /// <summary>Makes the labels of a series.</summary>
    public LabelSet LabelsOf(int id)
    {
        var reader = Series(id);
        var labels = new Label[reader.ReadCount(_series.Length)];
        var sorted = true;
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new Label(Text((int)reader.ReadVarint()), Text((int)reader.ReadVarint()));
            sorted &= i == 0 || string.CompareOrdinal(labels[i - 1].Name, labels[i].Name) < 0;
        }

        if (!sorted)
        {
            // Keys are in the order of bytes, label sets in the order of UTF-16: the same but for rare characters.
            Array.Sort(labels, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        return LabelSet.FromSorted(labels);
    }

    /// <summary>Identity of a series: the hash of its key.</summary>
    public Hash128 HashOf(int id) => (Volatile.Read(ref _hashes[id / SeriesOfPiece]) ?? ComputeHashes(id / SeriesOfPiece))[id % SeriesOfPiece];

    /// <summary>Appends the key of a series.</summary>
    public void WriteKey(int id, ByteWriter target)
    {
        var reader = Series(id);
        var labels = reader.ReadCount(_series.Length);
        for (var i = 0; i < labels * 2; i++)
        {
            target.WriteLengthPrefixed(Symbol((int)reader.ReadVarint()));
        }
    }

    /// <summary>The blocks of a series, oldest first.</summary>
    public BlockEnumerator Blocks(int id)
    {
        var reader = Series(id);
        reader.SkipVarints(2 * reader.ReadCount(_series.Length));
        var count = reader.ReadCount(_series.Length);
        return new BlockEnumerator(reader, count);
    }

    /// <summary>Whether a block of the series overlaps a range (inclusive).</summary>
    public bool Overlaps(int id, long minTime, long maxTime)
    {
        foreach (var block in Blocks(id))
        {
            ref readonly var column = ref Columns[block.Column];
            if (column.MinTime <= maxTime && column.MaxTime >= minTime)
            {
                return true;
            }
        }

        return false;
    }

    private void CollectAt(int at, SeriesBitmap into)
    {
        var reader = new ByteReader(_postings.AsSpan(at));
        var count = reader.ReadCount(SeriesCount);
        var id = -1;
        for (var i = 0; i < count; i++)
        {
            id += reader.ReadCount(SeriesCount) + 1;
            into.Add(id);
        }
    }

    private Hash128[] ComputeHashes(int piece)
    {
        var first = piece * SeriesOfPiece;
        var hashes = new Hash128[Math.Min(SeriesOfPiece, SeriesCount - first)];
        using var key = new ByteWriter();
        for (var i = 0; i < hashes.Length; i++)
        {
            key.Clear();
            WriteKey(first + i, key);
            hashes[i] = Hash128.Compute(key.Written);
        }

        Volatile.Write(ref _hashes[piece], hashes);
        return hashes;
    }

    private ReadOnlySpan<byte> Symbol(int id)
    {
        var reader = new ByteReader(_symbols.AsSpan(_symbolsAt[id]));
        return reader.ReadLengthPrefixed();
    }

    private string Text(int id) => _texts[id] ??= Encoding.UTF8.GetString(Symbol(id));

    private ByteReader Series(int id)
    {
        if (!Volatile.Read(ref _checked[id / SeriesOfPiece]))
        {
            CheckSeries(id / SeriesOfPiece);
        }

        return new ByteReader(_series.AsSpan(_seriesAt[id]));
    }

    private int[] ReadSymbols()
    {
        var reader = new ByteReader(_symbols);
        var places = new int[reader.ReadCount(_symbols.Length)];
        for (var i = 0; i < places.Length && !reader.Failed; i++)
        {
            places[i] = reader.Position;
            reader.ReadLengthPrefixed();
        }

        Check(reader.AtEnd, "symbols");
        return places;
    }

    private TimeColumn[] ReadColumns(byte[] bytes, int count, long start)
    {
        Check(count <= bytes.Length, "columns");
        var reader = new ByteReader(bytes);
        var columns = new TimeColumn[count];
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var group = reader.ReadCount(int.MaxValue);
            var offset = reader.ReadCount(int.MaxValue);
            var length = reader.ReadCount(int.MaxValue);
            var samples = reader.ReadCount(Metrics.Blocks.BlockCodec.MaxSamples);
            var min = reader.ReadZigZag() + start;
            columns[i] = new TimeColumn(group, offset, length, samples, min, min + (long)reader.ReadVarint());
            Check(samples > 0, "columns");
        }

        Check(reader.AtEnd, "columns");
        return columns;
    }

    private int[] ReadSeries(int count)
    {
        Check(count <= _series.Length, "series");
        var places = new int[count];
        var reader = new ByteReader(_series);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            places[i] = reader.Position;
            reader.SkipVarints(2 * reader.ReadCount(_symbolsAt.Length));
            reader.SkipVarints(4 * reader.ReadCount(Columns.Length));
        }

        Check(reader.AtEnd, "series");
        return places;
    }

    // Walks a piece once: what is read of it later needs no check.
    private void CheckSeries(int piece)
    {
        try
        {
            var end = Math.Min(SeriesCount, (piece + 1) * SeriesOfPiece);
            var reader = new ByteReader(_series.AsSpan(_seriesAt[piece * SeriesOfPiece]));
            for (var id = piece * SeriesOfPiece; id < end; id++)
            {
                for (var s = 2 * reader.ReadCount(_symbolsAt.Length); s > 0; s--)
                {
                    Check(reader.ReadVarint() < (ulong)_symbolsAt.Length, "series");
                }

                for (var b = reader.ReadCount(Columns.Length); b > 0; b--)
                {
                    _ = reader.ReadCount(int.MaxValue);
                    _ = reader.ReadCount(int.MaxValue);
                    _ = reader.ReadCount(int.MaxValue);
                    Check(reader.ReadVarint() < (ulong)Columns.Length, "series");
                }

                Check(!reader.Failed, "series");
            }
        }
        catch (CorruptDataException)
        {
            _lost();
            throw;
        }

        Volatile.Write(ref _checked[piece], true);
    }

    private Dictionary<string, ValuePlace[]> ReadPostings()
    {
        var reader = new ByteReader(_postings);
        var names = new Dictionary<string, ValuePlace[]>(StringComparer.Ordinal);
        var nameCount = reader.ReadCount(_symbolsAt.Length);
        for (var n = 0; n < nameCount; n++)
        {
            var name = ReadSymbol(ref reader);
            var values = new ValuePlace[reader.ReadCount(_symbolsAt.Length)];
            for (var v = 0; v < values.Length; v++)
            {
                values[v] = new ValuePlace(ReadSymbol(ref reader), reader.Position);
                reader.SkipVarints(reader.ReadCount(SeriesCount));
                Check(!reader.Failed, "postings");
            }

            names[Text(name)] = values;
        }

        Check(reader.AtEnd, "postings");
        return names;
    }

    private int ReadSymbol(ref ByteReader reader)
    {
        var id = reader.ReadVarint();
        Check(id < (ulong)_symbolsAt.Length, "postings");
        return (int)id;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(bool holds, string section)
    {
        if (!holds)
        {
            throw new CorruptDataException(_file, section, 0, "it does not decode");
        }
    }

    private readonly record struct ValuePlace(int Symbol, int At);

    /// <summary>Walks the blocks of a series.</summary>
    public ref struct BlockEnumerator
    {
        private ByteReader _reader;
        private int _left;

        internal BlockEnumerator(ByteReader reader, int count)
        {
            _reader = reader;
            _left = count;
        }

        public BlockRef Current { get; private set; }

        public readonly BlockEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_left == 0)
            {
                return false;
            }

            _left--;
            Current = new BlockRef((int)_reader.ReadVarint(), (int)_reader.ReadVarint(), (int)_reader.ReadVarint(), (int)_reader.ReadVarint());
            return true;
        }
    }
}
