using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Reads <c>variants(…) of (…)</c>.</summary>
internal sealed partial class LogQLParser
{
    // The lines are read once, but each variant runs its own stages over them: a query of many is nearly a query many times.
    private const int MaxVariants = 32;

    // Where the common part begins, for its stages to be read once more for every leaf: stages keep buffers.
    private int? _common;

    private VariantsNode Variants()
    {
        var start = Current.Position;
        _at++;
        var first = _at;
        var variants = VariantList(start);
        if (!TakeWord("of"))
        {
            throw Unexpected("expecting of");
        }

        Expect("(");
        var common = _at;
        var (log, unwrap, range, offset) = LogRange();
        if (unwrap is not null)
        {
            throw Error(log.Position, "unwrap belongs into the variants, not into their common part");
        }

        Expect(")");
        var end = _at;
        _at = first;
        _common = common;
        var joined = VariantList(start);
        _at = end;
        return new VariantsNode(start, variants, joined, log, range, offset);
    }

    private List<MetricNode> VariantList(int start)
    {
        var variants = new List<MetricNode>();
        Expect("(");
        do
        {
            variants.Add(Binary(0));
        }
        while (Take(","));
        Expect(")");
        return variants.Count <= MaxVariants ? variants : throw Error(start, $"more than {MaxVariants} variants");
    }

    // The lines of a leaf of a variant are those that the common part lets through.
    private LogNode Joined(LogNode own)
    {
        if (_common is not { } common)
        {
            return own;
        }

        var back = _at;
        _at = common;
        _common = null;
        var (log, _, _, _) = LogRange();
        _common = common;
        _at = back;
        IReadOnlyList<LabelMatcher> matchers = [.. log.Matchers, .. own.Matchers.Where(m => !log.Matchers.Any(c => c.Type == m.Type && c.Name == m.Name && c.Value == m.Value))];
        return new LogNode(own.Position, matchers, [.. log.Stages, .. own.Stages]);
    }
}
