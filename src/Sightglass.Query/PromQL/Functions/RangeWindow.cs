using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>The samples of one series in one step's range; floats and histograms apart. Never empty when a kernel sees it.</summary>
internal readonly ref struct RangeWindow
{
    public required ReadOnlySpan<long> Times { get; init; }

    public required ReadOnlySpan<double> Values { get; init; }

    public required ReadOnlySpan<long> HistogramTimes { get; init; }

    public required ReadOnlySpan<NativeHistogram> Histograms { get; init; }

    /// <summary>Start timestamps of the floats, 0 for none; empty where none is used.</summary>
    public ReadOnlySpan<long> Starts { get; init; }

    /// <summary>Start timestamps of the histograms.</summary>
    public ReadOnlySpan<long> HistogramStarts { get; init; }

    /// <summary>Weights of the floats; empty where all are ordinary samples.</summary>
    public ReadOnlySpan<SampleWeight> Weights { get; init; }

    /// <summary>Left end of the range, exclusive.</summary>
    public required long StartMs { get; init; }

    /// <summary>Right end of the range, inclusive.</summary>
    public required long EndMs { get; init; }

    /// <summary>Time of the step, which offsets do not move.</summary>
    public required long StepMs { get; init; }

    public double RangeSeconds => (EndMs - StartMs) / 1000.0;
}

/// <summary>What a kernel knows beside the samples.</summary>
internal sealed class RangeCall
{
    public required CallExpression Expression { get; init; }

    /// <summary>The range vector's expression.</summary>
    public required PromQLExpression Source { get; init; }

    public required Annotations Annotations { get; init; }

    /// <summary>The values of scalar arguments over the steps.</summary>
    public required double[]?[] Scalars { get; init; }

    /// <summary>Whether the function is for counters only.</summary>
    public bool IsRate => Expression.Function.Name is "rate" or "increase";

    public double Scalar(int argument, int step) => Scalars[argument]![step];
}

/// <summary>A function of a range: the value of one step, false for none.</summary>
internal delegate bool RangeKernel(in RangeWindow window, RangeCall call, int step, string metric, out double value, out NativeHistogram? histogram);
