using System.Text.RegularExpressions;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Rules.Testing;

/// <summary>How unit tests are run.</summary>
/// <param name="Run">Only tests whose name matches one of these; none is all.</param>
/// <param name="Diff">Failures as differences.</param>
/// <param name="IgnoreUnknown">Unknown keys of the test file are no errors.</param>
internal sealed record RuleTestOptions(IReadOnlyList<Regex> Run, bool Diff, bool IgnoreUnknown);

/// <summary>Runs unit tests of rules as promtool does: series in memory, all groups evaluated from the start to the last moment asked about.</summary>
internal sealed class RuleTestRunner(TimeProvider time, RuleTestOptions options)
{
    /// <summary>Runs a file.</summary>
    public RuleTestReport Run(string path, string text, CancellationToken cancellation)
    {
        RuleTestFile file;
        var warnings = new List<string>();
        var rules = new List<RuleFile>();
        try
        {
            file = RuleTestReader.Read(path, text, options.IgnoreUnknown);
            var errors = Load(file, rules, warnings);
            if (errors.Count > 0)
            {
                return new RuleTestReport(warnings, errors, []);
            }
        }
        catch (AlertingConfigurationException e)
        {
            return new RuleTestReport(warnings, [e.Message], []);
        }

        var results = new List<RuleTestResult>();
        foreach (var test in file.Tests)
        {
            cancellation.ThrowIfCancellationRequested();
            if (options.Run.Count == 0 || options.Run.Any(r => r.IsMatch(test.Name)))
            {
                results.Add(Run(file, rules, test, cancellation));
            }
        }

        return new RuleTestReport(warnings, [], results);
    }

    private static List<string> Load(RuleTestFile file, List<RuleFile> rules, List<string> warnings)
    {
        var errors = new List<string>();
        var folder = Path.GetDirectoryName(Path.GetFullPath(file.Path))!;
        foreach (var pattern in file.RuleFiles)
        {
            IReadOnlyList<string> paths;
            try
            {
                paths = FilePattern.Expand(pattern, folder);
            }
            catch (FormatException e)
            {
                errors.Add(e.Message);
                continue;
            }

            if (paths.Count == 0)
            {
                warnings.Add($"no file match pattern {Path.Combine(Path.GetDirectoryName(file.Path) ?? string.Empty, pattern)}");
            }

            foreach (var path in paths)
            {
                try
                {
                    var (loaded, wrong) = new RuleFileLoader().Check(path, File.ReadAllText(path));
                    errors.AddRange(wrong.Select(static e => e.Message));
                    if (loaded is not null)
                    {
                        rules.Add(loaded);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    errors.Add($"{path}: {e.Message}");
                }
            }
        }

        return errors;
    }

    private RuleTestResult Run(RuleTestFile file, List<RuleFile> rules, RuleTest test, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        List<string> failures;
        try
        {
            using var run = new RuleTestRun(file, rules, test, time, options.Diff);
            failures = run.Run(cancellation);
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            failures = [$"    {e.Message}"];
        }

        return new RuleTestResult(test.Name, test.Line, failures, time.GetElapsedTime(start));
    }
}
