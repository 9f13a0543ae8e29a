using Sightglass.Core.Model;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>How the sides of an operator are paired: <paramref name="Group"/> is left, right or nothing.</summary>
internal sealed record ModelMatching(bool On, IReadOnlyList<string> Names, string Group, IReadOnlyList<string> Include)
{
    public override string ToString() =>
        $"{(On ? "on" : "ignoring")} {ModelMetric.Names(Names)} {(Group.Length == 0 ? string.Empty : $"group_{Group} {ModelMetric.Names(Include)} ")}";

    public LabelSet Of(LabelSet labels) => ModelGrouping.Pick(labels, l => Names.Contains(l.Name) == On);
}

/// <summary>An operator between two metrics.</summary>
internal sealed record ModelBinary(string Symbol, bool Bool, ModelMatching? Matching, ModelMetric Left, ModelMetric Right) : ModelMetric
{
    public override string ToString() => $"({Left} {Symbol} {(Bool ? "bool " : string.Empty)}{Matching}{Right})";

    private bool Compares => Symbol is "==" or "!=" or "<" or "<=" or ">" or ">=";

    private ModelMatching Pairs => Matching ?? new ModelMatching(false, [], string.Empty, []);

    public override Dictionary<LabelSet, double> At(ModelMoment moment)
    {
        if (Left is ModelNumber || Right is ModelNumber)
        {
            var output = new Dictionary<LabelSet, double>();
            foreach (var (labels, value) in (Left is ModelNumber ? Right : Left).At(moment))
            {
                var (a, b) = ((Left as ModelNumber)?.Value ?? value, (Right as ModelNumber)?.Value ?? value);
                Add(output, labels, a, b, value);
            }

            return output;
        }

        var (left, right) = (Left.At(moment), Right.At(moment));
        return Symbol switch
        {
            "and" => new(left.Where(l => right.Keys.Any(r => Pairs.Of(r).Equals(Pairs.Of(l.Key))))),
            "unless" => new(left.Where(l => !right.Keys.Any(r => Pairs.Of(r).Equals(Pairs.Of(l.Key))))),
            "or" => Or(left, right),
            _ => Pair(left, right),
        };
    }

    private Dictionary<LabelSet, double> Or(Dictionary<LabelSet, double> left, Dictionary<LabelSet, double> right)
    {
        var output = new Dictionary<LabelSet, double>(left);
        foreach (var (labels, value) in right)
        {
            if (!left.Keys.Any(l => Pairs.Of(l).Equals(Pairs.Of(labels))))
            {
                output[labels] = output.ContainsKey(labels) ? throw new SkippedException() : value;
            }
        }

        return output;
    }

    private Dictionary<LabelSet, double> Pair(Dictionary<LabelSet, double> left, Dictionary<LabelSet, double> right)
    {
        var (many, one) = Pairs.Group == "right" ? (right, left) : (left, right);
        var partners = new Dictionary<LabelSet, KeyValuePair<LabelSet, double>>();
        foreach (var series in one)
        {
            // Whether or not anything is on the other side.
            if (!partners.TryAdd(Pairs.Of(series.Key), series))
            {
                throw new RefusedException("found duplicate series");
            }
        }

        var output = new Dictionary<LabelSet, double>();
        var taken = new HashSet<LabelSet>();
        foreach (var (labels, value) in many)
        {
            if (!partners.TryGetValue(Pairs.Of(labels), out var partner))
            {
                continue;
            }

            var result = Pairs.Group.Length == 0 ? Pairs.Of(labels) : Pairs.Include.Aggregate(labels, (l, name) => l.With(name, partner.Key[name]));

            // Also where a comparison leaves one of them out.
            if (!taken.Add(result))
            {
                throw new RefusedException("multiple matches");
            }

            var (a, b) = Pairs.Group == "right" ? (partner.Value, value) : (value, partner.Value);
            Add(output, result, a, b, a);
        }

        return output;
    }

    private void Add(Dictionary<LabelSet, double> output, LabelSet labels, double left, double right, double shown)
    {
        var value = ModelFunctions.Operate(Symbol, left, right);
        if (!Compares || Bool)
        {
            output[labels] = value;
        }
        else if (value == 1)
        {
            output[labels] = shown;
        }
    }
}
