using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;

namespace Sightglass.Events.Parts;

/// <summary>A row to be written: which of the sources it is in, where, and its place among rows of the same time.</summary>
internal readonly record struct RowRef(int Source, int Row, long Tie);

/// <summary>Gathers rows from memory chunks or from blocks of older parts into one new block, column after column, and encodes it.</summary>
internal sealed class BlockAssembler(int compressionLevel) : IDisposable
{
    // Below this, a compressed column saves less than its frame costs to open.
    private const int LeastCompressedBytes = 64;

    // Blocks of long random texts have more pieces than a filter of them would be worth.
    private const int MostPieces = 1 << 18;

    private static readonly ColumnKey Body = ColumnKey.Field(EventFields.Body);
    private static readonly ValueVector NoValues = new(0, 0, AttributeType.String, null, [], []);

    private readonly ColumnEncoder _encoder = new(compressionLevel);
    private readonly ValueBuilder _builder = new();
    private readonly TokenSet _tokens = new();
    private readonly ByteWriter _raw = new(1 << 20);
    private readonly Dictionary<int, ColumnView?[]> _others = [];
    private readonly List<int> _otherKeys = [];
    private RowRef[] _rows = [];
    private long[] _times = [];

    /// <summary>
    /// Encodes the rows. Appends the columns to <paramref name="target"/>, whose first byte is at <paramref name="offset"/> of the column file.
    /// </summary>
    public BlockHeader Assemble(ReadOnlySpan<RowRef> rows, IReadOnlyList<RowBlock> sources, PartTables tables, ByteWriter target, long offset, TracePairs traces, int blockNumber)
    {
        var columns = new List<ColumnEntry>();
        var keys = new SortedSet<int> { tables.NumberOf(ColumnKey.Time) };
        var used = new bool[sources.Count];
        foreach (var row in rows)
        {
            used[row.Source] = true;
        }

        for (var i = 0; i < used.Length; i++)
        {
            if (used[i])
            {
                foreach (var key in sources[i].Columns)
                {
                    keys.Add(tables.NumberOf(key));
                }
            }
        }

        keys.Add(tables.NumberOf(ColumnKey.Tie));
        BeginOthers(rows, keys, tables);
        var views = new ColumnView?[sources.Count];
        var (minTime, maxTime) = (0L, 0L);
        foreach (var number in keys)
        {
            var key = tables.Keys[number];
            _builder.Clear();
            var present = new RowBitmap(rows.Length);
            if (key == ColumnKey.Tie)
            {
                GatherTies(rows, present);
            }
            else
            {
                for (var i = 0; i < used.Length; i++)
                {
                    views[i] = used[i] ? sources[i].Column(key) : null;
                }

                Gather(rows, views, present);
                if (key == ColumnKey.ScopeIndex)
                {
                    RemapScopes(rows, sources, tables, present);
                }
            }

            if (_builder.Count == 0)
            {
                continue;
            }

            var values = _builder.View();
            if (key == ColumnKey.Time)
            {
                (minTime, maxTime) = Range(values);
                CopyTimes(values);
            }
            else if (key == ColumnKey.TraceId)
            {
                AddTraces(values, traces, blockNumber);
            }

            var others = key == Body ? new OtherColumns(_otherKeys, (int other, int row, out ValueVector found, out int entry) => FindOther(other, row, sources, tables, out found, out entry)) : null;
            columns.Add(WriteColumn(number, key, values, new Presence(present), rows.Length, others, target, offset));
        }

        _others.Clear();

        return new BlockHeader { Rows = rows.Length, MinTime = minTime, MaxTime = maxTime, Runs = Runs(rows, sources, tables), Columns = [.. columns] };
    }

    public void Dispose()
    {
        _raw.Dispose();
        _encoder.Dispose();
    }

    /// <summary>Notes which columns a body may have values of in it: attributes, and the ids of its trace and span.</summary>
    private void BeginOthers(ReadOnlySpan<RowRef> rows, SortedSet<int> keys, PartTables tables)
    {
        if (_rows.Length < rows.Length)
        {
            _rows = new RowRef[rows.Length];
        }

        rows.CopyTo(_rows);
        _otherKeys.Clear();
        foreach (var number in keys)
        {
            if (tables.Keys[number] is { IsField: false } or { Name: EventFields.TraceId or EventFields.SpanId })
            {
                _otherKeys.Add(number);
            }
        }
    }

    private bool FindOther(int key, int row, IReadOnlyList<RowBlock> sources, PartTables tables, out ValueVector values, out int entry)
    {
        if (!_others.TryGetValue(key, out var views))
        {
            var name = tables.Keys[key];
            views = new ColumnView?[sources.Count];
            for (var i = 0; i < views.Length; i++)
            {
                views[i] = sources[i].Column(name);
            }

            _others.Add(key, views);
        }

        var at = _rows[row];
        var view = views[at.Source];
        entry = view?.EntryOfRow(at.Row) ?? -1;
        values = entry < 0 ? NoValues : view!.Values;
        return entry >= 0;
    }

