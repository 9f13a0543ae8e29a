using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>Answers what there is: streams, keys and values, from directories and dictionaries, without looking at rows where that can be helped.</summary>
internal sealed class Catalog(Action<PartBlock, CorruptDataException> onCorrupt)
{
    public static IReadOnlyList<EventStream> Streams(IReadOnlyList<BlockSource> sources, CancellationToken cancellation)
    {
        var streams = new HashSet<EventStream>();
        foreach (var source in sources)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var stream in StreamsOf(source.Block))
            {
                streams.Add(stream);
            }
        }

        return [.. streams];
    }

    public IReadOnlyList<string> Keys(IReadOnlyList<BlockSource> sources, ColumnScope scope, CancellationToken cancellation)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        if (scope == ColumnScope.Resource)
        {
            foreach (var stream in Streams(sources, cancellation))
            {
                keys.UnionWith(stream.Attributes.Select(a => a.Key));
            }
        }
        else
        {
            var known = new KeysOfPart();
            foreach (var source in sources)
            {
                cancellation.ThrowIfCancellationRequested();
                if (scope == ColumnScope.Attribute && source.Block is PartBlock { Left: null } part)
                {
                    known.AddTo(keys, part);
                }
                else if (scope == ColumnScope.Attribute)
                {
                    keys.UnionWith(source.Block.Columns.Where(c => !c.IsField && AnyLeft(source.Block, c)).Select(c => c.Name));
                }
                else if (scope == ColumnScope.Scope && Array.Exists(source.Block.Scopes, s => s?.Scope.Attributes.Any(a => !keys.Contains(a.Key)) == true))
                {
                    // Which scopes rows have is in a column of the block, which is read for keys that are new only.
                    keys.UnionWith(ScopesOf(source.Block).SelectMany(s => s.Attributes).Select(a => a.Key));
                }
            }
        }

        return [.. keys.Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<AttributeValue> Values(IReadOnlyList<BlockSource> sources, ColumnRef column, int limit, CancellationToken cancellation)
    {
        var found = new DistinctAnswer(limit);
        foreach (var source in sources)
        {
            cancellation.ThrowIfCancellationRequested();
            if (found.IsFull)
            {
                break;
            }

            var block = source.Block;
            switch (column)
            {
                case { Scope: ColumnScope.Resource }:
                    found.AddFrom(StreamsOf(block), column.Name);
                    break;
                case { Scope: ColumnScope.Scope }:
                case { Scope: ColumnScope.Field, Name: EventFields.ScopeName or EventFields.ScopeVersion }:
                    foreach (var scope in ScopesOf(block))
                    {
                        found.Add(ScopeValues.Of(scope, column));
                    }

                    break;
                case { Scope: ColumnScope.Any }:
                    AddColumn(block, ColumnKey.Attribute(column.Name), found);
                    AddRest(block, column.Name, found);
                    break;
                default:
                    AddColumn(block, new ColumnKey(column.Scope == ColumnScope.Field, column.Name, 0), found);
                    break;
            }

            block.Forget();
        }

        return found.Values;
    }

    private void AddColumn(RowBlock block, ColumnKey key, DistinctAnswer found)
    {
        if (block.Left is { } left)
        {
            AddRows(block, key, left, found);
        }
        else if (Read(block, key) is { } view)
        {
            for (var entry = 0; entry < view.Values.EntryCount && view.Values.Count > 0 && !found.IsFull; entry++)
            {
                found.Add(view.Values, entry);
            }

            if (key.MissingIsZero && view.Presence is { } presence && presence.Count < block.Rows)
            {
                found.Add(AttributeValue.Of(0L));
            }
        }
        else if (key.MissingIsZero && block.HasField(key.Name) && block.Rows > 0)
        {
            found.Add(AttributeValue.Of(0L));
        }
    }

    private void AddRows(RowBlock block, ColumnKey key, RowBitmap rows, DistinctAnswer found)
    {
        var view = Read(block, key);
        for (var row = rows.Next(0); row >= 0 && !found.IsFull; row = rows.Next(row + 1))
        {
            if (view?.EntryOfRow(row) is >= 0 and var entry)
            {
                found.Add(view.Values, entry);
            }
            else if (key.MissingIsZero && block.HasField(key.Name))
            {
                found.Add(AttributeValue.Of(0L));
            }
        }
    }

    private bool AnyLeft(RowBlock block, ColumnKey key)
    {
        if (block.Left is not { } left || Read(block, key) is not { Presence: { } presence })
        {
            return true;
        }

        var rows = left.Clone();
        rows.And(presence.Rows);
        return !rows.IsEmpty;
    }

    /// <summary>Values of the resource, for streams that have a row without the attribute.</summary>
    private void AddRest(RowBlock block, string name, DistinctAnswer found)
    {
        if (Read(block, ColumnKey.Attribute(name)) is not { } view)
        {
            found.AddFrom(StreamsOf(block), name);
            return;
        }

        if (view.Presence is { } presence)
        {
            var streams = new HashSet<EventStream>();
            for (var row = 0; row < block.Rows; row++)
            {
                if (!presence.Rows[row] && block.Left?[row] != false)
                {
                    streams.Add(block.StreamOf(row).Stream);
                }
            }

            found.AddFrom(streams, name);
        }
    }

    private ColumnView? Read(RowBlock block, ColumnKey key)
    {
        try
        {
            var view = block.Column(key);
            _ = view?.Values;
            return view;
        }
        catch (CorruptDataException e) when (block is PartBlock part)
        {
            onCorrupt(part, e);
            return null;
        }
    }

    private static IEnumerable<EventStream> StreamsOf(RowBlock block) => block is PartBlock part
        ? RunsOf(part)
        : block.Streams.Select(s => s.Stream);

    private static IEnumerable<EventStream> RunsOf(PartBlock part)
    {
        var at = 0;
        foreach (var run in part.Header.Runs)
        {
            if (part.Left is not { } left || left.Next(at) is var next && next >= 0 && next < at + run.Rows)
            {
                yield return part.Streams[run.Stream].Stream;
            }

            at += run.Rows;
        }
    }

    private IEnumerable<EventScope> ScopesOf(RowBlock block)
    {
        if (Read(block, ColumnKey.ScopeIndex) is not { } view)
        {
            yield break;
        }

        if (block.Left is { } left)
        {
            for (var row = left.Next(0); row >= 0; row = left.Next(row + 1))
            {
                if (block.Scopes[(int)view.NumberOfRow(row)] is { } ofRow)
                {
                    yield return ofRow.Scope;
                }
            }

            yield break;
        }

        for (var entry = 0; entry < view.Values.EntryCount; entry++)
        {
            if (block.Scopes[(int)view.Values.Bits[entry]] is { } scope)
            {
                yield return scope.Scope;
            }
        }
    }
}

