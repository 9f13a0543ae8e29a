using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.Syntax;
using Sightglass.Query.TraceQL.Tree;

namespace Sightglass.Query.TraceQL.Syntax;

/// <summary>
/// Reads TraceQL by recursive descent. Spansets, scalars and metrics share brackets and operators, so one expression grammar reads
/// all three and what stands on both sides of an operator decides what it means; nothing is read twice.
/// </summary>
internal sealed partial class TraceQLParser
{
    private static readonly string[][] Precedence =
    [
        ["&&", "||"],
        ["=", "!=", "<", "<=", ">", ">=", ">>", "<<", "~", "!>", "!<", "!~", "!>>", "!<<", "&>", "&<", "&~", "&>>", "&<<"],
        ["+", "-"],
        ["*", "/", "%"],
        ["^"],
    ];

    private readonly string _query;
    private readonly QueryLimits _limits;
    private readonly List<TraceQLToken> _tokens;

    // Nodes that were written in brackets: what an operator may take on its sides depends on it.
    private readonly HashSet<StageNode> _wrapped = new(ReferenceEqualityComparer.Instance);
    private int _at;
    private int _depth;

    private TraceQLParser(string query, QueryLimits limits)
    {
        _query = query;
        _limits = limits;
        _tokens = TraceQLLexer.Read(query);
    }

    private TraceQLToken Current => _tokens[_at];

    private TraceQLToken Next => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    /// <summary>Reads a whole query.</summary>
    /// <exception cref="QueryException">It is not TraceQL.</exception>
    public static TraceQuery Parse(string query, QueryLimits limits)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(query);
        if (size > limits.MaxQueryBytes)
        {
            throw new LimitExceededException(nameof(limits.MaxQueryBytes), limits.MaxQueryBytes, size, "query");
        }

        var parser = new TraceQLParser(query, limits);
        var body = parser.Pipeline();
        var hints = parser.Hints();
        if (parser.Current.Kind != TraceQLTokenKind.End)
        {
            throw parser.Unexpected();
        }

        if (KindOf(body) is not (StageKind.Spanset or StageKind.Metrics))
        {
            throw parser.Error(body.Position, "syntax error: the query is a number; it has to select spans or be compared with something");
        }

