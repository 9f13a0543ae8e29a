using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;

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
    private readonly Regex _regex;

    /// <summary>Makes a rule.</summary>
    /// <exception cref="Core.Errors.QueryException">The expression is not valid.</exception>
    public RelabelRule(RelabelAction action, IReadOnlyList<string> sourceLabels, string separator = ";", string regex = "(.*)", string targetLabel = "", string replacement = "$1", ulong modulus = 0)
    {
        Action = action;
        SourceLabels = sourceLabels;
        Separator = separator;
        TargetLabel = targetLabel;
        Replacement = replacement;
        Modulus = modulus;
        _expression = Re2.Anchored(regex);
        _regex = _expression.Regex;
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

    /// <summary>Whether <paramref name="name"/> can be a label's name: any text that is not empty, as Prometheus 3 has it.</summary>
    internal static bool IsLabelName(string name) => name.Length > 0;

    private bool Apply(LabelSetBuilder labels)
    {
        var joined = string.Join(Separator, SourceLabels.Select(labels.Get));
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
                if (_regex.Match(joined) is { Success: true } match)
                {
                    var target = Expand(TargetLabel, match);
                    if (IsLabelName(target))
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
                foreach (var name in labels.Names.ToArray())
                {
                    if (_regex.Match(name) is { Success: true } found)
                    {
                        labels.Set(Expand(Replacement, found), labels.Get(name));
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

    // Go's expansion: the longest name after a dollar, an unknown group is empty, $$ is a dollar.
    private static string Expand(string template, Match match) => template.Contains('$', StringComparison.Ordinal)
        ? Reference().Replace(template, m => m.Value == "$$" ? "$" : match.Groups[m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Value].Value)
        : template;

    [GeneratedRegex(@"\$\$|\$\{(\w+)\}|\$(\w+)")]
    private static partial Regex Reference();
}
