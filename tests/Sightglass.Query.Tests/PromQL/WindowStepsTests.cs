using FsCheck;
using FsCheck.Fluent;
using Sightglass.Query.PromQL;

namespace Sightglass.Query.Tests.PromQL;

/// <summary>All steps together give what each by itself gives, bit by bit.</summary>
public sealed class WindowStepsTests
{
    private static readonly Dictionary<string, RangeKernel> Kernels = new()
    {
        ["sum_over_time"] = OverTimeKernels.Sum,
        ["avg_over_time"] = OverTimeKernels.Average,
        ["count_over_time"] = OverTimeKernels.Count,
        ["min_over_time"] = OverTimeKernels.Min,
        ["max_over_time"] = OverTimeKernels.Max,
        ["stddev_over_time"] = OverTimeKernels.Stddev,
        ["stdvar_over_time"] = OverTimeKernels.Stdvar,
        ["changes"] = TrendKernels.Changes,
        ["resets"] = TrendKernels.Resets,
        ["deriv"] = TrendKernels.Derivative,
        ["predict_linear"] = TrendKernels.Predict,
    };

    [Fact]
    public void Every_function_that_is_known_gives_the_bits_of_its_kernel() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), Same).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void The_functions_that_are_known_are_those() => Kernels.Keys.ShouldAllBe(k => WindowSteps.Knows(k));

    [Theory]
    [InlineData(new[] { 0.0, -0.0 }, 0.0, 0.0)]
    [InlineData(new[] { -0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, -0.0, -0.0)]
    [InlineData(new[] { double.NaN, 3, double.NaN, 1, 2 }, 3, 1)]
    [InlineData(new[] { double.NaN, double.NaN }, double.NaN, double.NaN)]
    [InlineData(new[] { 5, double.NaN, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, double.NegativeInfinity }, 9, double.NegativeInfinity)]
    public void Extremes_are_the_first_of_equal_numbers(double[] values, double largest, double smallest)
    {
        BitConverter.DoubleToInt64Bits(Extremes.Of(values, max: true)).ShouldBe(BitConverter.DoubleToInt64Bits(largest));
        BitConverter.DoubleToInt64Bits(Extremes.Of(values, max: false)).ShouldBe(BitConverter.DoubleToInt64Bits(smallest));
    }

    private static void Same(int seed)
    {
        var random = new Random(seed);
        var (times, values) = Series(random);
        var grid = new StepGrid(random.Next(-50, 400) * 15_000L, random.Next(1, 20) * 5_000L, random.Next(1, 60));
        var (offset, range) = (random.Next(3) * 30_000L, random.Next(1, 120) * 10_000L);
        var ahead = Enumerable.Range(0, grid.Count).Select(_ => random.Next(1000) * 1.5).ToArray();
        var steps = new WindowSteps();
        foreach (var (function, kernel) in Kernels)
        {
            var call = (CallExpression)PromQLParser.Parse(function == "predict_linear" ? "predict_linear(a[1m], 1)" : $"{function}(a[1m])", new PromQLOptions());
            var row = new double[grid.Count];
            var used = steps.Fill(function, times, values, grid, offset, range, function == "predict_linear" ? ahead : null, row, out var any);
            var expected = new double[grid.Count];
            long samples = 0;
            for (var i = 0; i < grid.Count; i++)
            {
                var end = grid.Time(i) - offset;
                var (from, to) = (Array.FindIndex(times, t => t > end - range), Array.FindLastIndex(times, t => t <= end) + 1);
                expected[i] = SpecialNumbers.Absent;
                if (from < 0 || from >= to)
                {
                    continue;
                }

                samples += to - from;
                var window = new RangeWindow
                {
                    Times = times.AsSpan(from, to - from),
                    Values = values.AsSpan(from, to - from),
                    HistogramTimes = default,
                    Histograms = default,
                    StartMs = end - range,
                    EndMs = end,
                    StepMs = grid.Time(i),
                };
                var rangeCall = new RangeCall { Expression = call, Source = call.Arguments[0], Annotations = new Annotations(string.Empty), Scalars = [null, ahead] };
                if (kernel(window, rangeCall, i, "a", out var value, out _))
                {
                    expected[i] = value;
                }
            }

            used.ShouldBe(samples);
            any.ShouldBe(expected.Any(e => !Bits(e).Equals(Bits(SpecialNumbers.Absent))));
            row.Select(Bits).ShouldBe(expected.Select(Bits), $"{function}, seed {seed}");
        }
    }

    private static (long[] Times, double[] Values) Series(Random random)
    {
        var times = new List<long>();
        var values = new List<double>();
        var (time, shape) = (0L, random.Next(6));
        for (var i = random.Next(600); i >= 0; i--)
        {
            time += random.Next(20) == 0 ? random.Next(400_000) : random.Next(5) == 0 ? random.Next(1, 40_000) : 15_000;
            times.Add(time);
            values.Add(shape switch
            {
                0 => random.Next(5),
                1 => random.NextDouble() * Math.Pow(10, random.Next(-20, 20)),
                2 => random.Next(15) switch { 0 => double.PositiveInfinity, 1 => double.NaN, 2 => double.NegativeInfinity, 3 => double.MaxValue, 4 => -0.0, _ => random.NextDouble() - 0.5 },
                3 => 7,
                4 => double.MaxValue * random.NextDouble(),
                _ => i + random.NextDouble(),
            });
        }

        return ([.. times], [.. values]);
    }

    // Which NaN it is makes no difference to anybody.
    private static long Bits(double value) =>
        double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) != BitConverter.DoubleToInt64Bits(SpecialNumbers.Absent) ? long.MinValue + 1 : BitConverter.DoubleToInt64Bits(value);
}
