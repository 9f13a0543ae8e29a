using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>An alert as the dispatcher knows it. Immutable.</summary>
public sealed record Alert
{
    /// <summary>What identifies it.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Text for people.</summary>
    public required LabelSet Annotations { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it ended or will count as ended.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>When it was last handed in.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The end is only the <c>resolve_timeout</c>, nobody said it.</summary>
    public bool Timeout { get; init; }

    /// <summary>Link to what made it.</summary>
    public required string GeneratorUrl { get; init; }

    /// <summary>Name of the group of the rule that makes it; empty for an alert from outside.</summary>
    public string RuleGroup { get; init; } = string.Empty;

    /// <summary>The last value of the rule's expression, or null when it is not known.</summary>
    public double? Value { get; init; }

    /// <summary>What the value is compared with, as the rule writes it, or null when it is not known.</summary>
    public string? Threshold { get; init; }

    /// <summary>Alertmanager's fingerprint of the labels, 16 hexadecimal digits.</summary>
    public string Fingerprint => field ??= Hash(Labels).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether it is over at a moment.</summary>
    public bool IsResolvedAt(DateTimeOffset at) => EndsAt <= at;

    /// <summary>FNV-1a over names and values in order, as Alertmanager computes it.</summary>
    internal static ulong Hash(LabelSet labels)
    {
        var hash = 14695981039346656037UL;
        foreach (var label in labels.Span)
        {
            Add(ref hash, label.Name);
            Add(ref hash, label.Value);
        }

        return hash;
    }

    /// <summary>Joins two reports of one alert that overlap in time.</summary>
    internal static Alert Merge(Alert a, Alert b, DateTimeOffset now)
    {
        var (older, newer) = b.UpdatedAt < a.UpdatedAt ? (b, a) : (a, b);
        var merged = older.StartsAt < newer.StartsAt ? newer with { StartsAt = older.StartsAt } : newer;
        if (newer.IsResolvedAt(now))
        {
            return older.IsResolvedAt(now) && older.EndsAt > newer.EndsAt ? merged with { EndsAt = older.EndsAt } : merged;
        }

        return older.EndsAt > newer.EndsAt && !older.Timeout ? merged with { EndsAt = older.EndsAt } : merged;
    }

    /// <summary>The order of alerts in a message: job, instance, then all labels.</summary>
    internal static int Compare(Alert a, Alert b)
    {
        foreach (var key in (ReadOnlySpan<string>)["job", "instance"])
        {
            var (left, right) = (a.Labels[key], b.Labels[key]);
            if (left != right)
            {
                return left.Length == 0 ? 1 : right.Length == 0 ? -1 : string.CompareOrdinal(left, right);
            }
        }

        return CompareLabels(a.Labels, b.Labels);
    }

    /// <summary>Alertmanager's order of label sets: fewer labels first; then by the first name, of both, that one has not or has another value of; who has it not is first.</summary>
    internal static int CompareLabels(LabelSet a, LabelSet b)
    {
        if (a.Count != b.Count)
        {
            return a.Count.CompareTo(b.Count);
        }

        var left = a.Span;
        var right = b.Span;
        for (var i = 0; i < left.Length; i++)
        {
            var names = string.CompareOrdinal(left[i].Name, right[i].Name);
            if (names != 0)
            {
                return -names;
            }

            var values = string.CompareOrdinal(left[i].Value, right[i].Value);
            if (values != 0)
            {
                return values;
            }
        }

        return 0;
    }

    private static void Add(ref ulong hash, string text)
    {
        const ulong Prime = 1099511628211UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * Prime;
        }

        hash = (hash ^ 255) * Prime;
    }
}
