using Sightglass.TestKit;
using Xunit.Abstractions;

namespace Sightglass.Query.Tests.PromQL;

public class ConformanceTests(ITestOutputHelper output)
{
    [SharedTheory]
    [InlineData("aggregators.test", 0)]
    [InlineData("collision.test", 0)]
    [InlineData("duration_expression.test", 0)]
    [InlineData("extended_vectors.test", 135)]
    [InlineData("fill-modifier.test", 0)]
    [InlineData("functions.test", 0)]
    [InlineData("histograms.test", 0)]
    [InlineData("info.test", 52)]
    [InlineData("literals.test", 0)]
    [InlineData("native_histograms.test", 0)]
    [InlineData("operators.test", 0)]
    [InlineData("start_timestamps.test", 24)]
    [InlineData("trig_functions.test", 0)]
    [InlineData("type_and_unit.test", 0)]
    public void A_script_of_Prometheus_fails_in_no_more_evaluations_than_known(string file, int knownFailures)
    {
        var report = ScriptEngines.Run(File.ReadAllText(SharedInput.PathOf($"conformance/promql/{file}")));
        foreach (var failure in report.Failures)
        {
            output.WriteLine($"{file}:{failure.Line}: {failure.Query}\n    {failure.Message}");
        }

        output.WriteLine($"{file}: {report.Passed} passed, {report.Failures.Count} failed");
        report.Failures.Count.ShouldBe(knownFailures);
    }
}
