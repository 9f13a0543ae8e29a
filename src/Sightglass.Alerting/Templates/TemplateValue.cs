namespace Sightglass.Alerting.Templates;

internal enum TemplateKind
{
    Nil,
    Bool,
    Int,
    Float,
    String,
    Html,
    List,
    Map,
    Object,
    Time,
    Duration,
}

/// <summary>
/// A value in a template. The kinds are a closed list: a template reaches the fields and methods that an object offers by name and
/// nothing else of the process.
/// </summary>
internal readonly struct TemplateValue
{
    private readonly long _bits;
    private readonly object? _reference;

    private TemplateValue(TemplateKind kind, long bits, object? reference)
    {
        Kind = kind;
        _bits = bits;
        _reference = reference;
    }

    public static TemplateValue Nil => default;

    public TemplateKind Kind { get; }

    public bool Bool => _bits != 0;

    public long Int => _bits;

    public double Float => BitConverter.Int64BitsToDouble(_bits);

    public string Text => (string)_reference!;

    public TemplateList List => (TemplateList)_reference!;

    public TemplateMap Map => (TemplateMap)_reference!;

    public TemplateObject Object => (TemplateObject)_reference!;

    public GoTime Time => (GoTime)_reference!;

    /// <summary>Nanoseconds.</summary>
    public long Nanoseconds => _bits;

    public bool IsText => Kind is TemplateKind.String or TemplateKind.Html;

    public bool IsTrue => Kind switch
    {
        TemplateKind.Nil => false,
        TemplateKind.Bool or TemplateKind.Int or TemplateKind.Duration => _bits != 0,
        TemplateKind.Float => Float != 0,
        TemplateKind.String or TemplateKind.Html => Text.Length > 0,
        TemplateKind.List => List.Count > 0,
        TemplateKind.Map => Map.Count > 0,
        _ => true,
    };

    /// <summary>The type's name as Go would print it.</summary>
    public string TypeName => Kind switch
    {
        TemplateKind.Nil => "<nil>",
        TemplateKind.Bool => "bool",
        TemplateKind.Int => "int",
        TemplateKind.Float => "float64",
        TemplateKind.String => "string",
        TemplateKind.Html => "template.HTML",
        TemplateKind.Time => "time.Time",
        TemplateKind.Duration => "time.Duration",
        _ => Object.TypeName,
    };

    public static TemplateValue Of(bool value) => new(TemplateKind.Bool, value ? 1 : 0, null);

    public static TemplateValue Of(long value) => new(TemplateKind.Int, value, null);

    public static TemplateValue Of(double value) => new(TemplateKind.Float, BitConverter.DoubleToInt64Bits(value), null);

    public static TemplateValue Of(string value) => new(TemplateKind.String, 0, value);

    public static TemplateValue Of(TemplateList value) => new(TemplateKind.List, 0, value);

    public static TemplateValue Of(TemplateMap value) => new(TemplateKind.Map, 0, value);

    public static TemplateValue Of(TemplateObject value) => new(TemplateKind.Object, 0, value);

    public static TemplateValue Of(GoTime value) => new(TemplateKind.Time, 0, value);

    public static TemplateValue OfConstant(object value) => value switch
    {
        bool truth => Of(truth),
        long number => Of(number),
        double number => Of(number),
        _ => Of((string)value),
    };

    public static TemplateValue OfHtml(string value) => new(TemplateKind.Html, 0, value);

    public static TemplateValue OfDuration(long nanoseconds) => new(TemplateKind.Duration, nanoseconds, null);

    public static TemplateValue OfStrings(IEnumerable<string> values) => Of(new TemplateList([.. values.Select(Of)], "[]string"));
}

/// <summary>An object that offers fields and methods by name.</summary>
internal abstract class TemplateObject
{
    public abstract string TypeName { get; }

    public virtual bool TryGetField(string name, out TemplateValue value)
    {
        value = default;
        return false;
    }

    /// <summary>Calls a method; false when there is none of that name.</summary>
    public virtual bool TryCall(string name, ReadOnlySpan<TemplateValue> arguments, out TemplateValue value)
    {
        value = default;
        return false;
    }

    /// <summary>How it prints with <c>%v</c>; null prints fields as Go prints a struct.</summary>
    public virtual string? Printed => null;

    /// <summary>Fields in order, for printing and JSON.</summary>
    public virtual IReadOnlyList<(string Name, TemplateValue Value)> Fields => [];
}

/// <summary>A list.</summary>
internal class TemplateList(IReadOnlyList<TemplateValue> items, string typeName) : TemplateObject
{
    public override string TypeName { get; } = typeName;

    public int Count => items.Count;

    public TemplateValue this[int index] => items[index];
}

/// <summary>A map with text as keys. <paramref name="missing"/> is what a key that is not there reads as: Go's zero value of the element.</summary>
internal class TemplateMap(IReadOnlyDictionary<string, TemplateValue> items, TemplateValue missing, string typeName) : TemplateObject
{
    public override string TypeName { get; } = typeName;

    public int Count => items.Count;

    public IEnumerable<KeyValuePair<string, TemplateValue>> Sorted => items.OrderBy(static p => p.Key, StringComparer.Ordinal);

    public TemplateValue Get(string key) => items.TryGetValue(key, out var value) ? value : missing;

    public static TemplateMap OfStrings(IEnumerable<KeyValuePair<string, string>> pairs) =>
        new(pairs.ToDictionary(p => p.Key, p => TemplateValue.Of(p.Value), StringComparer.Ordinal), TemplateValue.Of(string.Empty), "map[string]string");
}

/// <summary>An object of named values.</summary>
internal sealed class TemplateRecord(string typeName, params (string Name, TemplateValue Value)[] fields) : TemplateObject
{
    public override string TypeName { get; } = typeName;

    public override IReadOnlyList<(string Name, TemplateValue Value)> Fields => fields;

    public override bool TryGetField(string name, out TemplateValue value)
    {
        foreach (var field in fields)
        {
            if (field.Name == name)
            {
                value = field.Value;
                return true;
            }
        }

        value = default;
        return false;
    }
}
