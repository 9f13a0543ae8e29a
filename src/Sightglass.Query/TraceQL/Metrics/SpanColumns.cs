using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>
/// Reads the fields that a metric groups by, and the one that it adds up, off the columns of a page: no object for a span. Values of resources and scopes are
/// written once for each. Not thread-safe.
/// </summary>
internal sealed class SpanColumns
{
    private readonly List<ColumnRef> _columns = [];
    private readonly Field[] _by;
    private readonly Field? _value;
    private readonly Dictionary<EventStream, byte[][]> _ofStream = [];
    private readonly Dictionary<EventScope, byte[][]> _ofScope = [];
    private EventStream? _stream;
    private byte[][] _streamValues = [];

    private SpanColumns(IReadOnlyList<AttributeField> by, AttributeField? value)
    {
        _by = [.. by.Select(Add)];
        _value = value is null ? null : Add(value);
    }

    /// <summary>A field, the column of the plan that has it (or -1), and whether the resource has it where the span has not.</summary>
    private sealed record Field(AttributeField Of, int Column)
    {
        public bool InStream => Of.Intrinsic == Intrinsic.None && Of.Scope is FieldScope.Resource or FieldScope.Any;

        public bool InScope => Of.Intrinsic == Intrinsic.None && Of.Scope == FieldScope.Instrumentation;
    }

    /// <summary>The columns that a plan needs.</summary>
    public IReadOnlyList<ColumnRef> Columns => _columns;

    /// <summary>Names of resource attributes that are read.</summary>
    public string[] ResourceNames => [.. All.Where(static f => f.InStream).Select(static f => f.Of.Name)];

    /// <summary>Whether anything of the scope is read.</summary>
    public bool ReadsScope => All.Any(static f => f.InScope);

    private IEnumerable<Field> All => _value is null ? _by : _by.Append(_value);

    /// <summary>Makes one for fields; null where one of them needs more of a trace than the span itself.</summary>
    public static SpanColumns? For(MetricsFunctionNode function)
    {
        var fields = new List<AttributeField>();
        foreach (var node in function.Of is null ? function.By : [.. function.By, function.Of])
        {
            if (node is not AttributeField field || ColumnOf(field) is null || field.Intrinsic is Intrinsic.InstrumentationName or Intrinsic.InstrumentationVersion)
            {
                return null;
            }

            fields.Add(field);
        }

        return function.Of is null ? new SpanColumns(fields, null) : new SpanColumns(fields[..^1], fields[^1]);
    }

    /// <summary>The column of a field that a span has by itself; null for others.</summary>
    public static ColumnRef? ColumnOf(AttributeField field) => field.OfParent ? null : field.Scope switch
    {
        FieldScope.Any => new ColumnRef(ColumnScope.Any, field.Name),
        FieldScope.Span => new ColumnRef(ColumnScope.Attribute, field.Name),
        FieldScope.Resource => new ColumnRef(ColumnScope.Resource, field.Name),
        FieldScope.Instrumentation => new ColumnRef(ColumnScope.Scope, field.Name),
        FieldScope.Intrinsic => field.Intrinsic switch
        {
            Intrinsic.Duration => ColumnRef.Field(EventFields.Duration),
            Intrinsic.Name => ColumnRef.Field(EventFields.Name),
            Intrinsic.Status => ColumnRef.Field(EventFields.StatusCode),
            Intrinsic.StatusMessage => ColumnRef.Field(EventFields.StatusMessage),
            Intrinsic.Kind => ColumnRef.Field(EventFields.Kind),
            Intrinsic.InstrumentationName => ColumnRef.Field(EventFields.ScopeName),
            Intrinsic.InstrumentationVersion => ColumnRef.Field(EventFields.ScopeVersion),
            _ => null,
        },
        _ => null,
    };

    /// <summary>Writes the values of a row's fields that tell series apart.</summary>
    public void WriteKey(EventPage page, int row, ByteWriter key)
    {
        if (!ReferenceEquals(_stream, page.Streams[row]))
        {
            _stream = page.Streams[row];
            _streamValues = Cached(_ofStream, _stream, static s => s.Attributes);
        }

        for (var i = 0; i < _by.Length; i++)
        {
            var field = _by[i];
            if (field.Column >= 0 && WriteColumn(page.Columns[field.Column], row, field.Of.Intrinsic, key))
            {
                continue;
            }

            if (field.InScope)
            {
                key.Write(page.Scopes[row] is { } scope ? Cached(_ofScope, scope, static s => s.Attributes)[i] : [(byte)TraceValueType.Nil]);
            }
            else
            {
                key.Write(field.InStream ? _streamValues[i] : [(byte)TraceValueType.Nil]);
            }
        }
    }

