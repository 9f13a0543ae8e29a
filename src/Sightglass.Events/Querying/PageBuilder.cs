using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;

namespace Sightglass.Events.Querying;

/// <summary>Fills a page with the columns of rows, reading only the columns that the plan names. The page and its columns are reused.</summary>
internal sealed class PageBuilder
{
    private readonly EventPlan _plan;
    private readonly Stack<EventColumn> _free = new();

    // Blocks of the page, and which of them each row is of: rows of a page in the order of time change blocks all the time.
    private readonly List<RowBlock> _blocks = [];
    private readonly Dictionary<int, int> _blockOf = [];
    private readonly List<int> _rowBlocks = [];
    private readonly List<ColumnView?> _views = [];

    public PageBuilder(EventPlan plan)
    {
        _plan = plan;
        foreach (var _ in plan.Columns)
        {
            Page.Columns.Add(new EventColumn());
        }
    }

    public EventPage Page { get; } = new();

    /// <summary>Fills the page. Rows of one block that stand together are the fast case.</summary>
    /// <param name="sources">The blocks.</param>
    /// <param name="rows">The rows, in the order of the answer; at least one.</param>
    public void Fill(IReadOnlyList<BlockSource> sources, ReadOnlySpan<RowPlace> rows)
    {
        Clear();
        foreach (ref readonly var row in rows)
        {
            var block = sources[row.Source].Block;
            ref var number = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_blockOf, row.Source, out var isKnown);
            if (!isKnown)
            {
                number = _blocks.Count;
                _blocks.Add(block);
            }

            _rowBlocks.Add(number);
            Page.TimesUnixNano.Add(row.Time);
            Page.Streams.Add(block.StreamOf(row.Row).Stream);
            Page.Scopes.Add(block.ScopeOf(row.Row));
        }

        for (var i = 0; i < _plan.Columns.Count; i++)
        {
            FillColumn(_plan.Columns[i], Page.Columns[i], rows);
        }

        if (_plan.AllAttributes)
        {
            FillAttributes(rows);
        }

