using System.Globalization;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.TraceQL.Tree;

/// <summary>Types of values in TraceQL.</summary>
internal enum TraceValueType
{
    /// <summary>No value.</summary>
    Nil,

    /// <summary>A type that is known only when a span is looked at.</summary>
    Attribute,
    Int,
    Float,
    String,
    Bool,
    Duration,
    Status,
    Kind,
}

/// <summary>A value in TraceQL.</summary>
internal readonly record struct TraceValue
{
    private TraceValue(TraceValueType type, long whole, double number, string? text)
    {
        Type = type;
        Whole = whole;
        Number = number;
        Text = text;
    }

    public TraceValueType Type { get; }

    /// <summary>Integer, nanoseconds, truth value, OTLP status code or kind.</summary>
    public long Whole { get; }

    /// <summary>The value as a number.</summary>
    public double Number { get; }

    /// <summary>The text of a string.</summary>
    public string? Text { get; }

    public bool IsNumeric => Type is TraceValueType.Int or TraceValueType.Float or TraceValueType.Duration;

    public bool IsTrue => Type == TraceValueType.Bool && Whole != 0;

    public static TraceValue Nil => default;

    public static TraceValue True => Of(true);

    public static TraceValue Of(long value) => new(TraceValueType.Int, value, value, null);

    public static TraceValue Of(double value) => new(TraceValueType.Float, 0, value, null);

    public static TraceValue Of(string value) => new(TraceValueType.String, 0, 0, value);

    public static TraceValue Of(bool value) => new(TraceValueType.Bool, value ? 1 : 0, 0, null);

    public static TraceValue Duration(double nanoseconds) => new(TraceValueType.Duration, (long)nanoseconds, nanoseconds, null);

    public static TraceValue Status(long code) => new(TraceValueType.Status, code, code, null);

    public static TraceValue Kind(long kind) => new(TraceValueType.Kind, kind, kind, null);

    /// <summary>A number of the more general of two types.</summary>
    public static TraceValue Arithmetic(string op, TraceValue left, TraceValue right)
    {
        if (!left.IsNumeric || !right.IsNumeric)
        {
            return Nil;
        }

        if (left.Type == TraceValueType.Int && right.Type == TraceValueType.Int && op is "+" or "-" or "*")
        {
            return Of(unchecked(op switch { "+" => left.Whole + right.Whole, "-" => left.Whole - right.Whole, _ => left.Whole * right.Whole }));
        }

        var value = op switch
        {
            "+" => left.Number + right.Number,
            "-" => left.Number - right.Number,
            "*" => left.Number * right.Number,
            "/" => left.Number / right.Number,
            "%" => left.Number % right.Number,
            _ => Math.Pow(left.Number, right.Number),
        };
        return left.Type == TraceValueType.Duration || right.Type == TraceValueType.Duration
            ? double.IsFinite(value) && Math.Abs(value) < long.MaxValue ? Duration(value) : Of(value)
            : left.Type == TraceValueType.Int && right.Type == TraceValueType.Int && double.IsFinite(value) && Math.Abs(value) < long.MaxValue ? Of((long)value) : Of(value);
    }

    /// <summary>Whether a comparison holds; values of different kinds are neither equal nor unequal.</summary>
    public static bool Compare(string op, TraceValue left, TraceValue right)
    {
        if (left.Type == TraceValueType.Nil || right.Type == TraceValueType.Nil)
        {
            var bothNil = left.Type == right.Type;
            return op == "=" ? bothNil : op == "!=" && !bothNil;
        }

        int sign;
        if (left.IsNumeric && right.IsNumeric)
        {
            if (double.IsNaN(left.Number) || double.IsNaN(right.Number))
            {
                return op == "!=";
            }

            // Whole numbers are compared as such: a double would round large ones.
            sign = left.Type != TraceValueType.Float && right.Type != TraceValueType.Float ? left.Whole.CompareTo(right.Whole) : left.Number.CompareTo(right.Number);
        }
        else if (left.Type != right.Type)
        {
            return false;
        }
        else
        {
            sign = left.Type == TraceValueType.String ? string.CompareOrdinal(left.Text, right.Text) : left.Whole.CompareTo(right.Whole);
        }

        return op switch { "=" => sign == 0, "!=" => sign != 0, "<" => sign < 0, "<=" => sign <= 0, ">" => sign > 0, _ => sign >= 0 };
    }

    public override string ToString() => Type switch
    {
        TraceValueType.Nil => "nil",
        TraceValueType.Int => Whole.ToString(CultureInfo.InvariantCulture),
        TraceValueType.Float => GoFloat.General(Number),
        TraceValueType.String => Text!,
        TraceValueType.Bool => Whole != 0 ? "true" : "false",
        TraceValueType.Duration => Whole.ToString(CultureInfo.InvariantCulture) + "ns",
        TraceValueType.Status => Names.Status(Whole),
        TraceValueType.Kind => Names.Kind(Whole),
        _ => string.Empty,
    };

    /// <summary>How TraceQL names OTLP's numbers.</summary>
    public static class Names
    {
        private static readonly string[] Statuses = ["unset", "ok", "error"];
        private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

        public static string Status(long code) => code >= 0 && code < Statuses.Length ? Statuses[code] : code.ToString(CultureInfo.InvariantCulture);

        public static string Kind(long kind) => kind >= 0 && kind < Kinds.Length ? Kinds[kind] : kind.ToString(CultureInfo.InvariantCulture);

        public static bool TryStatus(string name, out long code) => (code = Array.IndexOf(Statuses, name)) >= 0;

        public static bool TryKind(string name, out long kind) => (kind = Array.IndexOf(Kinds, name)) >= 0;
    }
}
