using Sightglass.Core.Model;

namespace Sightglass.Benchmarks.Micro;

/// <summary>The series that micro-benchmarks work on.</summary>
internal static class Shapes
{
    public const long StartMs = 1_767_225_600_000;
    public const int StepMs = 15_000;

    public static LabelSet Labels(int i) => LabelSet.Of("__name__", $"app_metric_{i % 20}_total", "instance", $"host-{i / 200}.example:9100", "job", "app", "path", $"/api/v1/{i % 50}", "region", $"eu-{i % 4}", "shard", $"{i}");
}
