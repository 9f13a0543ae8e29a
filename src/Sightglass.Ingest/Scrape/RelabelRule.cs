using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>What a relabelling rule does, by Prometheus' names.</summary>
public enum RelabelAction
{
    /// <summary>Sets the target label to the replacement when the expression matches.</summary>
    Replace,

    /// <summary>Drops what does not match.</summary>
    Keep,

    /// <summary>Drops what matches.</summary>
    Drop,

    /// <summary>Drops what has another value in the target label than the joined sources.</summary>
    KeepEqual,

    /// <summary>Drops what has the same value in the target label as the joined sources.</summary>
    DropEqual,

    /// <summary>Sets the target label to a hash modulo of the joined sources.</summary>
    HashMod,

    /// <summary>Copies labels whose names match to the name that the replacement gives.</summary>
    LabelMap,

    /// <summary>Removes labels whose names match.</summary>
    LabelDrop,

    /// <summary>Removes labels whose names do not match.</summary>
    LabelKeep,

    /// <summary>Sets the target label to the joined sources in lower case.</summary>
    Lowercase,

    /// <summary>Sets the target label to the joined sources in upper case.</summary>
    Uppercase,
}

/// <summary>One rule of Prometheus' relabelling language. Immutable and thread-safe.</summary>
public sealed partial class RelabelRule
{
    private readonly Re2 _expression;
    private readonly bool _legacyNames;

    // By number in the order of their opening brackets, as RE2 counts; the framework counts named groups behind the others.
    private readonly string[] _groups;

    /// <summary>Makes a rule.</summary>
    /// <exception cref="Core.Errors.QueryException">The expression is not valid.</exception>
    public RelabelRule(RelabelAction action, IReadOnlyList<string> sourceLabels, string separator = ";", string regex = "(.*)", string targetLabel = "", string replacement = "$1", ulong modulus = 0, bool legacyNames = false)
    {
        Action = action;
        SourceLabels = sourceLabels;
        Separator = separator;
        TargetLabel = targetLabel;
        Replacement = replacement;
        Modulus = modulus;
        _legacyNames = legacyNames;
        _expression = Re2.Anchored(regex);
        _groups = GroupNames(regex);
    }

    /// <summary>What it does.</summary>
    public RelabelAction Action { get; }

    /// <summary>Labels whose values are joined.</summary>
    public IReadOnlyList<string> SourceLabels { get; }

    /// <summary>Put between the joined values.</summary>
    public string Separator { get; }

    /// <summary>The label that is set; may refer to groups of the expression for <see cref="RelabelAction.Replace"/>.</summary>
    public string TargetLabel { get; }

    /// <summary>The new value, with <c>$1</c> and <c>${name}</c> for groups.</summary>
    public string Replacement { get; }

    /// <summary>Modulus of <see cref="RelabelAction.HashMod"/>.</summary>
    public ulong Modulus { get; }

    /// <summary>Applies rules in order; false when one of them drops the labels.</summary>
    public static bool Apply(IReadOnlyList<RelabelRule> rules, LabelSetBuilder labels)
    {
        foreach (var rule in rules)
        {
            if (!rule.Apply(labels))
            {
                return false;
            }
        }

        return true;
    }

