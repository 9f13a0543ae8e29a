using System.Runtime.CompilerServices;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Binary operators on single values.</summary>
internal static class BinaryArithmetic
{
    /// <summary>The number of an arithmetic operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Compute(BinaryOperator op, double left, double right) => op switch
    {
        BinaryOperator.Add => left + right,
        BinaryOperator.Subtract => left - right,
        BinaryOperator.Multiply => left * right,
        BinaryOperator.Divide => left / right,
        BinaryOperator.Modulo => left % right,
        BinaryOperator.Power => Power(left, right),
        BinaryOperator.Atan2 => Math.Atan2(left, right),
        _ => Compare(op, left, right) ? 1 : 0,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Compare(BinaryOperator op, double left, double right) => op switch
    {
        BinaryOperator.Equal => left == right,
        BinaryOperator.NotEqual => left != right,
        BinaryOperator.Greater => left > right,
        BinaryOperator.Less => left < right,
        BinaryOperator.GreaterOrEqual => left >= right,
        BinaryOperator.LessOrEqual => left <= right,
        _ => throw new System.Diagnostics.UnreachableException($"BUG: {op} does not compare"),
    };

    // IEEE pow of C and Go agree but for (-1)^±Inf, which both define as 1.
    private static double Power(double left, double right) => Math.Pow(left, right);

    /// <summary>
    /// An operation of which at least one side is a histogram. Null when the operation is not defined for the types; <paramref name="keep"/>
    /// is what a comparison says.
    /// </summary>
    public static NativeHistogram? ComputeHistogram(BinaryExpression expression, double left, NativeHistogram? leftHistogram, double right, NativeHistogram? rightHistogram, Annotations annotations, out bool keep)
    {
        keep = true;
        var op = expression.Operator;
        switch (leftHistogram, rightHistogram)
        {
            case (not null, not null):
                switch (op)
                {
                    case BinaryOperator.Add or BinaryOperator.Subtract:
                        var subtract = op == BinaryOperator.Subtract;
                        var outcome = subtract ? HistogramArithmetic.Subtract(leftHistogram, rightHistogram) : HistogramArithmetic.Add(leftHistogram, rightHistogram);
                        var word = subtract ? "subtraction" : "addition";
                        if (outcome.Result is null)
                        {
                            annotations.Warn($"incompatible bucket layout encountered for binary operator {PromQLOperators.Text(op)}", expression);
                            keep = false;
                            return null;
                        }

                        if (outcome.ResetCollision)
                        {
                            annotations.Warn($"conflicting counter resets during histogram {word}", expression);
                        }

                        if (outcome.BoundsReconciled)
                        {
                            annotations.Info($"mismatched custom buckets were reconciled during {word}", expression);
                        }

                        return outcome.Result;
                    case BinaryOperator.Equal:
                        keep = HistogramArithmetic.AreEqual(leftHistogram, rightHistogram);
                        return leftHistogram;
                    case BinaryOperator.NotEqual:
                        keep = !HistogramArithmetic.AreEqual(leftHistogram, rightHistogram);
                        return leftHistogram;
                }

                break;
            case (not null, null):
                switch (op)
                {
                    case BinaryOperator.Multiply:
                        return HistogramArithmetic.Scale(leftHistogram, right);
                    case BinaryOperator.Divide:
                        return HistogramArithmetic.Divide(leftHistogram, right);
                    case BinaryOperator.TrimUpper:
                        return HistogramTrim.Trim(leftHistogram, right, upper: true);
                    case BinaryOperator.TrimLower:
                        return HistogramTrim.Trim(leftHistogram, right, upper: false);
                }

                break;
            case (null, not null) when op == BinaryOperator.Multiply:
                return HistogramArithmetic.Scale(rightHistogram, left);
        }

        Incompatible(expression, leftHistogram is not null, rightHistogram is not null, annotations);
        keep = false;
        return null;
    }

    public static void Incompatible(BinaryExpression expression, bool leftIsHistogram, bool rightIsHistogram, Annotations annotations)
    {
        static string Kind(bool histogram) => histogram ? "histogram" : "float";
        annotations.Info($"incompatible sample types encountered for binary operator \"{PromQLOperators.Text(expression.Operator)}\": {Kind(leftIsHistogram)} {PromQLOperators.Text(expression.Operator)} {Kind(rightIsHistogram)}", expression);
    }
}
