using System.Buffers;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.TraceQL.Tree;

/// <summary>Writes parts of a query as Tempo names them in answers.</summary>
internal static class FieldText
{
    // Characters that a name can have only in quotes.
    private static readonly SearchValues<char> Special = SearchValues.Create(" \"={}()!<>&|^~,\t\n\r");

    /// <summary>An expression.</summary>
    public static string Of(FieldNode node) => node switch
    {
        AttributeField field => Of(field),
        ValueField { Value: { Type: TraceValueType.String } value } => $"`{value.Text}`",
        ValueField value => value.Value.ToString(),
        UnaryField unary => $"{unary.Operator}{Of(unary.Inner)}",
        BinaryField binary => $"({Of(binary.Left)}) {binary.Operator} ({Of(binary.Right)})",
        _ => string.Empty,
    };

    /// <summary>An attribute with its scope.</summary>
    public static string Of(AttributeField field) => (field.OfParent ? "parent." : string.Empty) + field.Scope switch
    {
        FieldScope.Intrinsic => field.Name,
        FieldScope.Any => "." + Name(field.Name),
        var scope => $"{scope.ToString().ToLowerInvariant()}.{Name(field.Name)}",
    };

    /// <summary>An aggregate.</summary>
    public static string Of(AggregateNode node) => $"{node.Function}({(node.Of is null ? string.Empty : Of(node.Of))})";

    private static string Name(string name) => name.AsSpan().IndexOfAny(Special) < 0 ? name : QuotedText.Quote(name);
}