/// <summary>Which keys of a part have been met in its blocks, so that each is looked at once.</summary>
internal sealed class KeysOfPart
{
    private EventPart? _part;
    private bool[] _met = [];

    /// <summary>Adds the names of attributes of a block. Blocks of a part come one after the other.</summary>
    public void AddTo(HashSet<string> names, PartBlock block)
    {
        if (!ReferenceEquals(_part, block.Part))
        {
            (_part, _met) = (block.Part, new bool[block.Part.Directory.Keys.Length]);
        }

        foreach (ref readonly var column in block.Header.Columns.AsSpan())
        {
            if (!_met[column.Key])
            {
                _met[column.Key] = true;
                ref readonly var key = ref block.Part.Directory.Keys[column.Key];
                if (!key.IsField)
                {
                    names.Add(key.Name);
                }
            }
        }
    }
}

/// <summary>Distinct values up to a limit.</summary>
internal sealed class DistinctAnswer(int limit)
{
    private readonly HashSet<(AttributeType Type, Hash128 Hash)> _seen = [];

    public List<AttributeValue> Values { get; } = [];

    public bool IsFull => Values.Count >= limit;

    public void Add(ValueVector values, int entry)
    {
        var type = values.TypeOf(entry);
        var hash = FieldTypes.HasBytes(type) ? Hash128.Compute(values.BytesOf(entry)) : new Hash128(0, (ulong)values.Bits[entry]);
        if (!IsFull && _seen.Add((type, hash)))
        {
            Values.Add(values.ValueOf(entry));
        }
    }

    public void Add(AttributeValue? value)
    {
        if (value is not { } some || IsFull)
        {
            return;
        }

        var hash = some.Type switch
        {
            AttributeType.String => Hash128.Compute(System.Text.Encoding.UTF8.GetBytes(some.Text)),
            AttributeType.Bytes or AttributeType.Composite => Hash128.Compute(some.Bytes),
            _ => new Hash128(0, (ulong)some.Bits),
        };
        if (_seen.Add((some.Type, hash)))
        {
            Values.Add(some);
        }
    }

    public void AddFrom(IEnumerable<EventStream> streams, string key)
    {
        foreach (var stream in streams)
        {
            Add(LeafCondition.FirstOf(stream.Attributes, key));
        }
    }
}
