using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// Learns from expressions which metrics they ask for and with which labels, and makes series that such expressions find: some that their matchers take
/// and some that they leave, on two instances, counters where they ask for rates, buckets where they ask for quantiles.
/// </summary>
internal sealed class PlausibleSeries
{
    private const long StepMs = 30_000;
    private const int Shapes = 3;
    private static readonly string[] Guesses = ["a", "b1", "eth0", "sda", "/", "/var", "ext4", "tmpfs", "200", "404", "503", "5xx", "GET", "up", "idle", "kafka", "10.0.0.1:80", "node-1", "_total"];
    private static readonly string[] Bounds = ["0.1", "0.5", "1", "5", "+Inf"];
    private static readonly string[] Counting = ["rate", "increase", "irate", "resets"];
    private readonly SortedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    /// <summary>How many metrics have been learned of.</summary>
    public int Count => _metrics.Count;

    /// <summary>Learns from an expression as <c>/api/v1/parse_query</c> gives it.</summary>
    public void Learn(JsonElement tree) => Learn(tree, [], counts: false);

    /// <summary>Series of every metric learned of, from one time to another in milliseconds; from <paramref name="steady"/> on nothing changes but counters, at one pace.</summary>
    public List<TestSeries> Make(long start, long steady, long end, Random random)
    {
        var all = new List<TestSeries>();
        foreach (var (name, metric) in _metrics)
        {
            var kind = metric.Counts || Regex.IsMatch(name, "_(total|count|sum|bucket)$") ? -1 : random.Next(7);
            foreach (var labels in LabelSets(name, metric))
            {
                all.AddRange(name.EndsWith("_bucket", StringComparison.Ordinal) ? Buckets(labels, start, steady, end, random) : [Single(labels, kind, start, steady, end, random)]);
            }
        }

        return all;
    }

