using Sightglass.TestKit;
using Xunit.Abstractions;

namespace Sightglass.Query.Tests.PromQL;

public class ConformanceTests(ITestOutputHelper output)
{
    /// <summary>Every instant evaluation runs as a range query and fixed by <c>@</c> too.</summary>
    [SharedFact]
    public void All_scripts_of_Prometheus_pass()
    {
        var failed = 0;
        var passed = 0;
        foreach (var file in Directory.EnumerateFiles(SharedInput.PathOf("conformance/promql"), "*.test").Order(StringComparer.Ordinal))
        {
            var report = ScriptEngines.Run(File.ReadAllText(file));
            failed += report.Failures.Count;
            passed += report.Passed;
            foreach (var failure in report.Failures)
            {
                output.WriteLine($"{Path.GetFileName(file)}:{failure.Line}: {failure.Query}\n    {failure.Message}");
            }
        }

        failed.ShouldBe(0);
        passed.ShouldBeGreaterThan(1900);
    }
}
