using System.Runtime.CompilerServices;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;

namespace Sightglass.Metrics.Parts;

/// <summary>
/// The label index of a part, held as the bytes of its sections with offsets into them. What is needed to find something is read at once, a series with its neighbours
/// when something of them is asked for, and let go of again: of many series over many days questions are about few. Thread-safe.
/// </summary>
internal sealed class PartIndex : SeriesIndex
{
    /// <summary>Neighbouring series whose identities are computed when one is asked for.</summary>
    private const int SeriesOfHashes = 256;

    private readonly string _file;
    private readonly byte[] _symbols;
    private readonly int[] _symbolsAt;
    private readonly string?[] _texts;
    private readonly byte[] _postings;
    private readonly Dictionary<string, ValuePlace[]> _names;
    private readonly SeriesSource _source;
    private readonly BlockCache _cache;
    private readonly BlockCache.Slots _pieces;

    /// <summary>Reads the sections; pieces of the series are kept in <paramref name="pieces"/> of <paramref name="cache"/>.</summary>
    /// <exception cref="CorruptDataException">They do not decode.</exception>
    public PartIndex(string file, long partition, int seriesCount, byte[] symbols, byte[] postings, byte[] columns, int columnCount, SeriesSource source, BlockCache cache, BlockCache.Slots pieces)
    {
        _file = file;
        _symbols = symbols;
        _postings = postings;
        _source = source;
        _cache = cache;
        _pieces = pieces;
        SeriesCount = seriesCount;
        _symbolsAt = ReadSymbols();
        _texts = new string?[_symbolsAt.Length];
        Columns = ReadColumns(columns, columnCount, partition * PartFormat.PartitionMs);
        Check(seriesCount <= (long)source.Pieces * source.PerPiece, "series");
        _names = ReadPostings();
    }

    private PartIndex(PartIndex of, BlockCache cache, BlockCache.Slots pieces)
    {
        (_file, _symbols, _symbolsAt, _texts, _postings, _names, _source) = (of._file, of._symbols, of._symbolsAt, of._texts, of._postings, of._names, of._source);
        (_cache, _pieces) = (cache, pieces);
        (SeriesCount, Columns) = (of.SeriesCount, of.Columns);
    }

    public override int SeriesCount { get; }

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

    /// <summary>The same index for a reader with a cache of its own.</summary>
    public PartIndex Through(BlockCache cache, BlockCache.Slots pieces) => new(this, cache, pieces);

    /// <summary>Makes the labels of a series.</summary>
    public LabelSet LabelsOf(int id)
    {
        var reader = Series(id);
        var labels = new Label[reader.ReadCount(int.MaxValue)];
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
    public Hash128 HashOf(int id)
    {
        var piece = PieceOf(id, out var at);
        return (Volatile.Read(ref piece.Hashes[at / SeriesOfHashes]) ?? ComputeHashes(piece, at / SeriesOfHashes))[at % SeriesOfHashes];
    }

    /// <summary>Appends the key of a series.</summary>
    public void WriteKey(int id, ByteWriter target)
    {
        WriteKey(Series(id), target);
    }

    private void WriteKey(ByteReader series, ByteWriter target)
    {
        var labels = series.ReadCount(int.MaxValue);
        for (var i = 0; i < labels * 2; i++)
        {
            target.WriteLengthPrefixed(Symbol((int)series.ReadVarint()));
        }
    }

    /// <summary>The blocks of a series, oldest first.</summary>
    public BlockEnumerator Blocks(int id)
    {
        var reader = Series(id);
        reader.SkipVarints(2 * reader.ReadCount(int.MaxValue));
        var count = reader.ReadCount(int.MaxValue);
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

    private Hash128[] ComputeHashes(Piece piece, int part)
    {
        var first = part * SeriesOfHashes;
        var hashes = new Hash128[Math.Min(SeriesOfHashes, piece.Places.Length - first)];
        using var key = new ByteWriter();
        for (var i = 0; i < hashes.Length; i++)
        {
            key.Clear();
            WriteKey(piece.Read(first + i), key);
            hashes[i] = Hash128.Compute(key.Written);
        }

        Volatile.Write(ref piece.Hashes[part], hashes);
        return hashes;
    }

    private ReadOnlySpan<byte> Symbol(int id)
    {
        var reader = new ByteReader(_symbols.AsSpan(_symbolsAt[id]));
        return reader.ReadLengthPrefixed();
    }

    private string Text(int id) => _texts[id] ??= Encoding.UTF8.GetString(Symbol(id));

    private ByteReader Series(int id) => PieceOf(id, out var at).Read(at);

    private Piece PieceOf(int id, out int at)
    {
        var (piece, place) = Math.DivRem(id, _source.PerPiece);
        at = place;
        return BlockCache.Find<Piece>(_pieces, piece) ?? Load(piece);
    }

    private Piece Load(int piece)
    {
        try
        {
            var bytes = _source.Read(piece);
            var loaded = new Piece(bytes, PlacesIn(bytes, Math.Min(_source.PerPiece, SeriesCount - (piece * _source.PerPiece))));
            _cache.Add(_pieces, piece, loaded, bytes.Length + (loaded.Places.Length * Piece.BytesOfSeries));
            return loaded;
        }
        catch (CorruptDataException)
        {
            _source.Lost();
            throw;
        }
    }

    // Walks a piece once: what is read of it later needs no check.
    private int[] PlacesIn(byte[] bytes, int count)
    {
        Check(count <= bytes.Length, "series");
        var places = new int[count];
        var reader = new ByteReader(bytes);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            places[i] = reader.Position;
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
        }

        Check(reader.AtEnd, "series");
        return places;
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

    /// <summary>Neighbouring series, decompressed and checked, and where in their bytes each begins.</summary>
    private sealed class Piece(byte[] bytes, int[] places)
    {
        /// <summary>Bytes of a series beside its own: a place and a hash.</summary>
        public const int BytesOfSeries = sizeof(int) + 16;

        public int[] Places => places;

        /// <summary>Identities, <see cref="SeriesOfHashes"/> together, once one of them was asked for.</summary>
        public Hash128[]?[] Hashes { get; } = new Hash128[]?[(places.Length / SeriesOfHashes) + 1];

        public ByteReader Read(int at) => new(bytes.AsSpan(places[at]));
    }

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

/// <summary>Where the series of an index come from.</summary>
/// <param name="PerPiece">Neighbouring series that are read together; the last piece has fewer.</param>
/// <param name="Pieces">Pieces.</param>
/// <param name="Read">Reads a piece and decompresses it; throws <see cref="CorruptDataException"/>.</param>
/// <param name="Lost">Called when a piece cannot be read any more.</param>
internal sealed record SeriesSource(int PerPiece, int Pieces, Func<int, byte[]> Read, Action Lost);
