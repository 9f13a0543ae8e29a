using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>Fills a page with the columns of rows, reading only the columns that the plan names. The page and its columns are reused.</summary>
internal sealed class PageBuilder
{
    private readonly EventPlan _plan;
    private readonly Stack<EventColumn> _free = new();

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
            Page.TimesUnixNano.Add(row.Time);
            Page.Streams.Add(block.StreamOf(row.Row).Stream);
            Page.Scopes.Add(block.ScopeOf(row.Row));
        }

        for (var i = 0; i < _plan.Columns.Count; i++)
        {
            FillColumn(_plan.Columns[i], Page.Columns[i], sources, rows);
        }

        if (_plan.AllAttributes)
        {
            FillAttributes(sources, rows);
        }
    }

    private void Clear()
    {
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

    private void FillColumn(ColumnRef column, EventColumn target, IReadOnlyList<BlockSource> sources, ReadOnlySpan<RowPlace> rows)
    {
        var key = new ColumnKey(column.Scope == ColumnScope.Field, column.Name, 0);
        var stored = column.Scope is ColumnScope.Attribute or ColumnScope.Any
            || (column.Scope == ColumnScope.Field && column.Name is not (EventFields.ScopeName or EventFields.ScopeVersion or EventFields.Time));
        var members = column is { Scope: ColumnScope.Field, Name: EventFields.Body } ? _plan.BodyMembers : null;
        var source = -1;
        ColumnView? view = null;
        var zero = false;
        foreach (ref readonly var row in rows)
        {
            var block = sources[row.Source].Block;
            if (row.Source != source)
            {
                source = row.Source;
                view = stored ? block.Column(key) : null;
                zero = key.MissingIsZero && block.HasField(key.Name);
            }

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

    private void FillAttributes(IReadOnlyList<BlockSource> sources, ReadOnlySpan<RowPlace> rows)
    {
        var keys = new SortedSet<(string Name, int Occurrence)>(Comparer<(string Name, int Occurrence)>.Create(static (a, b) =>
            string.CompareOrdinal(a.Name, b.Name) is var order && order != 0 ? order : a.Occurrence.CompareTo(b.Occurrence)));
        var seen = new HashSet<int>();
        foreach (ref readonly var row in rows)
        {
            if (seen.Add(row.Source))
            {
                foreach (var key in sources[row.Source].Block.Columns)
                {
                    if (!key.IsField)
                    {
                        keys.Add((key.Name, key.Occurrence));
                    }
                }
            }
        }

        foreach (var (name, occurrence) in keys)
        {
            var column = _free.Count > 0 ? _free.Pop() : new EventColumn();
            if (FillAttribute(ColumnKey.Attribute(name, occurrence), column, sources, rows))
            {
                Page.Attributes.Add((name, column));
            }
            else
            {
                column.Clear();
                _free.Push(column);
            }
        }
    }

    private static bool FillAttribute(ColumnKey key, EventColumn target, IReadOnlyList<BlockSource> sources, ReadOnlySpan<RowPlace> rows)
    {
        var any = false;
        var source = -1;
        ColumnView? view = null;
        foreach (ref readonly var row in rows)
        {
            if (row.Source != source)
            {
                source = row.Source;
                view = sources[source].Block.Column(key);
            }

            if (view is not null && TryAdd(view, row.Row, target))
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
