using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Core.Model;

/// <summary>A piece of a batch's arena.</summary>
/// <param name="Offset">Byte offset.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct TextRef(int Offset, int Length)
{
    /// <summary>As one number: offset in the upper half, length in the lower.</summary>
    public long Packed => ((long)Offset << 32) | (uint)Length;

    /// <summary>Reads <see cref="Packed"/>.</summary>
    public static TextRef Unpack(long packed) => new((int)(packed >> 32), (int)packed);
}

/// <summary>A run of a batch's attributes.</summary>
/// <param name="Start">Index of the first.</param>
/// <param name="Count">How many.</param>
public readonly record struct AttributeRange(int Start, int Count);

/// <summary>Where a stream's attributes come from, which decides what Loki's API calls its labels.</summary>
public enum ResourceKind : byte
{
    /// <summary>An OTLP resource: typed attributes with dotted names.</summary>
    Otlp = 0,

    /// <summary>A label set as Loki's push API or a followed file has it: every attribute is a stream label.</summary>
    Labels = 1,
}

/// <summary>
/// Log records or spans on their way in. Resources (streams), scopes and rows refer to runs of one attribute table; texts are pieces
/// of one arena. A decoder adds attributes with <c>AddAttribute</c> and then closes the run with <c>EndResource</c>,
/// <c>EndScope</c> or the row's own method. Not thread-safe; ownership as for <see cref="MetricBatch"/>.
/// </summary>
public abstract class EventBatch : IDisposable
{
    private readonly ByteWriter _arena = new(64 << 10);
    private readonly List<ResourceEntry> _resources = [];
    private readonly List<ScopeEntry> _scopes = [];
    private TextRef[] _keys = new TextRef[1024];
    private AttributeType[] _types = new AttributeType[1024];
    private long[] _bits = new long[1024];
    private int _attributes;
    private int _open;

    /// <summary>Rows in the batch.</summary>
    public int Count { get; protected set; }

    /// <summary>Resources in the batch; equal ones may stand in it more than once.</summary>
    public IReadOnlyList<ResourceEntry> Resources => _resources;

    /// <summary>Instrumentation scopes in the batch.</summary>
    public IReadOnlyList<ScopeEntry> Scopes => _scopes;

    /// <summary>Bytes in the arena; a measure of the batch's size.</summary>
    public int ArenaBytes => _arena.Length;

    /// <summary>Attributes in the batch, over all owners.</summary>
    public int AttributeCount => _attributes;

    /// <summary>The attributes added since the last run was closed.</summary>
    public int OpenAttributes => _attributes - _open;

    /// <summary>Every text of the batch, one behind the other in the order in which they were added. Valid until the batch changes.</summary>
    public ReadOnlySpan<byte> Arena => _arena.Written;

    /// <summary>Puts another value in the place of an attribute's, for every row that has this attribute.</summary>
    public void SetAttribute(int attribute, AttributeType type, long bits)
    {
        _types[attribute] = type;
        _bits[attribute] = bits;
    }

    /// <summary>Overwrites a piece of the arena with one byte, for all who refer to it.</summary>
    public void Overwrite(TextRef text, byte value) => _arena.WrittenMutable.Slice(text.Offset, text.Length).Fill(value);

    /// <summary>Copies text (UTF-8) or bytes into the arena.</summary>
    public TextRef AddText(ReadOnlySpan<byte> bytes) => bytes.Length == 0 ? default : new TextRef(_arena.Write(bytes), bytes.Length);

