using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Filters;

/// <summary>A condition on the labels of a line.</summary>
internal abstract class LabelCondition
{
    public const string Error = "LabelFilterErr";

    /// <summary>The condition as LogQL.</summary>
    public abstract override string ToString();

    /// <summary>Whether the line stays.</summary>
    public abstract bool Holds(LogEntry entry);

    /// <summary>Labels that it reads.</summary>
    public abstract void AddNeeds(LabelNeeds needs);
}

/// <summary>Both, or one of two conditions.</summary>
internal sealed class CombinedCondition : LabelCondition
{
    private bool _looksAtBoth;

    public CombinedCondition(bool isAnd, LabelCondition left, LabelCondition right)
    {
        (IsAnd, Left, Right) = (isAnd, left, right);
        if (!isAnd)
        {
            LookAtBoth(left);
            LookAtBoth(right);
        }
    }

    /// <summary>Both must hold.</summary>
    public bool IsAnd { get; }

    public LabelCondition Left { get; }

    public LabelCondition Right { get; }

    /// <inheritdoc/>
    public override string ToString() => $"( {Left} {(IsAnd ? "," : "or")} {Right} )";

    /// <inheritdoc/>
    public override bool Holds(LogEntry entry)
    {
        if (!IsAnd)
        {
            return Left.Holds(entry) || Right.Holds(entry);
        }

        var holds = Left.Holds(entry);
        return (holds || _looksAtBoth) && Right.Holds(entry) && holds;
    }

    // What does not read as a quantity marks the line, and an "or" around may keep that: there, both of an "and" are looked at.
    private static void LookAtBoth(LabelCondition condition)
    {
        if (condition is CombinedCondition { IsAnd: true } both)
        {
            both._looksAtBoth = true;
            LookAtBoth(both.Left);
            LookAtBoth(both.Right);
        }
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs)
    {
        Left.AddNeeds(needs);
        Right.AddNeeds(needs);
    }
}

/// <summary>Compares a label's text. A missing label is the empty text.</summary>
internal sealed class TextCondition(LabelMatcher matcher) : LabelCondition
{
    private readonly System.Text.RegularExpressions.Regex? _regex = matcher.Regex is { Literals: null } re ? re.Regex : null;

    public LabelMatcher Matcher => matcher;

    /// <inheritdoc/>
    public override string ToString() => $"{matcher.Name}{matcher.Type switch { MatchType.Equal => "=", MatchType.NotEqual => "!=", MatchType.Regex => "=~", _ => "!~" }}{QuotedText.Quote(matcher.Value)}";

    /// <inheritdoc/>
    public override bool Holds(LogEntry entry)
    {
        // What went wrong is compared by its kind alone: its details are no label.
        var value = matcher.Name == LogEntry.ErrorLabel ? entry.Error : entry.Get(matcher.Name);
        return matcher.Type switch
        {
            MatchType.Equal => value.SequenceEqual(matcher.Value),
            MatchType.NotEqual => !value.SequenceEqual(matcher.Value),
            MatchType.Regex => IsMatch(value),
            _ => !IsMatch(value),
        };
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => needs.Add(matcher.Name);

    private bool IsMatch(ReadOnlySpan<char> value)
    {
        if (_regex is not null)
        {
            return _regex.IsMatch(value);
        }

        foreach (var literal in matcher.Regex!.Literals!)
        {
            if (value.SequenceEqual(literal))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>How a label's text is read as a number.</summary>
internal enum QuantityKind
{
    Number,
    Duration,
    Bytes,
}

/// <summary>Compares a label as a number, duration or size. A line without the label goes; one whose label does not parse stays, marked as an error.</summary>
internal sealed class QuantityCondition(string name, CompareOp op, QuantityKind kind, double want, string text) : LabelCondition
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var symbol = op switch
        {
            CompareOp.Equal => "==",
            CompareOp.NotEqual => "!=",
            CompareOp.Less => "<",
            CompareOp.LessOrEqual => "<=",
            CompareOp.Greater => ">",
            _ => ">=",
        };

        // A size keeps its units: the nearest round one would be another number.
        return name + symbol + kind switch
        {
            QuantityKind.Bytes => text,
            QuantityKind.Duration => Quantities.FormatDuration(want),
            _ => GoFloat.Plain(want),
        };
    }

    /// <inheritdoc/>
    public override bool Holds(LogEntry entry)
    {
        if (kind != QuantityKind.Number || !entry.TryGetNumber(name, out var value))
        {
            if (!entry.TryGet(name, out var found))
            {
                return false;
            }

            if (!TryRead(found, kind, out value))
            {
                // What failed before says more.
                if (entry.Error is null)
                {
                    entry.SetError(Error, Describe(found, kind));
                }

                return true;
            }
        }

        return op switch
        {
            CompareOp.Equal => value == want,
            CompareOp.NotEqual => value != want,
            CompareOp.Less => value < want,
            CompareOp.LessOrEqual => value <= want,
            CompareOp.Greater => value > want,
            _ => value >= want,
        };
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => needs.Add(name);

    /// <summary>Reads a text as a quantity.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, QuantityKind kind, out double value) => kind switch
    {
        QuantityKind.Number => Quantities.TryParseNumber(text, out value),
        QuantityKind.Duration => Quantities.TryParseGoDuration(text, out value),
        _ => Quantities.TryParseBytes(text, out value),
    };

    /// <summary>Why it does not read.</summary>
    public static string Describe(ReadOnlySpan<char> text, QuantityKind kind) => kind switch
    {
        QuantityKind.Number => $"strconv.ParseFloat: parsing \"{text}\": invalid syntax",
        QuantityKind.Duration => Quantities.DescribeDuration(text),
        _ => Quantities.DescribeBytes(text),
    };
}

/// <summary>Compares a label with addresses.</summary>
internal sealed class IpCondition(string name, bool negated, IpMatcher matcher, string text) : LabelCondition
{
    /// <inheritdoc/>
    public override string ToString() => $"{name}{(negated ? "!=" : "=")}ip({QuotedText.Quote(text)})";

    /// <inheritdoc/>
    public override bool Holds(LogEntry entry)
    {
        // Other than conditions on quantities, those on addresses leave alone what failed before.
        return entry.Error is not null || (entry.TryGet(name, out var value) && matcher.MatchesAnywhere(value) != negated);
    }

    /// <inheritdoc/>
    public override void AddNeeds(LabelNeeds needs) => needs.Add(name);
}