    /// <summary>The number that a row adds, durations in nanoseconds; no number where it has none.</summary>
    public double ValueOf(EventPage page, int row, out bool isFloat)
    {
        isFloat = false;
        var field = _value!;
        if (field.Column >= 0)
        {
            var column = page.Columns[field.Column];
            var type = column.TypeOf(row);
            if (type != AttributeType.None || !field.InStream)
            {
                isFloat = type == AttributeType.Double;
                return field.Of.Intrinsic is not (Intrinsic.None or Intrinsic.Duration) ? double.NaN
                    : type switch
                    {
                        AttributeType.Int => column.Bits(row),
                        AttributeType.Double => BitConverter.Int64BitsToDouble(column.Bits(row)),
                        _ => double.NaN,
                    };
            }
        }

        foreach (var attribute in field.InScope ? page.Scopes[row]?.Attributes ?? [] : page.Streams[row].Attributes)
        {
            if (attribute.Key == field.Of.Name)
            {
                isFloat = attribute.Value.Type == AttributeType.Double;
                return attribute.Value.Type switch { AttributeType.Int => attribute.Value.Bits, AttributeType.Double => attribute.Value.Number, _ => double.NaN };
            }
        }

        return double.NaN;
    }

    private Field Add(AttributeField field)
    {
        if (field.Intrinsic == Intrinsic.None && field.Scope is FieldScope.Resource or FieldScope.Instrumentation)
        {
            return new Field(field, -1);
        }

        _columns.Add(field.Scope == FieldScope.Any ? new ColumnRef(ColumnScope.Attribute, field.Name) : ColumnOf(field)!.Value);
        return new Field(field, _columns.Count - 1);
    }

    // False where the row has no such attribute: its resource may have one.
    private static bool WriteColumn(EventColumn column, int row, Intrinsic intrinsic, ByteWriter key)
    {
        var type = column.TypeOf(row);
        switch (intrinsic)
        {
            case Intrinsic.Name or Intrinsic.StatusMessage:
                MetricKey.Write(key, type == AttributeType.String ? column.Bytes(row) : []);
                return true;
            case Intrinsic.Status or Intrinsic.Kind or Intrinsic.Duration:
                var kind = intrinsic switch { Intrinsic.Status => TraceValueType.Status, Intrinsic.Kind => TraceValueType.Kind, _ => TraceValueType.Duration };
                MetricKey.Write(key, kind, type == AttributeType.Int ? column.Bits(row) : 0);
                return true;
        }

        switch (type)
        {
            case AttributeType.None:
                return false;
            case AttributeType.String:
                MetricKey.Write(key, column.Bytes(row));
                return true;
            default:
                MetricKey.Write(key, TypeOf(type), column.Bits(row));
                return true;
        }
    }

    /// <summary>The type of an attribute that is no text.</summary>
    public static TraceValueType TypeOf(AttributeType type) => type switch
    {
        AttributeType.Int => TraceValueType.Int,
        AttributeType.Double => TraceValueType.Float,
        AttributeType.Bool => TraceValueType.Bool,
        _ => TraceValueType.Nil,
    };

    private byte[][] Cached<T>(Dictionary<T, byte[][]> cache, T owner, Func<T, IReadOnlyList<EventAttribute>> attributes)
        where T : class
    {
        if (cache.TryGetValue(owner, out var known))
        {
            return known;
        }

        var values = new byte[_by.Length][];
        using var writer = new ByteWriter(64);
        for (var i = 0; i < _by.Length; i++)
        {
            writer.Clear();
            var found = TraceValue.Nil;
            foreach (var attribute in attributes(owner))
            {
                found = attribute.Key == _by[i].Of.Name ? Evaluation.SpanData.ValueOf(attribute.Value) : found;
            }

            MetricKey.Write(writer, found);
            values[i] = writer.Written.ToArray();
        }

        cache.Add(owner, values);
        return values;
    }
}
