using System.Text.Json;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>A parsed expression as JSON, as <c>parse_query</c> answers.</summary>
internal static class ExpressionJson
{
    public static void Write(Utf8JsonWriter json, PromQLExpression expression)
    {
        json.WriteStartObject();
        switch (expression)
        {
            case NumberLiteral number:
                json.WriteString("type"u8, "numberLiteral"u8);
                json.WriteString("val"u8, GoFloat.Plain(number.Value));
                break;
            case StringLiteral text:
                json.WriteString("type"u8, "stringLiteral"u8);
                json.WriteString("val"u8, text.Value);
                break;
            case ParenExpression paren:
                json.WriteString("type"u8, "parenExpr"u8);
                Child(json, "expr", paren.Inner);
                break;
            case UnaryExpression unary:
                json.WriteString("type"u8, "unaryExpr"u8);
                json.WriteString("op"u8, unary.Negative ? "-" : "+");
                Child(json, "expr", unary.Operand);
                break;
            case VectorSelector selector:
                json.WriteString("type"u8, "vectorSelector"u8);
                Selector(json, selector);
                break;
            case MatrixSelector matrix:
                json.WriteString("type"u8, "matrixSelector"u8);
                json.WriteNumber("range"u8, Milliseconds(matrix.Range));
                Selector(json, matrix.Vector);
                break;
            case SubqueryExpression subquery:
                json.WriteString("type"u8, "subquery"u8);
                Child(json, "expr", subquery.Inner);
                json.WriteNumber("range"u8, Milliseconds(subquery.Range));
                json.WriteNumber("step"u8, Milliseconds(subquery.Step));
                Shift(json, subquery.Shift);
                break;
            case CallExpression call:
                Call(json, call);
                break;
            case AggregateExpression aggregate:
                json.WriteString("type"u8, "aggregation"u8);
                json.WriteString("op"u8, PromQLNames.Of(aggregate.Operator));
                Child(json, "expr", aggregate.Inner);
                Child(json, "param", aggregate.Parameter);
                Texts(json, "grouping", aggregate.Grouping);
                json.WriteBoolean("without"u8, aggregate.Without);
                break;
            case BinaryExpression binary:
                Binary(json, binary);
                break;
        }

        json.WriteEndObject();
    }

    private static void Binary(Utf8JsonWriter json, BinaryExpression binary)
    {
        json.WriteString("type"u8, "binaryExpr"u8);
        json.WriteString("op"u8, PromQLNames.Of(binary.Operator));
        Child(json, "lhs", binary.Left);
        Child(json, "rhs", binary.Right);
        if (binary.Matching is { } matching)
        {
            json.WriteStartObject("matching"u8);
            json.WriteString("card"u8, matching.Cardinality switch
            {
                MatchCardinality.OneToOne => "one-to-one",
                MatchCardinality.ManyToOne => "many-to-one",
                MatchCardinality.OneToMany => "one-to-many",
                _ => "many-to-many",
            });
            Texts(json, "labels", matching.Labels);
            json.WriteBoolean("on"u8, matching.On);
            Texts(json, "include", matching.Include);
            json.WriteStartObject("fillValues"u8);
            Number(json, "lhs", matching.FillLeft);
            Number(json, "rhs", matching.FillRight);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("matching"u8);
        }

        json.WriteBoolean("bool"u8, binary.ReturnBool);
    }

    private static void Call(Utf8JsonWriter json, CallExpression call)
    {
        static string TypeName(PromQLType type) => type.ToString().ToLowerInvariant();
        json.WriteString("type"u8, "call"u8);
        json.WriteStartObject("func"u8);
        json.WriteString("name"u8, call.Function.Name);
        Texts(json, "argTypes", [.. call.Function.ArgumentTypes.Select(TypeName)]);
        json.WriteNumber("variadic"u8, call.Function.Variadic);
        json.WriteString("returnType"u8, TypeName(call.Function.ReturnType));
        json.WriteEndObject();
        json.WriteStartArray("args"u8);
        foreach (var argument in call.Arguments)
        {
            Write(json, argument);
        }

        json.WriteEndArray();
    }

    private static void Selector(Utf8JsonWriter json, VectorSelector selector)
    {
        json.WriteString("name"u8, selector.Name);
        json.WriteStartArray("matchers"u8);
        foreach (var matcher in selector.Matchers)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, matcher.Type switch { MatchType.Equal => "=", MatchType.NotEqual => "!=", MatchType.Regex => "=~", _ => "!~" });
            json.WriteString("name"u8, matcher.Name);
            json.WriteString("value"u8, matcher.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Shift(json, selector.Shift);
        json.WriteBoolean("anchored"u8, selector.Extension == RangeExtension.Anchored);
        json.WriteBoolean("smoothed"u8, selector.Extension == RangeExtension.Smoothed);
    }

    private static void Shift(Utf8JsonWriter json, TimeShift shift)
    {
        json.WriteNumber("offset"u8, Milliseconds(shift.Offset));
        if (shift.At == AtModifier.Time)
        {
            json.WriteNumber("timestamp"u8, shift.AtMs);
        }
        else
        {
            json.WriteNull("timestamp"u8);
        }

        switch (shift.At)
        {
            case AtModifier.Start:
                json.WriteString("startOrEnd"u8, "start"u8);
                break;
            case AtModifier.End:
                json.WriteString("startOrEnd"u8, "end"u8);
                break;
            default:
                json.WriteNull("startOrEnd"u8);
                break;
        }
    }

    private static long Milliseconds(DurationExpression? duration) => duration is { IsLiteral: true } ? duration.LiteralMs : 0;

    // A number that JSON cannot tell is none, as in Prometheus' answer there cannot be one either.
    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Child(Utf8JsonWriter json, string name, PromQLExpression? child)
    {
        json.WritePropertyName(name);
        if (child is null)
        {
            json.WriteNullValue();
        }
        else
        {
            Write(json, child);
        }
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