    private void Learn(JsonElement node, string[] grouping, bool counts)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in node.EnumerateArray())
            {
                Learn(one, grouping, counts);
            }

            return;
        }

        if (node.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (node.TryGetProperty("matchers", out var matchers))
        {
            Select(matchers, grouping, counts);
            return;
        }

        var matching = node.TryGetProperty("matching", out var m) && m.ValueKind == JsonValueKind.Object ? m : node;
        grouping = [.. grouping, .. Names(node, "grouping"), .. Names(matching, "labels"), .. Names(matching, "include")];
        counts |= node.TryGetProperty("func", out var function) && Counting.Contains(function.GetProperty("name").GetString());
        foreach (var property in node.EnumerateObject())
        {
            Learn(property.Value, grouping, counts);
        }
    }

    private static IEnumerable<string> Names(JsonElement node, string property) =>
        node.TryGetProperty(property, out var names) && names.ValueKind == JsonValueKind.Array ? names.EnumerateArray().Select(n => n.GetString()!) : [];

    private void Select(JsonElement matchers, string[] grouping, bool counts)
    {
        var all = matchers.EnumerateArray().Select(m => (Name: m.GetProperty("name").GetString()!, Type: m.GetProperty("type").GetString()!, Value: m.GetProperty("value").GetString()!)).ToArray();
        foreach (var name in all.Where(m => m.Name == "__name__").SelectMany(m => Values(m.Type, m.Value)).Where(n => Regex.IsMatch(n, "^[a-zA-Z_:][a-zA-Z0-9_:]*$")))
        {
            if (!_metrics.TryGetValue(name, out var metric))
            {
                _metrics.Add(name, metric = new Metric());
            }

            metric.Counts |= counts;
            foreach (var (label, type, value) in all.Where(m => m.Name != "__name__"))
            {
                metric.Labels.GetOrAdd(label).UnionWith(Values(type, value));
            }

            foreach (var label in grouping.Where(l => l is not ("le" or "__name__" or "job" or "instance")))
            {
                metric.Labels.GetOrAdd(label);
            }
        }
    }

    // What a matcher takes and what it leaves.
    private static IEnumerable<string> Values(string type, string value) => type switch
    {
        "=" => value.Length > 0 ? [value] : [],
        "!=" => value.Length > 0 ? [value, "other"] : ["other"],
        _ => Regex.Replace(value, @"[\^$()]", string.Empty).Split('|').Where(v => Regex.IsMatch(v, @"^[\w ./:-]+$")).Take(4)
            .Concat(Guesses.Where(g => Regex.IsMatch(g, $"^(?:{value})$")).Take(2))
            .Concat(type == "!~" ? Guesses.Where(g => !Regex.IsMatch(g, $"^(?:{value})$")).Take(2) : []),
    };

    private static IEnumerable<SortedDictionary<string, string>> LabelSets(string name, Metric metric)
    {
        var seen = new HashSet<string>();
        foreach (var job in metric.Labels.TryGetValue("job", out var jobs) && jobs.Count > 0 ? jobs.Take(2) : ["job-1"])
        {
            foreach (var instance in (string[])["h1:9100", "h2:9100"])
            {
                for (var shape = 0; shape < Shapes; shape++)
                {
                    var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["__name__"] = name, ["job"] = job, ["instance"] = instance };
                    foreach (var (position, (label, values)) in metric.Labels.Where(l => l.Key is not ("job" or "instance" or "le")).Index())
                    {
                        labels[label] = values.Count == 0 ? $"{label[0]}{shape % 2}" : values.ElementAt((shape + position) % values.Count);
                    }

                    if (seen.Add(string.Join('\0', labels)))
                    {
                        yield return labels;
                    }
                }
            }
        }
    }

    private static IEnumerable<long> Times(long start, long end)
    {
        for (var at = start + 7; at < end; at += StepMs)
        {
            yield return at;
        }
    }

    private static TestSeries Single(SortedDictionary<string, string> labels, int kind, long start, long steady, long end, Random random)
    {
        var value = kind switch { 2 => random.NextDouble() * 100, 3 => random.NextDouble(), 4 => random.Next(1_000_000) * 4_096.0, 5 => (end / 1_000.0) - random.Next(200_000), _ => random.Next(1_000) };
        var samples = new List<(long, double)>();
        foreach (var time in Times(start, end))
        {
            value = kind switch
            {
                -1 when time >= steady => value + 100,
                _ when time >= steady => value,
                -1 => random.Next(100) == 0 ? 0 : value + random.Next(200),
                0 => random.Next(2),
                1 => 1,
                2 => Math.Clamp(value + random.NextDouble() - 0.5, 0, 100),
                3 => Math.Clamp(value + ((random.NextDouble() - 0.5) / 50), 0, 1),
                4 => value + random.Next(-100, 100),
                5 => value,
                _ => 0,
            };
            samples.Add((time, value));
        }

        return new TestSeries(labels, samples);
    }

    private static TestSeries[] Buckets(SortedDictionary<string, string> labels, long start, long steady, long end, Random random)
    {
        var buckets = Bounds.Select(b => new TestSeries(new(labels, StringComparer.Ordinal) { ["le"] = b }, [])).ToArray();
        var counts = new double[Bounds.Length];
        foreach (var time in Times(start, end))
        {
            var more = 0;
            for (var i = 0; i < counts.Length; i++)
            {
                more += time >= steady ? 5 : random.Next(9);
                counts[i] += more;
                buckets[i].Samples.Add((time, counts[i]));
            }

            if (random.Next(10) == 0)
            {
                buckets[^1].Exemplars.Add((time, random.NextDouble(), random.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture)));
            }
        }

        return buckets;
    }

    private sealed class Metric
    {
        public LabelValues Labels { get; } = [];

        public bool Counts { get; set; }
    }

    private sealed class LabelValues() : SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal)
    {
        public SortedSet<string> GetOrAdd(string label)
        {
            if (!TryGetValue(label, out var values))
            {
                Add(label, values = new SortedSet<string>(StringComparer.Ordinal));
            }

            return values;
        }
    }
}
