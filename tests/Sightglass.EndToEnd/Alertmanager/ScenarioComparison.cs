using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>Says in what two runs of one scenario differ: what arrived, in which order, at what time, and what the API answered.</summary>
internal static class ScenarioComparison
{
    /// <summary>How far apart times of alerts may be that a server fills in itself.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(1);

    private static readonly string[] Times = ["startsAt", "endsAt", "updatedAt"];
    private static readonly string[] Own = ["externalURL"];

    public static List<string> Differences(ScenarioRun theirs, ScenarioRun ours, TimeSpan tolerance)
    {
        var differences = new List<string>();
        var (left, right) = (Streams(theirs), Streams(ours));
        foreach (var key in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
        {
            var (a, b) = (left.GetValueOrDefault(key, []), right.GetValueOrDefault(key, []));
            var count = Math.Max(a.Count, b.Count);
            for (var i = 0; i < count; i++)
            {
                var difference = i >= a.Count ? "theirs has no more"
                    : i >= b.Count ? "ours has no more"
                    : (a[i].At - b[i].At).Duration() > tolerance ? "at another time"
                    : Compare("", a[i].Body, b[i].Body);
                if (difference is not null)
                {
                    differences.Add($"{key} message {i}: {difference}\n  theirs:{Text(theirs, a)}\n  ours:{Text(ours, b)}");
                    break;
                }
            }
        }

        foreach (var (a, b) in theirs.Looks.Zip(ours.Looks))
        {
            foreach (var (name, x, y) in new[] { ("alerts", Sorted(a.Alerts), Sorted(b.Alerts)), ("groups", UnmutedGroups(a.Groups), UnmutedGroups(b.Groups)) })
            {
                if (Compare(name, x, y) is { } difference)
                {
                    differences.Add($"API at {a.At.TotalSeconds}: {difference}\n  theirs: {x.ToJsonString()}\n  ours:   {y.ToJsonString()}");
                }
            }
        }

        return differences;
    }

    /// <summary>Older ones answer in no order.</summary>
    private static JsonArray Sorted(JsonNode alerts) =>
        new([.. alerts.AsArray().OrderBy(static a => a!["fingerprint"]!.GetValue<string>(), StringComparer.Ordinal).Select(static a => Unmuted(a!.DeepClone()))]);

    private static JsonArray UnmutedGroups(JsonNode groups) => new([.. groups.AsArray().Select(static g =>
    {
        var group = g!.DeepClone();
        group["alerts"] = new JsonArray([.. group["alerts"]!.AsArray().Select(static a => Unmuted(a!.DeepClone()))]);
        return group;
    })]);

    /// <summary>Theirs knows of muted routes only in groups and after their first flush, ours always.</summary>
    private static JsonNode Unmuted(JsonNode alert)
    {
        var status = alert["status"]!.AsObject();
        status.Remove("mutedBy");
        status["state"] = status["silencedBy"]!.AsArray().Count + status["inhibitedBy"]!.AsArray().Count > 0 ? "suppressed" : "active";
        return alert;
    }

    private static Dictionary<string, List<Arrival>> Streams(ScenarioRun run) => run.Arrivals
        .GroupBy(static a => a.Path + " " + a.Body["groupKey"], StringComparer.Ordinal)
        .ToDictionary(static g => g.Key, static g => g.OrderBy(static a => a.At).ToList(), StringComparer.Ordinal);

    private static string Text(ScenarioRun run, List<Arrival> arrivals) => string.Concat(arrivals.Select(a =>
        $"\n    {(a.At - run.Beginning).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} {a.Body["status"]} +{a.Body["truncatedAlerts"]} " +
        string.Join(" ", a.Body["alerts"]!.AsArray().Select(static x => $"{x!["status"]}{x["labels"]!.ToJsonString()}"))));

    private static string? Compare(string where, JsonNode? a, JsonNode? b)
    {
        switch (a, b)
        {
            case (JsonObject left, JsonObject right):
                // A newer one may say more: what only one knows is not compared, but for empty texts that are left out.
                foreach (var (name, value) in left)
                {
                    if (Own.Contains(name) || !right.TryGetPropertyValue(name, out var other))
                    {
                        if (!Own.Contains(name) && value is not (null or JsonArray { Count: 0 }))
                        {
                            return $"{where}.{name} is missing";
                        }

                        continue;
                    }

                    if (name is "silencedBy" or "inhibitedBy" ? value!.AsArray().Count == other!.AsArray().Count : Times.Contains(name) && IsNear(value, other))
                    {
                        continue;
                    }

                    if (Compare($"{where}.{name}", value, other) is { } difference)
                    {
                        return difference;
                    }
                }

                return null;
            case (JsonArray left, JsonArray right):
                return left.Count != right.Count
                    ? $"{where} has {left.Count} in theirs and {right.Count} in ours"
                    : Enumerable.Range(0, left.Count).Select(i => Compare($"{where}[{i}]", left[i], right[i])).FirstOrDefault(static d => d is not null);
            default:
                return JsonNode.DeepEquals(a, b) ? null : $"{where} is {a?.ToJsonString()} in theirs and {b?.ToJsonString()} in ours";
        }
    }

    private static bool IsNear(JsonNode? a, JsonNode? b) =>
        a?.GetValueKind() == JsonValueKind.String && b?.GetValueKind() == JsonValueKind.String
        && (Time(a) - Time(b)).Duration() < Near;

    private static DateTimeOffset Time(JsonNode node) => DateTimeOffset.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture);
}
