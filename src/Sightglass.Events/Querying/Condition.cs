using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>A predicate made ready to run on blocks. Belongs to one query and one thread.</summary>
internal abstract class Condition
{
    /// <summary>How dear it is to evaluate.</summary>
    public abstract int Cost { get; }

    /// <summary>The candidates for which it holds.</summary>
    public abstract RowBitmap Evaluate(RowBlock block, RowBitmap candidates);

    /// <summary>False when no row of the block can pass, by what is known without reading columns.</summary>
    public abstract bool MayMatch(PartBlock block);

    public static Condition Of(EventPredicate predicate) => predicate switch
    {
        AndPredicate and => new AndCondition([.. and.Terms.Select(Of).OrderBy(c => c.Cost)]),
        OrPredicate any when InSetTest.TryMake(any, out var column, out var set) => new LeafCondition(column, set),
        OrPredicate or => new OrCondition([.. or.Terms.Select(Of).OrderBy(c => c.Cost)]),
        NotPredicate not => new NotCondition(Of(not.Term)),
        ComparePredicate leaf => new LeafCondition(leaf.Column, ValueTest.Of(leaf)),
        ExistsPredicate leaf => new LeafCondition(leaf.Column, ValueTest.Of(leaf)),
        ContainsPredicate leaf => new LeafCondition(leaf.Column, ValueTest.Of(leaf)),
        MatchesPredicate leaf => new LeafCondition(leaf.Column, ValueTest.Of(leaf)),
        _ => throw new System.Diagnostics.UnreachableException($"BUG: predicate {predicate.GetType().Name} is not known"),
    };
}

/// <summary>All hold.</summary>
internal sealed class AndCondition(Condition[] terms) : Condition
{
    public override int Cost => terms.Sum(t => t.Cost);

    public override RowBitmap Evaluate(RowBlock block, RowBitmap candidates)
    {
        foreach (var term in terms)
        {
            if (candidates.IsEmpty)
            {
                break;
            }

            candidates = term.Evaluate(block, candidates);
        }

        return candidates;
    }

