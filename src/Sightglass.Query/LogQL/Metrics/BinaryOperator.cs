using System.Diagnostics;

namespace Sightglass.Query.LogQL.Metrics;

/// <summary>What the operators between numbers mean.</summary>
internal static class BinaryOperator
{
    /// <summary>True for operators that filter or give 0 and 1.</summary>
    public static bool IsComparison(string op) => op is "==" or "!=" or ">" or ">=" or "<" or "<=";

    /// <summary>The value of two numbers; a comparison gives 1 or 0.</summary>
    public static double Fold(string op, double left, double right) => IsComparison(op) ? Compare(op, left, right) ? 1 : 0 : Arithmetic(op, left, right);

    /// <summary>The value of an arithmetic operator.</summary>
    public static double Arithmetic(string op, double left, double right) => op switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,

        // Loki gives NaN, not an infinity.
        "/" => right == 0 ? double.NaN : left / right,
        "%" => right == 0 ? double.NaN : left % right,
        "^" => Math.Pow(left, right),
        _ => throw new UnreachableException($"BUG: operator {op}"),
    };

    /// <summary>Whether a comparison holds.</summary>
    public static bool Compare(string op, double left, double right) => op switch
    {
        "==" => left == right,
        "!=" => left != right,
        ">" => left > right,
        ">=" => left >= right,
        "<" => left < right,
        "<=" => left <= right,
        _ => throw new UnreachableException($"BUG: operator {op}"),
    };
}
