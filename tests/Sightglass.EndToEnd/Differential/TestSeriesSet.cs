namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// Two hours of what real senders send: counters with resets, gauges with NaN, infinities and gaps, series that end with a stale marker, classic
/// histograms, label values outside ASCII. No sample lies on a time at which a range of the generated queries begins or ends.
/// </summary>
internal static class TestSeriesSet
{
    public const long StepMs = 15_000;
    public static readonly double StaleMarker = BitConverter.UInt64BitsToDouble(0x7ff0000000000002);
    private static readonly string[] Bounds = ["0.05", "0.1", "0.5", "1", "5", "+Inf"];

    public static List<TestSeries> Make(long start, long end, Random random)
    {
        var all = new List<TestSeries>();
        foreach (var job in (string[])["api", "db", "café ☕"])
        {
            foreach (var instance in (string[])["a:1", "b:2", "c:3"])
            {
                all.Add(Counter(random, start, end, ("__name__", "requests_total"), ("job", job), ("instance", instance), ("code", "200")));
                all.Add(Counter(random, start, end, ("__name__", "requests_total"), ("job", job), ("instance", instance), ("code", "500")));
                all.Add(Gauge(random, start, end, odd: true, ("__name__", "temperature"), ("job", job), ("instance", instance)));
                all.Add(Gauge(random, start, end, odd: false, ("__name__", "load"), ("job", job), ("instance", instance), ("zone", instance == "a:1" ? "x" : "y")));
            }

            AddHistogram(all, random, start, end, job);
            all.Add(new TestSeries(Labels(("__name__", "limits"), ("job", job)), [.. Times(random, start, end, 0).Select(t => (t, (double)(job.Length * 10)))]));
        }

        return all;
    }

    private static SortedDictionary<string, string> Labels(params (string Name, string Value)[] labels) =>
        new(labels.ToDictionary(l => l.Name, l => l.Value), StringComparer.Ordinal);

    // 2.345 seconds after the full 15, with some jitter of whole milliseconds below it; now and then nothing for six minutes.
    public static IEnumerable<long> Times(Random random, long start, long end, double gaps)
    {
        for (var at = start; at < end; at += StepMs)
        {
            if (random.NextDouble() < gaps)
            {
                at += 24 * StepMs;
            }

            yield return at + 2_345 + random.Next(50);
        }
    }

    private static TestSeries Counter(Random random, long start, long end, params (string, string)[] labels)
    {
        // Far from zero, also after a reset: 2.42 bounds the extrapolation to zero in another order than Prometheus 3.
        var value = random.Next(1_000_000, 2_000_000);
        var samples = new List<(long, double)>();
        foreach (var time in Times(random, start, end, 0.002))
        {
            value = random.Next(80) == 0 ? random.Next(500_000, 900_000) : value + random.Next(40);
            samples.Add((time, value));
        }

        return new TestSeries(Labels(labels), samples);
    }

    private static TestSeries Gauge(Random random, long start, long end, bool odd, params (string, string)[] labels)
    {
        var value = (random.NextDouble() * 100) - 20;
        var samples = new List<(long, double)>();
        foreach (var time in Times(random, start, end, odd ? 0.004 : 0))
        {
            value += random.NextDouble() - 0.5;
            samples.Add((time, !odd ? value : random.Next(300) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, 3 => StaleMarker, 4 => -0.0, _ => value }));
        }

        return new TestSeries(Labels(labels), samples);
    }

    private static void AddHistogram(List<TestSeries> all, Random random, long start, long end, string job)
    {
        var buckets = Bounds.Select(b => new TestSeries(Labels(("__name__", "latency_seconds_bucket"), ("job", job), ("le", b)), [])).ToArray();
        var (count, sum) = (new TestSeries(Labels(("__name__", "latency_seconds_count"), ("job", job)), []), new TestSeries(Labels(("__name__", "latency_seconds_sum"), ("job", job)), []));
        var counts = Bounds.Select((_, i) => 100_000.0 * (i + 1)).ToArray();
        var total = 100_000.0;
        foreach (var time in Times(random, start, end, 0))
        {
            var more = 0;
            for (var i = 0; i < Bounds.Length; i++)
            {
                more += random.Next(6);
                counts[i] += more;
                buckets[i].Samples.Add((time, counts[i]));
            }

            total += more * random.NextDouble();
            count.Samples.Add((time, counts[^1]));
            sum.Samples.Add((time, total));
        }

        all.AddRange([.. buckets, count, sum]);
    }
}
