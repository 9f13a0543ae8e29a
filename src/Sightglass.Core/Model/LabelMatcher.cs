namespace Sightglass.Core.Model;

/// <summary>How a matcher compares.</summary>
public enum MatchType
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>=~</c>, anchored at both ends</summary>
    Regex,

    /// <summary><c>!~</c>, anchored at both ends</summary>
    NotRegex,
}

/// <summary>A condition on one label. A missing label has the empty string as its value. Immutable and thread-safe.</summary>
public sealed class LabelMatcher
{
    /// <summary>Makes a matcher.</summary>
    /// <exception cref="Errors.QueryException">The value is not a valid RE2 regular expression.</exception>
    public LabelMatcher(MatchType type, string name, string value)
    {
        Type = type;
        Name = name;
        Value = value;
        if (type is MatchType.Regex or MatchType.NotRegex)
        {
            Regex = Re2.Anchored(value);
        }
    }

    /// <summary>How it compares.</summary>
    public MatchType Type { get; }

    /// <summary>Name of the label.</summary>
    public string Name { get; }

    /// <summary>The value or the regular expression as written.</summary>
    public string Value { get; }

    /// <summary>The compiled expression of a regex matcher, else null.</summary>
    public Re2? Regex { get; }

    /// <summary>True when a series without the label would match.</summary>
    public bool MatchesEmpty => Matches(string.Empty);

    /// <summary>Whether <paramref name="value"/> satisfies the matcher.</summary>
    public bool Matches(string value) => Type switch
    {
        MatchType.Equal => value == Value,
        MatchType.NotEqual => value != Value,
        MatchType.Regex => Regex!.IsMatch(value),
        _ => !Regex!.IsMatch(value),
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var op = Type switch { MatchType.Equal => "=", MatchType.NotEqual => "!=", MatchType.Regex => "=~", _ => "!~" };
        return $"{Name}{op}\"{Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }
}
