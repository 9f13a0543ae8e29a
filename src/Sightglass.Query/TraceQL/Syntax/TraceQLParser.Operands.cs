using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Syntax;

/// <summary>Reads what stands between operators, outside of braces.</summary>
internal sealed partial class TraceQLParser
{
    private static readonly HashSet<string> Aggregates = new(StringComparer.Ordinal) { "count", "avg", "min", "max", "sum" };

    private static readonly HashSet<string> MetricsFunctions = new(StringComparer.Ordinal)
    {
        "rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time", "quantile_over_time", "histogram_over_time", "compare",
    };

    private StageNode Operand()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TraceQLTokenKind.Symbol when token.Text == "{":
                return SpanFilter();
            case TraceQLTokenKind.Symbol when token.Text == "(":
                _at++;
                var inside = Pipeline();
                Expect(")");
                _wrapped.Add(inside);
                return inside;
            case TraceQLTokenKind.Symbol when token.Text == "-":
                _at++;
                var number = Current;
                if (number.Kind is not (TraceQLTokenKind.Integer or TraceQLTokenKind.Float or TraceQLTokenKind.Duration))
                {
                    throw Unexpected("expecting a number");
                }

                _at++;
                return new ConstantNode(token.Position, Negate(number.Value));
            case TraceQLTokenKind.Integer or TraceQLTokenKind.Float or TraceQLTokenKind.Duration:
                _at++;
                return new ConstantNode(token.Position, token.Value);
            case TraceQLTokenKind.Word when Next.Is("("):
                return Call(token);
            default:
                throw Unexpected();
        }
    }

    private static TraceValue Negate(TraceValue value) => value.Type switch
    {
        TraceValueType.Int => TraceValue.Of(-value.Whole),
        TraceValueType.Duration => TraceValue.Duration(-value.Number),
        _ => TraceValue.Of(-value.Number),
    };

    private SpanFilterNode SpanFilter()
    {
        var start = Current.Position;
        Expect("{");
        if (Take("}"))
        {
            return new SpanFilterNode(start, new ValueField(start, TraceValue.True));
        }

        var condition = Field(0);
        Expect("}");
        return new SpanFilterNode(start, condition);
    }

    private StageNode Call(TraceQLToken name)
    {
        if (Aggregates.Contains(name.Text))
        {
            _at += 2;
            FieldNode? of = name.Text == "count" ? null : Field(0);
            Expect(")");
            return new AggregateNode(name.Position, name.Text, of);
        }

        if (MetricsFunctions.Contains(name.Text))
        {
            return MetricsFunction(name);
        }

        _at += 2;
        switch (name.Text)
        {
            case "by":
                var by = Field(0);
                Expect(")");
                return new GroupNode(name.Position, by);
            case "coalesce":
                Expect(")");
                return new CoalesceNode(name.Position);
            case "select":
                var fields = new List<AttributeField>();
                do
                {
                    var at = Current.Position;
                    fields.Add(Field(0) as AttributeField ?? throw Error(at, "syntax error: select takes attributes only"));
                }
                while (Take(","));
                Expect(")");
                return new SelectNode(name.Position, fields);
            case "topk" or "bottomk":
                var count = Current.Kind == TraceQLTokenKind.Integer ? Current.Value.Whole : throw Unexpected("expecting a number");
                _at++;
                Expect(")");
                return new MetricsRankNode(name.Position, name.Text, count);
            default:
                _at -= 2;
                throw Unexpected();
        }
    }

    private MetricsFunctionNode MetricsFunction(TraceQLToken name)
    {
        _at += 2;
        FieldNode? of = null;
        SpanFilterNode? selection = null;
        var parameters = new List<TraceValue>();
        if (name.Text == "compare")
        {
            selection = SpanFilter();
        }
        else if (name.Text is not ("rate" or "count_over_time"))
        {
            of = Field(0);
        }

        while (name.Text is "compare" or "quantile_over_time" && Take(","))
        {
            var negative = Take("-");
            var number = Current.Kind is TraceQLTokenKind.Integer or TraceQLTokenKind.Float ? Current.Value : throw Unexpected("expecting a number");
            _at++;
            parameters.Add(negative ? Negate(number) : number);
        }

        Expect(")");
        var by = new List<FieldNode>();
        if (Current.IsWord("by"))
        {
            _at++;
            Expect("(");
            do
            {
                by.Add(Field(0));
            }
            while (Take(","));
            Expect(")");
        }

        return new MetricsFunctionNode(name.Position, name.Text, of, parameters, selection, by);
    }

    private List<(string, TraceValue)> Hints()
    {
        var hints = new List<(string, TraceValue)>();
        if (!Current.IsWord("with"))
        {
            return hints;
        }

        _at++;
        Expect("(");
        do
        {
            var name = Current.Kind == TraceQLTokenKind.Word ? Current.Text : throw Unexpected("expecting a hint");
            _at++;
            Expect("=");
            var at = Current.Position;
            hints.Add((name, (FieldOperand() as ValueField ?? throw Error(at, "syntax error: a hint is a constant")).Value));
        }
        while (Take(","));
        Expect(")");
        return hints;
    }
}
