using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Syntax;

/// <summary>Reads expressions about one span.</summary>
internal sealed partial class TraceQLParser
{
    private const int UnaryLevel = 3;

    private static readonly string[][] FieldPrecedence =
    [
        ["&&", "||"],
        ["=", "!=", "<", "<=", ">", ">=", "=~", "!~"],
        ["+", "-"],
        ["*", "/", "%"],
        ["^"],
    ];

    private static readonly Dictionary<string, Intrinsic> Intrinsics = new(StringComparer.Ordinal)
    {
        ["duration"] = Intrinsic.Duration,
        ["childCount"] = Intrinsic.ChildCount,
        ["name"] = Intrinsic.Name,
        ["status"] = Intrinsic.Status,
        ["statusMessage"] = Intrinsic.StatusMessage,
        ["kind"] = Intrinsic.Kind,
        ["parent"] = Intrinsic.Parent,
        ["traceDuration"] = Intrinsic.TraceDuration,
        ["rootName"] = Intrinsic.RootName,
        ["rootServiceName"] = Intrinsic.RootService,
        ["nestedSetLeft"] = Intrinsic.NestedSetLeft,
        ["nestedSetRight"] = Intrinsic.NestedSetRight,
        ["nestedSetParent"] = Intrinsic.NestedSetParent,
    };

    private FieldNode Field(int level)
    {
        if (level == FieldPrecedence.Length)
        {
            return FieldOperand();
        }

        if (level == UnaryLevel && Current.Kind == TraceQLTokenKind.Symbol && Current.Text is "-" or "!")
        {
            var op = Current;
            Enter(op.Position);
            _at++;
            var inner = Field(UnaryLevel);
            _depth--;
            return new UnaryField(op.Position, op.Text, inner);
        }

        var left = Field(level + 1);
        while (Current.Kind == TraceQLTokenKind.Symbol && FieldPrecedence[level].Contains(Current.Text))
        {
            var op = Current;
            Enter(op.Position);
            _at++;

            // Powers bind to the right; a sign may follow any operator.
            var isSigned = level >= UnaryLevel && (Current.Is("-") || Current.Is("!"));
            var right = isSigned ? Field(UnaryLevel) : op.Text == "^" ? Field(level) : Field(level + 1);
            left = new BinaryField(op.Position, op.Text, left, right);
            _depth--;
        }

        return left;
    }

    private FieldNode FieldOperand()
    {
        var token = Current;
        _at++;
        switch (token.Kind)
        {
            case TraceQLTokenKind.String:
                return new ValueField(token.Position, TraceValue.Of(token.Text));
            case TraceQLTokenKind.Integer or TraceQLTokenKind.Float or TraceQLTokenKind.Duration:
                return new ValueField(token.Position, token.Value);
            case TraceQLTokenKind.Attribute:
                return token.Attribute!;
            case TraceQLTokenKind.Symbol when token.Text == "(":
                Enter(token.Position);
                var inside = Field(0);
                Expect(")");
                _depth--;
                return inside;
            case TraceQLTokenKind.Word:
                if (Word(token) is { } word)
                {
                    return word;
                }

                break;
        }

        _at--;
        throw Unexpected();
    }

    private static FieldNode? Word(TraceQLToken token)
    {
        if (Intrinsics.TryGetValue(token.Text, out var intrinsic))
        {
            return new AttributeField(token.Position, FieldScope.Intrinsic, token.Text, intrinsic);
        }

        TraceValue? value = token.Text switch
        {
            "true" => TraceValue.Of(true),
            "false" => TraceValue.Of(false),
            "nil" => TraceValue.Nil,
            var name when TraceValue.Names.TryStatus(name, out var code) => TraceValue.Status(code),
            var name when TraceValue.Names.TryKind(name, out var kind) => TraceValue.Kind(kind),
            _ => null,
        };
        return value is { } constant ? new ValueField(token.Position, constant) : null;
    }
}
