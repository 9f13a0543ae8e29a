using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>The lines and the one moment that a metric is asked for.</summary>
internal sealed record ModelMoment(IReadOnlyList<ModelLine> Lines, long At);

/// <summary>The query fails.</summary>
internal sealed class RefusedException(string message) : Exception(message);

/// <summary>A metric: it writes itself, and says what it is at one moment.</summary>
internal abstract record ModelMetric
{
    public abstract override string ToString();

    public abstract Dictionary<LabelSet, double> At(ModelMoment moment);

    public static string Names(IEnumerable<string> names) => $"({string.Join(", ", names)})";
}

/// <summary>Labels of groups: <c>by (a)</c> or <c>without (a)</c>.</summary>
internal sealed record ModelGrouping(bool Without, IReadOnlyList<string> Names)
{
    public override string ToString() => $"{(Without ? "without" : "by")} {ModelMetric.Names(Names)}";

    public LabelSet Of(LabelSet labels) => Pick(labels, l => Names.Contains(l.Name) != Without && l.Value.Length > 0);

    public static LabelSet Pick(LabelSet labels, Func<Label, bool> which) => LabelSet.FromSorted([.. labels.Where(which)]);
}

/// <summary>What <c>unwrap</c> makes a sample of.</summary>
internal sealed record ModelUnwrap(string Label, string Conversion, IReadOnlyList<ModelCondition> Conditions)
{
    public override string ToString() =>
        $"| unwrap {(Conversion.Length == 0 ? Label : $"{Conversion}({Label})")}" + string.Concat(Conditions.Select(static c => $" | {c}"));

    public IEnumerable<string> Labels => Conditions.SelectMany(static c => c.Labels).Prepend(Label);

    /// <summary>The sample; null for a line that is none.</summary>
    public double? Of(ModelEntry entry)
    {
        if (entry.Get(Label) is not { Length: > 0 } text)
        {
            return null;
        }

        var unit = Conversion switch { "" => ModelUnit.Number, "bytes" => ModelUnit.Bytes, _ => ModelUnit.Duration };
        var value = ModelUnits.Read(text, unit);
        if (value is null)
        {
            entry.Fail("SampleExtractionErr", ModelUnits.Describe(text, unit));
        }

        return Conditions.All(c => c.Holds(entry)) ? (value ?? 0) / (unit == ModelUnit.Duration ? 1e9 : 1) : null;
    }
}

/// <summary>An aggregation over time.</summary>
internal sealed record ModelRange(string Function, double Parameter, ModelLog Log, ModelUnwrap? Unwrap, long Range, long Offset, ModelGrouping? Grouping) : ModelMetric
{
    private Dictionary<ModelLine, (LabelSet Labels, double Value, string? Error)?>? _samples;

    /// <summary>The groups of a sum around it, which are what its parsers look for; set once.</summary>
    public ModelGrouping? Outer { get; init; }

    public override string ToString() =>
        $"{Function}({(Function == "quantile_over_time" ? ModelLog.Number(Parameter) + ", " : string.Empty)}{Log}{(Unwrap is null ? string.Empty : $" {Unwrap}")} [{Range / 1_000_000}ms]{(Offset == 0 ? string.Empty : $" offset {(Offset < 0 ? "-" : string.Empty)}{Math.Abs(Offset) / 1_000_000}ms")})"
        + (Grouping is null ? string.Empty : $" {Grouping}");

    public override Dictionary<LabelSet, double> At(ModelMoment moment)
    {
        _samples ??= moment.Lines.ToDictionary(static l => l, Sample, ReferenceEqualityComparer.Instance as IEqualityComparer<ModelLine>);
        var series = new Dictionary<LabelSet, List<(long Time, double Value)>>();
        foreach (var line in moment.Lines)
        {
            var time = line.Time + Offset;
            if (time <= moment.At - Range || time > moment.At || _samples[line] is not { } sample)
            {
                continue;
            }

            if (sample.Error is not null)
            {
                throw new RefusedException("pipeline error: " + sample.Error);
            }

            (series.TryGetValue(sample.Labels, out var samples) ? samples : series[sample.Labels] = []).Add((time, sample.Value));
        }

        if (Function != "absent_over_time")
        {
            return series.ToDictionary(static s => s.Key, s => ModelFunctions.OverTime(Function, Parameter, s.Value, moment.At, Range));
        }

        var labels = Log.Matchers.Where(m => m.Operator == "=" && Log.Matchers.Count(o => o.Name == m.Name) == 1).Select(static m => new Label(m.Name, m.Value));
        return series.Count > 0 ? [] : new() { [LabelSet.FromSorted([.. labels.OrderBy(static l => l.Name, StringComparer.Ordinal)])] = 1 };
    }