    private void GatherTies(ReadOnlySpan<RowRef> rows, RowBitmap present)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i].Tie != 0)
            {
                _builder.Add(AttributeType.Int, rows[i].Tie);
                present.Set(i);
            }
        }
    }

    private void Gather(ReadOnlySpan<RowRef> rows, ColumnView?[] views, RowBitmap present)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            var view = views[rows[i].Source];
            if (view is null)
            {
                continue;
            }

            var entry = view.EntryOfRow(rows[i].Row);
            if (entry >= 0)
            {
                _builder.Add(view.Values, entry);
                present.Set(i);
            }
        }
    }

    private void RemapScopes(ReadOnlySpan<RowRef> rows, IReadOnlyList<RowBlock> sources, PartTables tables, RowBitmap present)
    {
        _builder.Clear();
        for (var i = present.Next(0); i >= 0; i = present.Next(i + 1))
        {
            var source = sources[rows[i].Source];
            var scope = source.Scopes[source.ScopeIndex is { } index ? index[rows[i].Row] : 0];
            _builder.Add(AttributeType.Int, scope is null ? 0 : tables.NumberOf(scope));
        }
    }

    private void CopyTimes(ValueVector values)
    {
        if (_times.Length < values.Count)
        {
            _times = new long[values.Count];
        }

        for (var i = 0; i < values.Count; i++)
        {
            _times[i] = values.Bits[values.EntryOf(i)];
        }
    }

    private static (long Min, long Max) Range(ValueVector values)
    {
        var (min, max) = (long.MaxValue, long.MinValue);
        foreach (var time in values.Bits.AsSpan(0, values.EntryCount))
        {
            (min, max) = (Math.Min(min, time), Math.Max(max, time));
        }

        return (min, max);
    }

    private static void AddTraces(ValueVector values, TracePairs traces, int block)
    {
        for (var i = 0; i < values.EntryCount; i++)
        {
            var bytes = values.BytesOf(i);
            if (bytes.Length == 16)
            {
                traces.Add(TraceIndex.Pair(TraceId.FromBytes(bytes), block));
            }
        }
    }

    private static int TextBytes(ValueVector values)
    {
        long bytes = 0;
        for (var i = 0; i < values.EntryCount; i++)
        {
            bytes += TextRef.Unpack(values.Bits[i]).Length;
        }

        return (int)Math.Min(bytes, ColumnBounds.MaxRawBytes);
    }

    private static StreamRun[] Runs(ReadOnlySpan<RowRef> rows, IReadOnlyList<RowBlock> sources, PartTables tables)
    {
        var runs = new List<StreamRun>();
        foreach (var row in rows)
        {
            var stream = tables.NumberOf(sources[row.Source].StreamOf(row.Row));
            if (runs.Count > 0 && runs[^1].Stream == stream)
            {
                runs[^1] = new StreamRun(stream, runs[^1].Rows + 1);
            }
            else
            {
                runs.Add(new StreamRun(stream, 1));
            }
        }

        return [.. runs];
    }

    private ColumnEntry WriteColumn(int number, ColumnKey key, ValueVector values, Presence presence, int rows, OtherColumns? others, ByteWriter target, long offset)
    {
        _raw.Clear();
        var encoding = key.Name == EventFields.ObservedTime && key.IsField && _encoder.TryEncodeFromTimes(values, presence, _times.AsSpan(0, rows), _raw)
            ? ColumnEncoding.FromTime
            : _encoder.Encode(values, presence, rows, _raw, others is null ? TemplateCut.Numbers : TemplateCut.Words, others);
        var entry = new ColumnEntry { Key = number, Offset = offset + target.Length };
        var at = target.Length;
        if (encoding == ColumnEncoding.Templates && others is not null)
        {
            // Its parts are compressed by themselves. What it is in memory is what a merge goes by.
            (entry.IsTemplates, entry.RawLength) = (true, TextBytes(values));
            target.Write(_raw.Written);
        }
        else if (_raw.Length >= LeastCompressedBytes && Zstd.Compress(_raw.Written, target, compressionLevel) < _raw.Length - (_raw.Length / 32))
        {
            entry.RawLength = _raw.Length;
        }
        else
        {
            target.Truncate(at);
            target.Write(_raw.Written);
        }

        entry.StoredLength = target.Length - at;
        entry.Crc = Crc32C.Compute(target.Written[at..]);
        ColumnStats.Fill(values, ref entry);
        if (values.Type == AttributeType.String && key.Name != EventFields.TraceState
            && encoding is not (ColumnEncoding.Constant or ColumnEncoding.Dictionary))
        {
            _tokens.Clear();
            entry.FilterKind = FilterKind.Tokens;
            if (key is { IsField: true, Name: EventFields.Body } && _tokens.AddTokens(values, MostPieces))
            {
                entry.FilterKind = FilterKind.TokensAndPieces;
            }
            else
            {
                _tokens.Clear();
                _tokens.AddTokens(values);
            }

            at = target.Length;
            TokenFilter.Write(_tokens, entry.FilterKind, target);
            entry.FilterLength = target.Length - at;
            entry.FilterCrc = entry.FilterLength == 0 ? 0 : Crc32C.Compute(target.Written[at..]);
        }

        return entry;
    }
}
