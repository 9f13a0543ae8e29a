using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>A condition on labels.</summary>
internal abstract record ModelCondition
{
    public abstract override string ToString();

    public abstract bool Holds(ModelEntry entry);

    public abstract IEnumerable<string> Labels { get; }
}

/// <summary><c>| condition</c>.</summary>
internal sealed record ModelFilter(ModelCondition Condition) : ModelStage
{
    public override string ToString() => $"| {Condition}";

    public override IEnumerable<string> Required => Condition.Labels;

    public override bool Run(ModelEntry entry) => Condition.Holds(entry);
}

internal sealed record ModelBoth(string Joint, ModelCondition Left, ModelCondition Right) : ModelCondition
{
    public override string ToString() => $"({Left} {Joint} {Right})";

    public override IEnumerable<string> Labels => Left.Labels.Concat(Right.Labels);

    public override bool Holds(ModelEntry entry) => Joint == "or" ? Left.Holds(entry) || Right.Holds(entry) : Left.Holds(entry) & Right.Holds(entry);
}

internal sealed record ModelTextCondition(string Name, string Operator, string Value) : ModelCondition
{
    public override string ToString() => Name + Operator + ModelStage.Quote(Value);

    public override IEnumerable<string> Labels => [Name];

    public override bool Holds(ModelEntry entry)
    {
        var value = (Name == ModelEntry.ErrorLabel ? entry.Error : entry.Get(Name)) ?? string.Empty;
        return Operator switch
        {
            "=" => value == Value,
            "!=" => value != Value,
            "=~" => Regex.IsMatch(value, $"^(?:{Value})\\z", RegexOptions.CultureInvariant),
            _ => !Regex.IsMatch(value, $"^(?:{Value})\\z", RegexOptions.CultureInvariant),
        };
    }
}

internal sealed record ModelIpCondition(string Name, bool Negated, string Address) : ModelCondition
{
    public override string ToString() => $"{Name}{(Negated ? "!=" : "=")}ip({ModelStage.Quote(Address)})";

    public override IEnumerable<string> Labels => [Name];

    public override bool Holds(ModelEntry entry) =>
        entry.Error is not null || (entry.Get(Name) is { } value && IpMatcher.TryParse(Address, out var matcher) && matcher.MatchesAnywhere(value) != Negated);
}

/// <summary>A comparison with a number, a duration or a size, as written.</summary>
internal sealed record ModelQuantity(string Name, string Operator, ModelUnit Unit, string Want) : ModelCondition
{
    public override string ToString() => $"{Name} {Operator} {Want}";

    public override IEnumerable<string> Labels => [Name];

    public override bool Holds(ModelEntry entry)
    {
        if (entry.Get(Name) is not { } text)
        {
            return false;
        }

        if (ModelUnits.Read(text, Unit) is not { } value)
        {
            if (entry.Error is null)
            {
                entry.Fail("LabelFilterErr", ModelUnits.Describe(text, Unit));
            }

            return true;
        }

        var want = ModelUnits.Read(Want, Unit)!.Value;
        return Operator switch
        {
            "==" or "=" => value == want,
            "!=" => value != want,
            "<" => value < want,
            "<=" => value <= want,
            ">" => value > want,
            _ => value >= want,
        };
    }
}

internal enum ModelUnit
{
    Number,
    Duration,
    Bytes,
}

/// <summary>Quantities in texts.</summary>
internal static partial class ModelUnits
{
    private static readonly Dictionary<string, double> Durations = new() { ["ns"] = 1, ["us"] = 1e3, ["µs"] = 1e3, ["ms"] = 1e6, ["s"] = 1e9, ["m"] = 60e9, ["h"] = 3600e9 };
    private static readonly Dictionary<string, double> Sizes = new() { [""] = 1, ["b"] = 1, ["kb"] = 1e3, ["kib"] = 1024, ["mb"] = 1e6, ["mib"] = 1 << 20, ["gb"] = 1e9 };

    /// <summary>The number, the nanoseconds or the bytes; null when it is none.</summary>
    public static double? Read(string text, ModelUnit unit)
    {
        switch (unit)
        {
            case ModelUnit.Number:
                return ModelEntry.TryNumber(text, out var number) ? number : null;
            case ModelUnit.Duration when text == "0":
                return 0;
            case ModelUnit.Duration:
                var match = Duration().Match(text);
                return match.Success ? (text[0] == '-' ? -1 : 1) * match.Groups["n"].Captures.Zip(match.Groups["u"].Captures).Sum(static p => double.Parse(p.First.ValueSpan, CultureInfo.InvariantCulture) * Durations[p.Second.Value]) : null;
            default:
                var size = Size().Match(text);
                return size.Success && Sizes.TryGetValue(size.Groups["u"].Value.ToLowerInvariant(), out var bytes) ? Whole(double.Parse(size.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) * bytes) : null;
        }
    }

    private static double? Whole(double bytes) => bytes < ulong.MaxValue ? Math.Floor(bytes) : null;

    /// <summary>Why it is none; the words have tables of their own.</summary>
    public static string Describe(string text, ModelUnit unit) => unit switch
    {
        ModelUnit.Number => $"strconv.ParseFloat: parsing \"{text}\": invalid syntax",
        ModelUnit.Duration => Quantities.DescribeDuration(text),
        _ => Quantities.DescribeBytes(text),
    };

    [GeneratedRegex(@"^[-+]?((?<n>\d+(\.\d+)?)(?<u>ns|us|µs|ms|s|m|h))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();

    [GeneratedRegex(@"^(?<n>\d+(\.\d*)?) *(?<u>[a-zA-Z]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Size();
}
