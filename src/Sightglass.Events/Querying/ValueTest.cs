using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>The condition of a leaf on one value. Thread-safe.</summary>
internal abstract class ValueTest
{
    /// <summary>How dear it is to ask, to put cheap conditions first.</summary>
    public abstract int Cost { get; }

    /// <summary>Whether the value passes. <paramref name="bits"/> of numbers and truth values, <paramref name="bytes"/> of the rest.</summary>
    public abstract bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes);

    public bool Test(AttributeValue value) => value.Type switch
    {
        AttributeType.String => Test(value.Type, 0, Encoding.UTF8.GetBytes(value.Text)),
        AttributeType.Bytes or AttributeType.Composite => Test(value.Type, 0, value.Bytes),
        _ => Test(value.Type, value.Bits, default),
    };

    public bool Test(ValueVector values, int entry)
    {
        var type = values.TypeOf(entry);
        return FieldTypes.HasBytes(type) ? Test(type, 0, values.BytesOf(entry)) : Test(type, values.Bits[entry], default);
    }

    public static ValueTest Of(EventPredicate leaf) => leaf switch
    {
        ComparePredicate compare => new CompareTest(compare.Op, compare.Value),
        ExistsPredicate => new ExistsTest(),
        ContainsPredicate { Needle.Length: 0 } => throw new QueryException(QueryErrorKind.BadData, "a substring to search for is empty"),
        ContainsPredicate contains => new ContainsTest(contains.Needle, contains.IgnoreCase),
        MatchesPredicate matches => new MatchesTest(matches.Expression),
        _ => throw new System.Diagnostics.UnreachableException($"BUG: {leaf.GetType().Name} is not a condition on a column"),
    };

    /// <summary>The text of a value that is none, as <see cref="AttributeValue.ToString"/> has it; null for a composite that does not parse.</summary>
    protected static byte[]? Render(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Encoding.UTF8.GetBytes(AttributeValue.From(type, bits, bytes).ToString());
        }
        catch (MalformedInputException)
        {
            return null;
        }
    }
}

/// <summary>Has a value at all.</summary>
internal sealed class ExistsTest : ValueTest
{
    public override int Cost => 0;

    public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes) => true;
}

/// <summary>Typed comparison with a constant.</summary>
internal sealed class CompareTest : ValueTest
{
    // Shorter ones are found too often within others.
    private const int LeastSearched = 4;

    private readonly CompareOp _op;
    private readonly byte[] _bytes;

    public CompareTest(CompareOp op, AttributeValue value)
    {
        _op = op;
        Value = value;
        _bytes = value.Type switch
        {
            AttributeType.String => Encoding.UTF8.GetBytes(value.Text),
            AttributeType.Bytes or AttributeType.Composite => value.Bytes,
            _ => [],
        };
        if (op == CompareOp.Equal && _bytes.Length >= LeastSearched)
        {
            Search = new SubstringSearch(_bytes, ignoreCase: false);
        }
    }

    /// <summary>Finds the texts or bytes that are equal in many at once; null when the test is not of that kind.</summary>
    public SubstringSearch? Search { get; }

    public CompareOp Op => _op;

    public AttributeValue Value { get; }

    /// <summary>The constant's bytes, when it has some.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    public override int Cost => 1;

    public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        int? order;
        if (IsNumber(type) && IsNumber(Value.Type))
        {
            order = NumberOrder.Compare(type, bits, Value.Type, Value.Bits);
        }
        else if (type != Value.Type)
        {
            return _op == CompareOp.NotEqual;
        }
        else if (type == AttributeType.Bool)
        {
            order = bits.CompareTo(Value.Bits);
        }
        else if (_op is CompareOp.Equal or CompareOp.NotEqual)
        {
            return bytes.SequenceEqual(_bytes) == (_op == CompareOp.Equal);
        }
        else
        {
            order = bytes.SequenceCompareTo(_bytes);
        }

        return Holds(_op, order);
    }

    /// <summary>Whether the operator holds for an order; of the operators only "not equal" holds for what has none.</summary>
    public static bool Holds(CompareOp op, int? order) => op switch
    {
        CompareOp.Equal => order == 0,
        CompareOp.NotEqual => order != 0,
        CompareOp.Less => order < 0,
        CompareOp.LessOrEqual => order <= 0,
        CompareOp.Greater => order > 0,
        CompareOp.GreaterOrEqual => order >= 0,
        _ => throw new System.Diagnostics.UnreachableException($"BUG: comparison {op}"),
    };

    private static bool IsNumber(AttributeType type) => type is AttributeType.Int or AttributeType.Double;
}

/// <summary>Contains a substring.</summary>
internal sealed class ContainsTest : ValueTest
{
    private readonly byte[] _needle;
    private readonly SubstringSearch _search;

    public ContainsTest(string needle, bool ignoreCase)
    {
        _needle = Encoding.UTF8.GetBytes(needle);
        _search = new SubstringSearch(_needle, ignoreCase);
    }

    public ReadOnlySpan<byte> Needle => _needle;

    public SubstringSearch Search => _search;

    public override int Cost => 3;

    public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case AttributeType.String:
                return _search.IndexIn(bytes) >= 0;
            case AttributeType.Int:
                Span<byte> digits = stackalloc byte[20];
                Utf8Formatter.TryFormat(bits, digits, out var length);
                return _search.IndexIn(digits[..length]) >= 0;
            default:
                return Render(type, bits, bytes) is { } text && _search.IndexIn(text) >= 0;
        }
    }
}

/// <summary>Matches a regular expression.</summary>
internal sealed class MatchesTest : ValueTest
{
    private readonly Re2 _expression;
    private readonly byte[][]? _literals;
    private readonly byte[][] _required;

    public MatchesTest(Re2 expression)
    {
        _expression = expression;
        _literals = expression.Literals?.Select(Encoding.UTF8.GetBytes).ToArray();
        _required = _literals is null ? [.. expression.Required.Select(Encoding.UTF8.GetBytes)] : [];
        Searches = Array.ConvertAll(_required, r => new SubstringSearch(r, expression.RequiredIgnoresCase));
        Search = Searches.MaxBy(static s => s.Length);
        IsLocal = expression.IsLocal;
    }

    public override int Cost => 5;

    /// <summary>Texts that every match has in it, without regard to case.</summary>
    public IReadOnlyList<byte[]> Required => _required;

    /// <summary>Finds the longest of them; null when there is none. What it does not find does not match.</summary>
    public SubstringSearch? Search { get; }

    /// <summary>Find all of them.</summary>
    public SubstringSearch[] Searches { get; }

    /// <summary>What matches in a part of a text matches in the text.</summary>
    public bool IsLocal { get; }

    public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        if (type == AttributeType.String)
        {
            return Matches(bytes);
        }

        return Render(type, bits, bytes) is { } text && Matches(text);
    }

    private bool Matches(ReadOnlySpan<byte> text)
    {
        if (_literals is not null)
        {
            foreach (var literal in _literals)
            {
                if (text.SequenceEqual(literal))
                {
                    return true;
                }
            }

            return false;
        }

        if (Search is not null && Search.IndexIn(text) < 0)
        {
            return false;
        }

        char[]? rented = null;
        var chars = text.Length <= 512 ? stackalloc char[text.Length] : rented = ArrayPool<char>.Shared.Rent(text.Length);
        var count = Encoding.UTF8.GetChars(text, chars);
        var matches = _expression.Regex.IsMatch(chars[..count]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return matches;
    }
}
