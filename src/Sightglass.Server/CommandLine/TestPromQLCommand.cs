using System.CommandLine;
using Sightglass.Core.Errors;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass test promql PATH…</c>: runs scripts of Prometheus' test language over series in memory.</summary>
internal static class TestPromQLCommand
{
    public static Command Build()
    {
        var paths = new Argument<string[]>("PATH") { Description = "A script, or a folder whose *.test files are run.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("promql", "Run PromQL test scripts.") { paths };
        command.SetAction((result, cancellation) => CommandTree.Guarded(() => Task.FromResult(Run(result.GetValue(paths)!, Console.Out, TimeProvider.System, cancellation))));
        return command;
    }

    /// <summary>Runs the scripts and prints a line for each, and its failures; 1 when there was any.</summary>
    internal static int Run(IReadOnlyList<string> paths, TextWriter output, TimeProvider time, CancellationToken cancellation)
    {
        var code = 0;
        foreach (var file in paths.SelectMany(Files))
        {
            cancellation.ThrowIfCancellationRequested();
            ScriptReport report;
            try
            {
                report = PromQLScript.Run(Read(file), time);
            }
            catch (LimitExceededException e)
            {
                output.WriteLine($"{file}: not run: {e.Message}");
                code = 1;
                continue;
            }

            output.WriteLine($"{file}: {report.Passed} passed, {report.Failures.Count} failed");
            foreach (var failure in report.Failures)
            {
                output.WriteLine($"  {file}:{failure.Line}: {failure.Query}");
                output.WriteLine($"    expected: {failure.Expected}");
                output.WriteLine($"    got:      {failure.Got}");
            }

            code = report.Failures.Count > 0 ? 1 : code;
        }

        return code;
    }

    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*.test", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new FileNotFoundException($"{path}: no *.test file in this folder");
    }

    private static string Read(string file)
    {
        var length = new FileInfo(file).Length;
        return length <= ScriptLimits.Default.MaxScriptLength * 4L
            ? File.ReadAllText(file)
            : throw new LimitExceededException(nameof(ScriptLimits.MaxScriptLength), ScriptLimits.Default.MaxScriptLength, length, "script is too long");
    }
}