        return new TraceQuery(0, body, hints);
    }

    private StageNode Pipeline()
    {
        var start = Current.Position;
        Enter(start);
        var stages = new List<StageNode> { Expression(0) };
        CheckFirst(stages[0]);
        while (Take("|"))
        {
            var before = KindOf(stages[^1]);
            if (before == StageKind.Scalar)
            {
                throw Unexpected("an aggregate can only be the last stage");
            }

            var stage = Expression(0);
            CheckNext(before, stage);
            stages.Add(stage);
        }

        _depth--;
        return stages.Count == 1 ? stages[0] : new PipelineNode(start, stages);
    }

    private void CheckFirst(StageNode stage)
    {
        switch (stage)
        {
            case CoalesceNode:
                throw Error(stage.Position, "syntax error: a pipeline cannot start with coalesce()");
            case MetricsFunctionNode or MetricsRankNode or MetricsFilterNode { Inner: MetricsFunctionNode or MetricsRankNode }:
                throw Error(stage.Position, "syntax error: a metrics function needs a spanset before it");
        }
    }

    private void CheckNext(StageKind before, StageNode stage)
    {
        var isRank = stage is MetricsRankNode or MetricsFilterNode { Inner: MetricsRankNode };
        if (before == StageKind.Metrics)
        {
            if (!isRank)
            {
                throw Error(stage.Position, "syntax error: after a metrics function only topk, bottomk and comparisons can follow");
            }

            return;
        }

        if (isRank)
        {
            throw Error(stage.Position, "syntax error: topk and bottomk need a metrics function before them");
        }

        if (stage is MetricsOperationNode or PipelineNode or MetricsFilterNode { Inner: PipelineNode or MetricsOperationNode } or ConstantNode
            || (stage is ScalarOperationNode && !HasAggregate(stage)))
        {
            throw Error(stage.Position, "syntax error: not a stage of a pipeline");
        }
    }

    private StageNode Expression(int level)
    {
        if (level == Precedence.Length)
        {
            return Operand();
        }

        var left = Expression(level + 1);
        while (Current.Kind == TraceQLTokenKind.Symbol && Precedence[level].Contains(Current.Text))
        {
            var op = Current;
            Enter(op.Position);
            _at++;
            var right = op.Text == "^" ? Expression(level) : Expression(level + 1);
            left = Combine(op, left, right);
            _depth--;
        }

        return left;
    }

    private StageNode Combine(TraceQLToken op, StageNode left, StageNode right)
    {
        var (a, b) = (KindOf(left), KindOf(right));
        if (a == StageKind.Spanset && b == StageKind.Spanset)
        {
            var isSpansetOperator = op.Text is not ("=" or "!=" or "<=" or ">=" or "+" or "-" or "*" or "/" or "%" or "^");
            return isSpansetOperator && IsSpansetOperand(left) && IsSpansetOperand(right)
                ? new SpansetOperationNode(left.Position, op.Text, left, right)
                : throw Error(op.Position, $"syntax error: {op.Text} does not combine spansets");
        }

        if (op.Text is "=" or "!=" or "<" or "<=" or ">" or ">=")
        {
            return Comparison(op, left, right);
        }

        if (op.Text is "+" or "-" or "*" or "/" or "%" or "^")
        {
            return Arithmetic(op, left, right);
        }

        throw Error(op.Position, $"syntax error: unexpected {op.Describe()}");
    }

    private StageNode Comparison(TraceQLToken op, StageNode left, StageNode right)
    {
        var (a, b) = (KindOf(left), KindOf(right));
        if (a == StageKind.Metrics && right is ConstantNode { Value: var value })
        {
            return left is MetricsFilterNode && !_wrapped.Contains(left)
                ? throw Error(op.Position, "syntax error: unexpected second comparison")
                : new MetricsFilterNode(left.Position, op.Text, left, value);
        }

        // The constant stands at the right, so that an aggregate always begins the filter.
        var aggregates = a == StageKind.Scalar && b == StageKind.Scalar && HasAggregate(left);
        var pipelines = a == StageKind.ScalarPipeline && (b == StageKind.ScalarPipeline || (right is ConstantNode && !_wrapped.Contains(right) && !_folded.Contains(right)));
        return aggregates || pipelines
            ? new ScalarFilterNode(left.Position, op.Text, left, right)
            : throw Error(op.Position, $"syntax error: {op.Text} cannot compare these");
    }

    private StageNode Arithmetic(TraceQLToken op, StageNode left, StageNode right)
    {
        var (a, b) = (KindOf(left), KindOf(right));
        if (a == StageKind.Metrics || b == StageKind.Metrics)
        {
            var fits = op.Text is "+" or "-" or "*" or "/" && IsMetricsOperand(left) && IsMetricsOperand(right);
            return fits ? new MetricsOperationNode(left.Position, op.Text, left, right) : throw Error(op.Position, $"syntax error: {op.Text} cannot combine these; a metrics query has to stand in brackets");
        }

        if (left is ConstantNode x && right is ConstantNode y)
        {
            if (x.Value.Type == TraceValueType.Duration || y.Value.Type == TraceValueType.Duration)
            {
                throw Error(op.Position, "syntax error: no arithmetic with durations here");
            }

            var number = new ConstantNode(left.Position, TraceValue.Arithmetic(op.Text, TraceValue.Of(x.Value.Number), TraceValue.Of(y.Value.Number)));
            _folded.Add(number);
            return number;
        }

        return (a == StageKind.Scalar && b == StageKind.Scalar) || (a == StageKind.ScalarPipeline && b == StageKind.ScalarPipeline)
            ? new ScalarOperationNode(left.Position, op.Text, left, right)
            : throw Error(op.Position, $"syntax error: {op.Text} cannot combine these");
    }

    // Constants that are the result of arithmetic.
    private readonly HashSet<StageNode> _folded = new(ReferenceEqualityComparer.Instance);

    private bool IsSpansetOperand(StageNode node) => node is SpanFilterNode or SpansetOperationNode || _wrapped.Contains(node);

    private bool IsMetricsOperand(StageNode node) => node switch
    {
        ConstantNode constant => constant.Value.Type is TraceValueType.Int or TraceValueType.Float,
        MetricsOperationNode => true,
        _ => KindOf(node) == StageKind.Metrics && _wrapped.Contains(node),
    };

    private static bool HasAggregate(StageNode node) => node switch
    {
        AggregateNode => true,
        ScalarOperationNode operation => HasAggregate(operation.Left) || HasAggregate(operation.Right),
        _ => false,
    };

    private enum StageKind
    {
        Spanset,
        Scalar,
        ScalarPipeline,
        Metrics,
    }

    private static StageKind KindOf(StageNode node) => node switch
    {
        ConstantNode or AggregateNode => StageKind.Scalar,
        ScalarOperationNode operation => KindOf(operation.Left) == StageKind.ScalarPipeline ? StageKind.ScalarPipeline : StageKind.Scalar,
        MetricsFunctionNode or MetricsRankNode or MetricsFilterNode or MetricsOperationNode => StageKind.Metrics,
        PipelineNode pipeline => KindOf(pipeline.Stages[^1]) switch
        {
            StageKind.Scalar => StageKind.ScalarPipeline,
            var kind => kind,
        },
        _ => StageKind.Spanset,
    };

    private bool Take(string symbol)
    {
        if (!Current.Is(symbol))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw Unexpected($"expecting {symbol}");
        }
    }

    private void Enter(int position)
    {
        if (++_depth > _limits.MaxExpressionDepth)
        {
            throw Error(position, $"expression nests deeper than {_limits.MaxExpressionDepth}");
        }
    }

    private QueryException Unexpected(string? want = null) =>
        Error(Current.Position, $"syntax error: unexpected {Current.Describe()}{(want is null ? string.Empty : ", " + want)}");

    private QueryException Error(int position, string message) => SourcePosition.ParseError(_query, position, message);
}