        // A page that waits to be read must not keep what its blocks have decoded.
        _blocks.Clear();
        _views.Clear();
    }

    private void Clear()
    {
        _blocks.Clear();
        _blockOf.Clear();
        _rowBlocks.Clear();
        Page.TimesUnixNano.Clear();
        Page.Streams.Clear();
        Page.Scopes.Clear();
        foreach (var column in Page.Columns)
        {
            column.Clear();
        }

        foreach (var (_, column) in Page.Attributes)
        {
            column.Clear();
            _free.Push(column);
        }

        Page.Attributes.Clear();
    }

    private void FillColumn(ColumnRef column, EventColumn target, ReadOnlySpan<RowPlace> rows)
    {
        var key = new ColumnKey(column.Scope == ColumnScope.Field, column.Name, 0);
        var stored = column.Scope is ColumnScope.Attribute or ColumnScope.Any
            || (column.Scope == ColumnScope.Field && column.Name is not (EventFields.ScopeName or EventFields.ScopeVersion or EventFields.Time));
        var members = column is { Scope: ColumnScope.Field, Name: EventFields.Body } ? _plan.BodyMembers : null;
        if (stored)
        {
            FindViews(key);
        }

        var zero = _blocks.Count > 0 && key.MissingIsZero && _blocks[0].HasField(key.Name);
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            var block = _blocks[_rowBlocks[i]];
            var view = stored ? _views[_rowBlocks[i]] : null;
            if (view is not null && (members is not null && view.Templates is { } bodies ? TryAddExcerpt(view, bodies, members, row.Row, target) : TryAdd(view, row.Row, target)))
            {
                continue;
            }

            switch (column)
            {
                case { Scope: ColumnScope.Field, Name: EventFields.Time }:
                    target.Add(AttributeType.Int, row.Time);
                    break;
                case { Scope: ColumnScope.Resource or ColumnScope.Any }:
                    Add(LeafCondition.FirstOf(block.StreamOf(row.Row).Stream.Attributes, column.Name), target);
                    break;
                case { Scope: ColumnScope.Scope }:
                case { Scope: ColumnScope.Field, Name: EventFields.ScopeName or EventFields.ScopeVersion }:
                    Add(block.ScopeOf(row.Row) is { } scope ? ScopeValues.Of(scope, column) : null, target);
                    break;
                default:
                    target.Add(zero ? AttributeType.Int : AttributeType.None, 0);
                    break;
            }
        }
    }

    private void FillAttributes(ReadOnlySpan<RowPlace> rows)
    {
        var keys = new HashSet<ColumnKey>();
        foreach (var block in _blocks)
        {
            foreach (var key in block.Columns)
            {
                if (!key.IsField)
                {
                    keys.Add(key);
                }
            }
        }

        foreach (var key in keys.Order(Comparer<ColumnKey>.Create(static (a, b) =>
            string.CompareOrdinal(a.Name, b.Name) is var order && order != 0 ? order : a.Occurrence.CompareTo(b.Occurrence))))
        {
            var column = _free.Count > 0 ? _free.Pop() : new EventColumn();
            if (FillAttribute(key, column, rows))
            {
                Page.Attributes.Add((key.Name, column));
            }
            else
            {
                column.Clear();
                _free.Push(column);
            }
        }
    }

    private bool FillAttribute(ColumnKey key, EventColumn target, ReadOnlySpan<RowPlace> rows)
    {
        FindViews(key);
        var any = false;
        for (var i = 0; i < rows.Length; i++)
        {
            if (_views[_rowBlocks[i]] is { } view && TryAdd(view, rows[i].Row, target))
            {
                any = true;
            }
            else
            {
                target.Add(AttributeType.None, 0);
            }
        }

        return any;
    }

    /// <summary>The column in each block of the page.</summary>
    private void FindViews(ColumnKey key)
    {
        _views.Clear();
        foreach (var block in _blocks)
        {
            _views.Add(block.Column(key));
        }
    }

    /// <summary>Appends a row's value; false when it has none.</summary>
    private static bool TryAdd(ColumnView view, int row, EventColumn target)
    {
        var value = view.ValueOfRow(row);
        if (value < 0)
        {
            return false;
        }

        var type = view.Read(value, out var bits, out var bytes);
        if (FieldTypes.HasBytes(type))
        {
            target.Add(type, bytes);
        }
        else
        {
            target.Add(type, bits);
        }

        return true;
    }

    private static bool TryAddExcerpt(ColumnView view, TemplateColumn bodies, Func<ReadOnlySpan<byte>, bool> members, int row, EventColumn target)
    {
        var value = view.ValueOfRow(row);
        if (value < 0)
        {
            return false;
        }

        target.Add(AttributeType.String, bodies.Excerpt(value, members));
        return true;
    }

    /// <summary>Appends the value of a row of another column.</summary>
    public static void Copy(EventColumn source, int row, EventColumn target)
    {
        var type = source.TypeOf(row);
        if (FieldTypes.HasBytes(type))
        {
            target.Add(type, source.Bytes(row));
        }
        else
        {
            target.Add(type, source.Bits(row));
        }
    }

    /// <summary>Appends an entry of a column of a block.</summary>
    public static void Add(ValueVector values, int entry, EventColumn target)
    {
        var type = values.TypeOf(entry);
        if (FieldTypes.HasBytes(type))
        {
            target.Add(type, values.BytesOf(entry));
        }
        else
        {
            target.Add(type, values.Bits[entry]);
        }
    }

    private static void Add(AttributeValue? value, EventColumn target)
    {
        switch (value?.Type)
        {
            case null:
                target.Add(AttributeType.None, 0);
                break;
            case AttributeType.String:
                target.Add(AttributeType.String, System.Text.Encoding.UTF8.GetBytes(value.Value.Text));
                break;
            case AttributeType.Bytes or AttributeType.Composite:
                target.Add(value.Value.Type, value.Value.Bytes);
                break;
            default:
                target.Add(value.Value.Type, value.Value.Bits);
                break;
        }
    }
}
