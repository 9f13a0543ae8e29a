using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Core.Contracts;

/// <summary>A stream: the resource that rows share. Immutable; one object per stream for the life of the process, so it can be a dictionary key.</summary>
/// <param name="id">Identity: hash of kind, attributes and schema URL.</param>
/// <param name="kind">Where its attributes come from.</param>
/// <param name="attributes">Its attributes, sorted by key.</param>
/// <param name="schemaUrl">Schema URL, possibly empty.</param>
public sealed class EventStream(Hash128 id, ResourceKind kind, IReadOnlyList<EventAttribute> attributes, string schemaUrl)
{
    /// <summary>Identity: hash of kind, attributes and schema URL.</summary>
    public Hash128 Id { get; } = id;

    /// <summary>Where its attributes come from.</summary>
    public ResourceKind Kind { get; } = kind;

    /// <summary>Its attributes, sorted by key.</summary>
    public IReadOnlyList<EventAttribute> Attributes { get; } = attributes;

    /// <summary>Schema URL, possibly empty.</summary>
    public string SchemaUrl { get; } = schemaUrl;
}

/// <summary>An instrumentation scope. Immutable.</summary>
/// <param name="name">Name.</param>
/// <param name="version">Version.</param>
/// <param name="schemaUrl">Schema URL, possibly empty.</param>
/// <param name="attributes">Its attributes, sorted by key.</param>
public sealed class EventScope(string name, string version, string schemaUrl, IReadOnlyList<EventAttribute> attributes)
{
    /// <summary>Name.</summary>
    public string Name { get; } = name;

    /// <summary>Version.</summary>
    public string Version { get; } = version;

    /// <summary>Schema URL, possibly empty.</summary>
    public string SchemaUrl { get; } = schemaUrl;

    /// <summary>Its attributes, sorted by key.</summary>
    public IReadOnlyList<EventAttribute> Attributes { get; } = attributes;
}

/// <summary>Values of one column for the rows of a page. Filled by a store; read by everybody else.</summary>
public sealed class EventColumn
{
    private byte[] _arena = new byte[1024];
    private int _arenaLength;
    private AttributeType[] _types = new AttributeType[256];
    private long[] _bits = new long[256];

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Type of the value in a row; <see cref="AttributeType.None"/> where the row has none.</summary>
    public AttributeType TypeOf(int row) => _types[row];

    /// <summary>Integer, truth value or bits of the double.</summary>
    public long Bits(int row) => _bits[row];

    /// <summary>Bytes of a text, bytes or composite value. Valid until the page changes.</summary>
    public ReadOnlySpan<byte> Bytes(int row)
    {
        var text = TextRef.Unpack(_bits[row]);
        return _arena.AsSpan(text.Offset, text.Length);
    }

    /// <summary>The value as an object of its own.</summary>
    public AttributeValue Value(int row) => _types[row] is AttributeType.String or AttributeType.Bytes or AttributeType.Composite
        ? AttributeValue.From(_types[row], 0, Bytes(row))
        : AttributeValue.From(_types[row], _bits[row], default);

    /// <summary>Text of a String value, the value as text otherwise; the empty string for None.</summary>
    public string Text(int row) => Value(row).ToString();

    /// <summary>Empties the column.</summary>
    public void Clear()
    {
        Count = 0;
        _arenaLength = 0;
    }

    /// <summary>Appends a number or truth value, or None.</summary>
    public void Add(AttributeType type, long bits)
    {
        if (Count == _types.Length)
        {
            Array.Resize(ref _types, Count * 2);
            Array.Resize(ref _bits, Count * 2);
        }

        _types[Count] = type;
        _bits[Count++] = bits;
    }

    /// <summary>Appends text, bytes or a composite.</summary>
    public void Add(AttributeType type, ReadOnlySpan<byte> bytes)
    {
        var at = _arenaLength;
        if (_arena.Length - at < bytes.Length)
        {
            Array.Resize(ref _arena, Math.Max(_arena.Length * 2, checked(at + bytes.Length)));
        }

        bytes.CopyTo(_arena.AsSpan(at));
        _arenaLength = at + bytes.Length;
        Add(type, new TextRef(at, bytes.Length).Packed);
    }
}

/// <summary>Some rows of an answer, as columns. Valid until the cursor moves on.</summary>
public sealed class EventPage
{
    /// <summary>Times of the rows, nanoseconds since the Unix epoch.</summary>
    public List<long> TimesUnixNano { get; } = [];

    /// <summary>Streams of the rows.</summary>
    public List<EventStream> Streams { get; } = [];

    /// <summary>Scopes of the rows; null where a row has none.</summary>
    public List<EventScope?> Scopes { get; } = [];

    /// <summary>The columns that the plan names, in its order.</summary>
    public List<EventColumn> Columns { get; } = [];

    /// <summary>With <see cref="EventPlan.AllAttributes"/>: a column for each attribute key that a row of this page has.</summary>
    public List<(string Key, EventColumn Column)> Attributes { get; } = [];

    /// <summary>Rows of the store that each row stands for (<see cref="EventPlan.Fold"/>); empty when each stands for itself.</summary>
    public List<long> Weights { get; } = [];

    /// <summary>Rows of the store that no row of this page or another stands for (<see cref="EventFold.MostGroups"/>), as far as they were met since the page before.</summary>
    public long Uncounted { get; set; }

    /// <summary>Rows in the page.</summary>
    public int Count => TimesUnixNano.Count;

    /// <summary>Rows of the store that a row stands for.</summary>
    public long WeightOf(int row) => Weights.Count == 0 ? 1 : Weights[row];
}

/// <summary>Walks the pages of an answer. Not thread-safe. Dispose releases what it pins.</summary>
public interface IEventCursor : IDisposable
{
    /// <summary>Moves to the next page, which has at least one row; false at the end.</summary>
    bool Next();

    /// <summary>The current page.</summary>
    EventPage Page { get; }
}