    /// <summary>Copies text into the arena as UTF-8.</summary>
    public TextRef AddText(string text)
    {
        if (text.Length == 0)
        {
            return default;
        }

        var size = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, _arena.GetSpan(size));
        var at = _arena.Length;
        _arena.Advance(size);
        return new TextRef(at, size);
    }

    /// <summary>The bytes of a piece of the arena. Valid until the batch changes.</summary>
    public ReadOnlySpan<byte> Text(TextRef text) => _arena.Written.Slice(text.Offset, text.Length);

    /// <summary>Key of an attribute.</summary>
    public ReadOnlySpan<byte> AttributeKey(int attribute) => Text(_keys[attribute]);

    /// <summary>Place of an attribute's key in the arena; equal places are equal keys.</summary>
    public TextRef AttributeKeyRef(int attribute) => _keys[attribute];

    /// <summary>Type of an attribute.</summary>
    public AttributeType AttributeTypeOf(int attribute) => _types[attribute];

    /// <summary>Integer, truth value, bits of the double, or the packed <see cref="TextRef"/> of text, bytes and composites.</summary>
    public long AttributeBits(int attribute) => _bits[attribute];

    /// <summary>The bytes of a text, bytes or composite attribute.</summary>
    public ReadOnlySpan<byte> AttributeBytes(int attribute) => Text(TextRef.Unpack(_bits[attribute]));

    /// <summary>Adds a text, bytes or composite attribute to the open run.</summary>
    public void AddAttribute(ReadOnlySpan<byte> key, AttributeType type, ReadOnlySpan<byte> value) =>
        AddAttribute(AddText(key), type, AddText(value).Packed);

    /// <summary>Adds an integer, double or truth value to the open run; <paramref name="bits"/> as in <see cref="AttributeBits"/>.</summary>
    public void AddAttribute(ReadOnlySpan<byte> key, AttributeType type, long bits) => AddAttribute(AddText(key), type, bits);

    /// <summary>Adds an attribute whose key (and value, when it has bytes) is in the arena already.</summary>
    public void AddAttribute(TextRef key, AttributeType type, long bits)
    {
        var at = _attributes;
        if (at == _keys.Length)
        {
            Array.Resize(ref _keys, at * 2);
            Array.Resize(ref _types, at * 2);
            Array.Resize(ref _bits, at * 2);
        }

        _keys[at] = key;
        _types[at] = type;
        _bits[at] = bits;
        _attributes = at + 1;
    }

    /// <summary>Drops the attributes of the open run.</summary>
    public void DropOpenAttributes() => _attributes = _open;

    /// <summary>Drops the attributes of the open run but the first <paramref name="count"/>.</summary>
    public void KeepOpenAttributes(int count) => _attributes = _open + count;

    /// <summary>Closes the open run as a resource and returns its index.</summary>
    public int EndResource(ResourceKind kind, TextRef schemaUrl = default)
    {
        _resources.Add(new ResourceEntry(kind, CloseAttributes(), schemaUrl));
        return _resources.Count - 1;
    }

    /// <summary>Closes the open run as an instrumentation scope and returns its index.</summary>
    public int EndScope(TextRef name, TextRef version, TextRef schemaUrl = default)
    {
        _scopes.Add(new ScopeEntry(name, version, schemaUrl, CloseAttributes()));
        return _scopes.Count - 1;
    }

    /// <summary>Closes the open run of attributes.</summary>
    protected AttributeRange CloseAttributes()
    {
        var range = new AttributeRange(_open, _attributes - _open);
        _open = _attributes;
        return range;
    }

    /// <summary>Empties the batch for reuse.</summary>
    public virtual void Clear()
    {
        _arena.Clear(4 << 20);
        _resources.Clear();
        _scopes.Clear();
        _attributes = 0;
        _open = 0;
        Count = 0;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Gives the arena back for good.</summary>
    protected void Release() => _arena.Dispose();
}

/// <summary>A resource in a batch: the identity of a stream.</summary>
/// <param name="Kind">Where its attributes come from.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="SchemaUrl">Schema URL, possibly empty.</param>
public readonly record struct ResourceEntry(ResourceKind Kind, AttributeRange Attributes, TextRef SchemaUrl);

/// <summary>An instrumentation scope in a batch.</summary>
/// <param name="Name">Name.</param>
/// <param name="Version">Version.</param>
/// <param name="SchemaUrl">Schema URL, possibly empty.</param>
/// <param name="Attributes">Its attributes.</param>
public readonly record struct ScopeEntry(TextRef Name, TextRef Version, TextRef SchemaUrl, AttributeRange Attributes);
