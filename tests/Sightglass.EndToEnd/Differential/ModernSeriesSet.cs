namespace Sightglass.EndToEnd.Differential;

/// <summary>
/// What Prometheus 3 knows beside the series of <see cref="TestSeriesSet"/>: native histograms that count, that go up and down, and with custom
/// buckets, of changing resolution and with resets and stale markers; series of floats and histograms; names in UTF-8; <c>target_info</c>; series without gaps.
/// </summary>
internal static class ModernSeriesSet
{
    private static readonly double[] Bounds = [0.1, 0.5, 1, 5];

    public static List<TestSeries> Make(long start, long end, Random random)
    {
        var all = new List<TestSeries>();
        foreach (var job in (string[])["api", "db"])
        {
            foreach (var instance in (string[])["a:1", "b:2"])
            {
                all.Add(Counting(random, start, end, "nh_seconds", job, instance, schema: job == "api" ? 2 : 0));
                all.Add(Gauges(random, start, end, job, instance));
                all.Add(Custom(random, start, end, job, instance));
                all.Add(Floats(random, start, end, Labels("http.server.ticks", job, instance), 0.01));
                all.Add(Floats(random, start, end, Labels("größe", job, instance, ("lbl.x", instance == "a:1" ? "y \"z\"" : "n\\n")), 0));
                all.Add(Info(start, end, job, instance));
                all.Add(SteadyFloats(start, end, job, instance));
                all.Add(SteadyHistograms(start, end, job, instance));
            }

            all.Add(Mixed(random, start, end, job));
        }

        return all;
    }

    private static SortedDictionary<string, string> Labels(string name, string job, string instance, params (string Name, string Value)[] more)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["__name__"] = name, ["job"] = job, ["instance"] = instance };
        foreach (var (label, value) in more)
        {
            labels[label] = value;
        }

        return labels;
    }

    private static TestSeries Counting(Random random, long start, long end, string name, string job, string instance, int schema)
    {
        var series = new TestSeries(Labels(name, job, instance), []);
        var (positive, negative, zero, sum) = (new double[7], new double[2], 100_000.0, 1e6);
        Array.Fill(positive, 100_000);
        Array.Fill(negative, 100_000);
        foreach (var time in TestSeriesSet.Times(random, start, end, 0.004))
        {
            var reset = random.Next(120) == 0;
            for (var i = 0; i < positive.Length; i++)
            {
                positive[i] = (reset ? positive[i] / 10 : positive[i]) + random.Next(5);
                positive[i] = Math.Floor(positive[i]);
            }

            negative[0] = Math.Floor(reset ? negative[0] / 10 : negative[0]) + random.Next(3);
            negative[1] = Math.Floor(reset ? negative[1] / 10 : negative[1]);
            zero = Math.Floor(reset ? zero / 10 : zero) + random.Next(2);
            sum = (reset ? sum / 10 : sum) + random.NextDouble();
            if (random.Next(250) == 0)
            {
                series.Samples.Add((time, TestSeriesSet.StaleMarker));
                continue;
            }

            series.Histograms.Add((time, new TestHistogram(schema, false, false, sum, zero, -2, [.. positive], [.. negative], [])));
        }

        return series;
    }

    private static TestSeries Gauges(Random random, long start, long end, string job, string instance)
    {
        var series = new TestSeries(Labels("nh_gauge", job, instance), []);
        foreach (var time in TestSeriesSet.Times(random, start, end, 0.004))
        {
            double[] positive = [random.Next(9), random.NextDouble() * 10, random.Next(4), random.NextDouble()];
            series.Histograms.Add((time, new TestHistogram(random.Next(30) == 0 ? 0 : 1, true, true, random.NextDouble() * 50, random.Next(3), random.Next(-1, 2), positive, [], [])));
        }

        return series;
    }

    private static TestSeries Custom(Random random, long start, long end, string job, string instance)
    {
        var series = new TestSeries(Labels("nh_custom", job, instance), []);
        var counts = new double[5];
        Array.Fill(counts, 50_000);
        var sum = 1e5;
        foreach (var time in TestSeriesSet.Times(random, start, end, 0.002))
        {
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] = random.Next(400) == 0 ? 20_000 : counts[i] + random.Next(4);
            }

            sum += random.NextDouble();
            series.Histograms.Add((time, new TestHistogram(-53, false, false, sum, 0, 0, [.. counts], [], Bounds)));
        }

        return series;
    }

    private static TestSeries Mixed(Random random, long start, long end, string job)
    {
        var series = new TestSeries(Labels("mixed", job, "a:1"), []);
        var value = 1e6;
        foreach (var time in TestSeriesSet.Times(random, start, end, 0.002))
        {
            value += random.Next(5);
            if (time / 600_000 % 2 == 0)
            {
                series.Samples.Add((time, value));
            }
            else
            {
                series.Histograms.Add((time, new TestHistogram(0, false, false, value, 3, 0, [value, value + 7], [], [])));
            }
        }

        return series;
    }

    private static TestSeries Floats(Random random, long start, long end, SortedDictionary<string, string> labels, double gaps)
    {
        var value = 500_000.0;
        var series = new TestSeries(labels, []);
        foreach (var time in TestSeriesSet.Times(random, start, end, gaps))
        {
            value = random.Next(100) == 0 ? 250_000 : value + random.Next(20);
            series.Samples.Add((time, random.Next(200) == 0 ? TestSeriesSet.StaleMarker : value));
        }

        return series;
    }

    private static TestSeries SteadyFloats(long start, long end, string job, string instance) => new(
        Labels("steady_total", job, instance), [.. SteadyTimes(start, end).Select((time, i) => (time, (i * 3.0) + job.Length + instance[0]))]);

    private static TestSeries SteadyHistograms(long start, long end, string job, string instance)
    {
        var series = new TestSeries(Labels("nh_steady", job, instance), []);
        series.Histograms.AddRange(SteadyTimes(start, end).Select((time, i) => (time, new TestHistogram(1, false, false, i * 4.5, i, 1, [i, 2.0 * i, instance[0]], [], []))));
        return series;
    }

    private static IEnumerable<long> SteadyTimes(long start, long end) => Enumerable.Range(0, (int)((end - start) / 15_000)).Select(i => start + (i * 15_000L) + 3_000);

    private static TestSeries Info(long start, long end, string job, string instance) => new(
        Labels("target_info", job, instance, ("version", instance == "a:1" ? "1" : "2"), ("zone", job)),
        [.. Enumerable.Range(0, (int)((end - start) / 60_000)).Select(i => (start + (i * 60_000L) + 5_000, 1.0))]);
}