    public override bool MayMatch(PartBlock block)
    {
        foreach (var term in terms)
        {
            if (!term.MayMatch(block))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>At least one holds.</summary>
internal sealed class OrCondition(Condition[] terms) : Condition
{
    public override int Cost => terms.Sum(t => t.Cost);

    public override RowBitmap Evaluate(RowBlock block, RowBitmap candidates)
    {
        var result = new RowBitmap(candidates.Count);
        var left = candidates.Clone();
        foreach (var term in terms)
        {
            if (left.IsEmpty)
            {
                break;
            }

            var holds = term.Evaluate(block, left);
            result.Or(holds);
            left.AndNot(holds);
        }

        return result;
    }

    public override bool MayMatch(PartBlock block)
    {
        foreach (var term in terms)
        {
            if (term.MayMatch(block))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Does not hold.</summary>
internal sealed class NotCondition(Condition term) : Condition
{
    public override int Cost => term.Cost;

    public override RowBitmap Evaluate(RowBlock block, RowBitmap candidates)
    {
        var result = candidates.Clone();
        result.AndNot(term.Evaluate(block, candidates));
        return result;
    }

    // That the term may hold says nothing about rows for which it does not.
    public override bool MayMatch(PartBlock block) => true;
}

/// <summary>A test of one column.</summary>
internal sealed class LeafCondition(ColumnRef column, ValueTest test) : Condition
{
    private readonly Dictionary<EventStream, bool> _streams = [];
    private readonly Dictionary<EventPart, bool> _parts = [];
    private readonly ColumnKey _key = new(column.Scope == ColumnScope.Field, column.Name, 0);
    private readonly BlockSkip _skip = new(test);

    public override int Cost => column.Scope is ColumnScope.Resource or ColumnScope.Scope ? 0 : test.Cost;

    public override RowBitmap Evaluate(RowBlock block, RowBitmap candidates)
    {
        switch (column.Scope)
        {
            case ColumnScope.Resource:
                return ByStream(block, candidates);
            case ColumnScope.Scope:
                return ByScope(block, candidates);
            case ColumnScope.Field when column.Name is EventFields.ScopeName or EventFields.ScopeVersion:
                return ByScope(block, candidates);
            case ColumnScope.Any:
                var view = block.Column(_key);
                var result = ColumnScan.Run(view, missingIsZero: false, test, candidates);
                var rest = candidates;
                if (view is not null)
                {
                    rest = candidates.Clone();
                    rest.AndNot(view.Presence?.Rows ?? RowBitmap.All(block.Rows));
                }

                result.Or(ByStream(block, rest));
                return result;
            default:
                return ColumnScan.Run(block.Column(_key), _key.MissingIsZero && block.HasField(column.Name), test, candidates);
        }
    }

    public override bool MayMatch(PartBlock block) => column.Scope switch
    {
        ColumnScope.Resource => AnyStream(block),
        ColumnScope.Scope => AnyScope(block),
        ColumnScope.Field when column.Name is EventFields.ScopeName or EventFields.ScopeVersion => AnyScope(block),
        ColumnScope.Any => _skip.MayMatch(block, _key) || AnyStream(block),
        _ => _skip.MayMatch(block, _key),
    };

    private bool AnyStream(PartBlock block)
    {
        foreach (var run in block.Header.Runs)
        {
            if (Passes(block.Streams[run.Stream].Stream))
            {
                return true;
            }
        }

        return false;
    }

    private bool AnyScope(PartBlock block)
    {
        if (!_parts.TryGetValue(block.Part, out var any))
        {
            any = Array.Exists(block.Scopes, s => s is not null && ScopeValues.Of(s.Scope, column) is { } value && test.Test(value));
            _parts.Add(block.Part, any);
        }

        return any;
    }

    private bool Passes(EventStream stream)
    {
        if (!_streams.TryGetValue(stream, out var passes))
        {
            passes = FirstOf(stream.Attributes, column.Name) is { } value && test.Test(value);
            _streams.Add(stream, passes);
        }

        return passes;
    }

    private RowBitmap ByStream(RowBlock block, RowBitmap candidates)
    {
        var result = new RowBitmap(candidates.Count);
        if (block is PartBlock part)
        {
            var at = 0;
            foreach (var run in part.Header.Runs)
            {
                if (Passes(part.Streams[run.Stream].Stream))
                {
                    result.SetRange(at, run.Rows);
                }

                at += run.Rows;
            }

            result.And(candidates);
            return result;
        }

        var passes = Array.ConvertAll(block.Streams, s => Passes(s.Stream));
        if (Array.IndexOf(passes, true) < 0)
        {
            return result;
        }

        for (var row = candidates.Next(0); row >= 0; row = candidates.Next(row + 1))
        {
            if (passes[block.StreamIndex is { } index ? index[row] : 0])
            {
                result.Set(row);
            }
        }

        return result;
    }

    private RowBitmap ByScope(RowBlock block, RowBitmap candidates)
    {
        var passes = new bool[block.Scopes.Length];
        for (var i = 1; i < passes.Length; i++)
        {
            passes[i] = ScopeValues.Of(block.Scopes[i]!.Scope, column) is { } value && test.Test(value);
        }

        var result = new RowBitmap(candidates.Count);
        if (Array.IndexOf(passes, true) < 0 || block.ScopeIndex is not { } index)
        {
            return result;
        }

        for (var row = candidates.Next(0); row >= 0; row = candidates.Next(row + 1))
        {
            if (passes[index[row]])
            {
                result.Set(row);
            }
        }

        return result;
    }

    /// <summary>The first attribute of the key, or null.</summary>
    public static AttributeValue? FirstOf(IReadOnlyList<EventAttribute> attributes, string key)
    {
        for (var i = 0; i < attributes.Count; i++)
        {
            if (attributes[i].Key == key)
            {
                return attributes[i].Value;
            }
        }

        return null;
    }
}

/// <summary>Columns that come from the scope.</summary>
internal static class ScopeValues
{
    public static AttributeValue? Of(EventScope scope, ColumnRef column) => column switch
    {
        { Scope: ColumnScope.Scope } => LeafCondition.FirstOf(scope.Attributes, column.Name),
        { Name: EventFields.ScopeName } => TextOrNone(scope.Name),
        _ => TextOrNone(scope.Version),
    };

    private static AttributeValue? TextOrNone(string text) => text.Length == 0 ? null : AttributeValue.Of(text);
}