    private bool Apply(LabelSetBuilder labels)
    {
        var joined = SourceLabels.Count switch
        {
            0 => string.Empty,
            1 => labels.Get(SourceLabels[0]),
            _ => string.Join(Separator, SourceLabels.Select(labels.Get)),
        };
        switch (Action)
        {
            case RelabelAction.Drop:
                return !_expression.IsMatch(joined);
            case RelabelAction.Keep:
                return _expression.IsMatch(joined);
            case RelabelAction.DropEqual:
                return labels.Get(TargetLabel) != joined;
            case RelabelAction.KeepEqual:
                return labels.Get(TargetLabel) == joined;
            case RelabelAction.Replace:
                if (_expression.Regex.Match(joined) is { Success: true } match)
                {
                    var target = Expand(TargetLabel, match);
                    if (target.Length > 0 && (!_legacyNames || LegacyName.IsLabel(target)))
                    {
                        labels.Set(target, Expand(Replacement, match));
                    }
                }

                return true;
            case RelabelAction.Lowercase:
                labels.Set(TargetLabel, joined.ToLowerInvariant());
                return true;
            case RelabelAction.Uppercase:
                labels.Set(TargetLabel, joined.ToUpperInvariant());
                return true;
            case RelabelAction.HashMod:
                labels.Set(TargetLabel, (Md5Tail(joined) % Modulus).ToString(System.Globalization.CultureInfo.InvariantCulture));
                return true;
            case RelabelAction.LabelMap:
                // Of the labels as they were before the rule: what it sets is not mapped again.
                foreach (var (name, value) in labels.Build().Span)
                {
                    if (_expression.Regex.Match(name) is { Success: true } found && Expand(Replacement, found) is { Length: > 0 } mapped)
                    {
                        labels.Set(mapped, value);
                    }
                }

                return true;
            default:
                foreach (var name in labels.Names.ToArray())
                {
                    if (_expression.IsMatch(name) == (Action == RelabelAction.LabelDrop))
                    {
                        labels.Remove(name);
                    }
                }

                return true;
        }
    }

    // Prometheus takes the last eight bytes of the MD5 sum, big-endian, so that shards agree with its own.
    private static ulong Md5Tail(string text)
    {
#pragma warning disable CA5351 // Not for security: the value decides a shard, and has to be the one that Prometheus computes.
        var sum = MD5.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5351
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(sum.AsSpan(8));
    }

    // Go's expansion: the longest name after a dollar, an unknown group is empty, $$ is a dollar, and a dollar that begins nothing stands for itself.
    private string Expand(string template, Match match) => template.Contains('$', StringComparison.Ordinal)
        ? Reference().Replace(template, m => m.Value == "$$" ? "$" : Group(match, m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Value))
        : template;

    private string Group(Match match, string name) =>
        !name.All(char.IsAsciiDigit) ? match.Groups[name].Value
        : int.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out var number) && number < _groups.Length ? match.Groups[_groups[number]].Value
        : string.Empty;

    private static string[] GroupNames(string regex)
    {
        var names = new List<string> { "0" };
        var unnamed = 0;
        for (var i = 0; i < regex.Length; i++)
        {
            switch (regex[i])
            {
                case '\\' when i + 1 < regex.Length && regex[i + 1] == 'Q':
                    var end = regex.IndexOf(@"\E", i, StringComparison.Ordinal);
                    i = end < 0 ? regex.Length : end + 1;
                    break;
                case '\\':
                    i++;
                    break;
                case '[':
                    i = ClassEnd(regex, i);
                    break;
                case '(' when i + 1 < regex.Length && regex[i + 1] == '?':
                    var named = NamedGroup().Match(regex, i);
                    if (named.Success)
                    {
                        names.Add(named.Groups[1].Value);
                    }

                    break;
                case '(':
                    names.Add((++unnamed).ToString(System.Globalization.CultureInfo.InvariantCulture));
                    break;
            }
        }

        return [.. names];
    }

    private static int ClassEnd(string regex, int at)
    {
        // A closing bracket that comes first is a character like any other.
        at += at + 1 < regex.Length && regex[at + 1] == '^' ? 2 : 1;
        for (var first = true; at < regex.Length && (first || regex[at] != ']'); at++, first = false)
        {
            if (regex[at] == '\\')
            {
                at++;
            }
            else if (regex.AsSpan(at).StartsWith("[:") && regex.IndexOf(":]", at, StringComparison.Ordinal) is > 0 and var end)
            {
                at = end + 1;
            }
        }

        return at;
    }

    [GeneratedRegex(@"\$\$|\$\{(\w+)\}|\$(\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"\G\(\?P?<(\w+)>")]
    private static partial Regex NamedGroup();
}
