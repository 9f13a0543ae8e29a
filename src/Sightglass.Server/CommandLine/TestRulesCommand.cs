using System.CommandLine;
using System.Text.RegularExpressions;
using Sightglass.Alerting.Rules.Testing;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass test rules FILE…</c>: unit tests of rules in promtool's format.</summary>
internal static class TestRulesCommand
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    public static Command Build()
    {
        var files = new Argument<string[]>("FILE") { Description = "Files of unit tests, as promtool takes them.", Arity = ArgumentArity.OneOrMore };
        var junit = new Option<FileInfo?>("--junit") { Description = "File to write the results to as JUnit XML." };
        var run = new Option<string[]>("--run") { Description = "Run only tests whose name this regular expression matches. May be given several times." };
        var diff = new Option<bool>("--diff") { Description = "Print differences instead of both sides." };
        var ignore = new Option<bool>("--ignore-unknown-fields") { Description = "Unknown keys in test files are no errors." };
        var command = new Command("rules", "Run unit tests of rules.") { files, junit, run, diff, ignore };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() =>
        {
            var patterns = (result.GetValue(run) ?? []).Select(Pattern).ToList();
            var runner = new RuleTestRunner(TimeProvider.System, new RuleTestOptions(patterns, result.GetValue(diff), result.GetValue(ignore)));
            return Task.FromResult(Run(runner, result.GetValue(files)!, result.GetValue(junit)?.FullName, Console.Out, Console.Error, cancellation));
        }));
        return command;
    }

    /// <summary>Runs the files and prints what promtool prints; 1 when anything failed.</summary>
    internal static int Run(RuleTestRunner runner, IReadOnlyList<string> files, string? junit, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var reports = new List<(string File, RuleTestReport Report)>();
        foreach (var file in files)
        {
            output.WriteLine($"Unit Testing:  {file}");
            output.Flush();
            var report = Run(runner, file, cancellation);
            reports.Add((file, report));
            Print(report, output, errors);
        }

        if (junit is not null)
        {
            JUnitReport.Write(junit, reports);
        }

        return reports.TrueForAll(static r => r.Report.Passed) ? 0 : 1;
    }

    private static Regex Pattern(string text)
    {
        try
        {
            return new Regex(text, RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"--run: not a regular expression: {e.Message}");
        }
    }

    private static RuleTestReport Run(RuleTestRunner runner, string file, CancellationToken cancellation)
    {
        try
        {
            return runner.Run(file, File.ReadAllText(file), cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RuleTestReport([], [e is FileNotFoundException or DirectoryNotFoundException ? $"open {file}: no such file or directory" : e.Message], []);
        }
    }

    private static void Print(RuleTestReport report, TextWriter output, TextWriter errors)
    {
        foreach (var warning in report.Warnings)
        {
            errors.WriteLine($"  WARNING: {warning}");
        }

        if (report.Passed)
        {
            output.WriteLine("  SUCCESS");
        }
        else
        {
            errors.WriteLine("  FAILED:");
            foreach (var error in report.Errors.Concat(report.Results.SelectMany(static r => r.Failures)))
            {
                errors.WriteLine(error);
                errors.WriteLine();
            }
        }

        output.WriteLine();
        output.Flush();
    }
}