    private (LabelSet Labels, double Value, string? Error)? Sample(ModelLine line)
    {
        var groups = Grouping ?? Outer ?? (Function == "absent_over_time" ? new ModelGrouping(false, []) : null);
        HashSet<string> required = [.. Log.Stages.SelectMany(static s => s.Required), .. Unwrap?.Labels ?? [], .. groups is { Without: false } ? groups.Names : []];
        var asks = required.Contains(ModelEntry.ErrorLabel);
        required.UnionWith([.. required.Where(static r => r.EndsWith("_extracted", StringComparison.Ordinal)).Select(static r => r[..^"_extracted".Length])]);
        var entry = Log.Run(line, groups is { Without: false } ? required : null, asks);
        if (entry is null || (Unwrap is null ? Value(entry) : Unwrap.Of(entry)) is not { } value)
        {
            return null;
        }

        if (!string.IsNullOrEmpty(entry.Error) && !(asks && entry.Preserved))
        {
            return (LabelSet.Empty, 0, entry.Error);
        }

        var all = entry.All();
        var labels = all.Select(static l => new Label(l.Key, l.Value));
        var kept = Grouping is { Without: false } ? labels.Where(l => Grouping.Names.Contains(l.Name) || (entry.Error is not null && l.Name is ModelEntry.ErrorLabel or ModelEntry.DetailsLabel or ModelEntry.MarkLabel))
            : labels.Where(l => Grouping?.Names.Contains(l.Name) != true && (l.Name != Unwrap?.Label || Outer is { Without: false }));
        return (LabelSet.FromSorted([.. kept]), value, null);
    }

    private double? Value(ModelEntry entry) => Function.StartsWith("bytes", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetByteCount(entry.Line) : 1;
}

/// <summary>An aggregation over series.</summary>
internal sealed record ModelVector(string Function, int Parameter, ModelMetric Inner, ModelGrouping? Grouping) : ModelMetric
{
    public override string ToString() =>
        $"{Function}{(Grouping is null ? string.Empty : $" {Grouping} ")}({(Function is "topk" or "bottomk" ? $"{Parameter}, " : string.Empty)}{Inner})";

    public override Dictionary<LabelSet, double> At(ModelMoment moment)
    {
        var inner = Inner.At(moment);
        if (Function is "sort" or "sort_desc")
        {
            return inner;
        }

        var groups = inner.GroupBy(s => (Grouping ?? new ModelGrouping(false, [])).Of(s.Key));
        return Function is "topk" or "bottomk"
            ? new(groups.SelectMany(g => ModelFunctions.Best([.. g], Parameter, Function == "topk")))
            : groups.ToDictionary(static g => g.Key, g => ModelFunctions.OverSeries(Function, [.. g.Select(static s => s.Value)]));
    }
}

/// <summary>A number between or beside series.</summary>
internal sealed record ModelNumber(double Value) : ModelMetric
{
    public override string ToString() => ModelLog.Number(Value);

    public override Dictionary<LabelSet, double> At(ModelMoment moment) => throw new SkippedException();
}

/// <summary><c>vector(2)</c>.</summary>
internal sealed record ModelVectorLiteral(double Value) : ModelMetric
{
    public override string ToString() => $"vector({ModelLog.Number(Value)})";

    public override Dictionary<LabelSet, double> At(ModelMoment moment) => new() { [LabelSet.Empty] = Value };
}

/// <summary><c>label_replace(…)</c>.</summary>
internal sealed record ModelLabelReplace(ModelMetric Inner, string Target, string Replacement, string Source, string Expression) : ModelMetric
{
    public override string ToString() => $"label_replace({Inner}, {ModelStage.Quote(Target)}, {ModelStage.Quote(Replacement)}, {ModelStage.Quote(Source)}, {ModelStage.Quote(Expression)})";

    public override Dictionary<LabelSet, double> At(ModelMoment moment)
    {
        var output = new Dictionary<LabelSet, double>();
        foreach (var (labels, value) in Inner.At(moment))
        {
            var match = Regex.Match(labels[Source], $"^(?:{Expression})$", RegexOptions.CultureInvariant);
            if (!output.TryAdd(match.Success ? labels.With(Target, match.Result(Replacement)) : labels, value))
            {
                throw new RefusedException("the same labels twice");
            }
        }

        return output;
    }
}

/// <summary><c>variants(…) of (…)</c>: <paramref name="Shown"/> as they are written, <paramref name="Joined"/> with the common part before their own.</summary>
internal sealed record ModelVariants(ModelLog Common, long Range, IReadOnlyList<ModelMetric> Shown, IReadOnlyList<ModelMetric> Joined) : ModelMetric
{
    public override string ToString() => $"variants({string.Join(", ", Shown)}) of ({Common} [{Range / 1_000_000}ms])";

    public override Dictionary<LabelSet, double> At(ModelMoment moment) => new(Joined.SelectMany((metric, i) => metric.At(moment)
        .Select(s => KeyValuePair.Create(s.Key.With("__variant__", i.ToString(System.Globalization.CultureInfo.InvariantCulture)), s.Value))));
}
