using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Checks types and the rules that a grammar cannot say.</summary>
internal static class TypeCheck
{
    public static void Check(string text, PromQLExpression expression)
    {
        var checker = new Checker(text);
        checker.Visit(expression);
    }

    public static string Name(PromQLType type, bool quoted = false)
    {
        var name = type switch { PromQLType.Scalar => "scalar", PromQLType.Vector => "instant vector", PromQLType.Matrix => "range vector", _ => "string" };
        return quoted ? $"\"{name}\"" : name;
    }

    private sealed class Checker(string text)
    {
        public void Visit(PromQLExpression expression)
        {
            var index = 0;
            foreach (var child in expression.Children)
            {
                // What info() joins with may be an empty selector.
                if (expression is not CallExpression { Function.Name: "info" } || index++ != 1 || child is not VectorSelector)
                {
                    Visit(child);
                }
            }

            switch (expression)
            {
                case BinaryExpression binary:
                    Binary(binary);
                    break;
                case CallExpression call:
                    Call(call);
                    break;
                case AggregateExpression aggregate:
                    Expect(aggregate.Inner, PromQLType.Vector, "aggregation expression");
                    if (aggregate.Parameter is not null)
                    {
                        Expect(aggregate.Parameter, aggregate.Operator == AggregateOperator.CountValues ? PromQLType.String : PromQLType.Scalar, "aggregation parameter");
                    }

                    break;
                case SubqueryExpression { Inner.Type: not PromQLType.Vector } subquery:
                    throw Error(subquery.Inner.Span.Start, $"subquery is only allowed on instant vector, got {(subquery.Inner.Type == PromQLType.Matrix ? "matrix" : Name(subquery.Inner.Type))} instead");
                case UnaryExpression unary when unary.Type is not (PromQLType.Scalar or PromQLType.Vector):
                    throw Error(unary.Span.Start, $"unary expression only allowed on expressions of type scalar or instant vector, got {Name(unary.Type, quoted: true)}");
                case UnaryExpression { Operand.Type: not (PromQLType.Scalar or PromQLType.Vector) } unary:
                    throw Error(unary.Span.Start, $"unary expression only allowed on expressions of type scalar or instant vector, got {Name(unary.Operand.Type, quoted: true)}");
                case VectorSelector { Name.Length: > 0 } selector when selector.Matchers.First(m => m.Name == LabelSet.MetricName) is var first && !ReferenceEquals(first, selector.Matchers[^1]):
                    throw Error(selector.Span.Start, $"metric name must not be set twice: {QuotedText.Quote(selector.Name)} or {QuotedText.Quote(first.Value)}");
                case VectorSelector selector when selector.Matchers.All(m => m.MatchesEmpty):
                    throw Error(selector.Span.Start, "vector selector must contain at least one non-empty matcher");
            }
        }

        private void Binary(BinaryExpression b)
        {
            if (b.Left.Type is not (PromQLType.Scalar or PromQLType.Vector) || b.Right.Type is not (PromQLType.Scalar or PromQLType.Vector))
            {
                var side = b.Left.Type is PromQLType.Scalar or PromQLType.Vector ? b.Right : b.Left;
                throw Error(side.Span.Start, "binary expression must contain only scalar and instant vector types");
            }

            var bothScalar = b.Left.Type == PromQLType.Scalar && b.Right.Type == PromQLType.Scalar;
            if (PromQLOperators.IsComparison(b.Operator) && !b.ReturnBool && bothScalar)
            {
                throw Error(b.OperatorAt, "comparisons between scalars must use BOOL modifier");
            }

            if (b.Left.Type == PromQLType.Vector && b.Right.Type == PromQLType.Vector)
            {
                return;
            }

            if (b.Matching is { Labels.Count: > 0 })
            {
                throw Error(b.Span.Start, "vector matching only allowed between instant vectors");
            }

            if (PromQLOperators.IsSet(b.Operator))
            {
                throw Error(b.Span.Start, $"set operator \"{PromQLOperators.Text(b.Operator)}\" not allowed in binary scalar expression");
            }

            if (b.Matching is { FillLeft: not null } or { FillRight: not null })
            {
                throw Error(b.Span.Start, "filling in missing series only allowed between instant vectors");
            }

            if (PromQLOperators.IsTrim(b.Operator) && bothScalar)
            {
                throw Error(b.Span.Start, $"operator \"{PromQLOperators.Text(b.Operator)}\" not allowed for scalar operations");
            }
        }

        private void Call(CallExpression call)
        {
            var f = call.Function;
            var wanted = f.ArgumentTypes.Count;
            var got = call.Arguments.Count;
            if (f.Variadic == 0 && got != wanted)
            {
                throw Error(call.Span.Start, $"expected {wanted} argument(s) in call to \"{f.Name}\", got {got}");
            }

            if (f.Variadic != 0 && got < wanted - 1)
            {
                throw Error(call.Span.Start, $"expected at least {wanted - 1} argument(s) in call to \"{f.Name}\", got {got}");
            }

            if (f.Variadic > 0 && got > wanted - 1 + f.Variadic)
            {
                throw Error(call.Span.Start, $"expected at most {wanted - 1 + f.Variadic} argument(s) in call to \"{f.Name}\", got {got}");
            }

            for (var i = 0; i < got; i++)
            {
                Expect(call.Arguments[i], f.ArgumentTypes[Math.Min(i, wanted - 1)], $"call to function \"{f.Name}\"");
            }

            if (f.Name == "info" && got > 1 && call.Arguments[1] is not VectorSelector { Name.Length: 0 })
            {
                throw Error(call.Arguments[1].Span.Start, call.Arguments[1] is VectorSelector ? "expected label selectors only, got vector selector instead" : "expected label selectors only");
            }
        }

        private void Expect(PromQLExpression expression, PromQLType wanted, string where)
        {
            if (expression.Type != wanted)
            {
                throw Error(expression.Span.Start, $"expected type {Name(wanted)} in {where}, got {Name(expression.Type)}");
            }
        }

        private QueryException Error(int at, string message) => SourcePosition.ParseError(text, at, message);
    }
}
