using System.CommandLine;

namespace Sightglass.Server.CommandLine;

/// <summary>
/// <c>sightglass check FILE…</c>: reads configurations, rule files, unit tests of rules and Alertmanager configurations as the server would, told apart by
/// their keys; <c>check rules|config|alertmanager FILE…</c> takes them as what is said.
/// </summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        var command = new Command("check", "Check configuration, rule and Alertmanager files.");
        var lint = LintOption();
        var fatal = FatalOption();
        var names = NamesOption();
        var files = Files("Configuration, rule files, unit tests of rules or Alertmanager configurations; told apart by their keys.");
        command.Arguments.Add(files);
        command.Options.Add(lint);
        command.Options.Add(fatal);
        command.Options.Add(names);
        command.SetAction(result => Run(result, files, lint, fatal, names, null));
        command.Subcommands.Add(Kind("rules", "Check rule files.", FileKind.Rules));
        command.Subcommands.Add(Kind("config", "Check configurations of the server, with the files that they name.", FileKind.Configuration));
        command.Subcommands.Add(Kind("alertmanager", "Check Alertmanager configurations.", FileKind.Alertmanager));
        return command;
    }

    private static Command Kind(string name, string description, FileKind kind)
    {
        var files = Files("The files.");
        var command = new Command(name, description) { files };
        var (lint, fatal, names) = (LintOption(), FatalOption(), NamesOption());
        if (kind == FileKind.Rules)
        {
            command.Options.Add(lint);
            command.Options.Add(fatal);
            command.Options.Add(names);
        }

        command.SetAction(result => Run(result, files, lint, fatal, names, kind));
        return command;
    }

    private static int Run(ParseResult result, Argument<FileInfo[]> files, Option<string> lint, Option<bool> fatal, Option<string> names, FileKind? kind)
    {
        var check = new FileCheck(
            Console.Out, Console.Error, result.GetValue(lint) is null or "all" or "duplicate-rules", result.GetValue(fatal),
            result.GetValue(names) == "legacy" ? Alerting.Rules.NameValidation.Legacy : Alerting.Rules.NameValidation.Utf8);
        return result.GetValue(files)!.Aggregate(0, (code, file) => FileCheck.Worse(code, check.Check(file.ToString(), kind)));
    }

    private static Argument<FileInfo[]> Files(string description) => new("FILE") { Description = description, Arity = ArgumentArity.OneOrMore };

    private static Option<string> LintOption() =>
        new Option<string>("--lint") { Description = "What to warn of: all, duplicate-rules or none.", DefaultValueFactory = _ => "duplicate-rules" }.AcceptOnlyFromAmong("all", "duplicate-rules", "none");

    private static Option<bool> FatalOption() => new("--lint-fatal") { Description = "Exit with code 3 when there is a warning." };

    private static Option<string> NamesOption() =>
        new Option<string>("--names") { Description = "Names of labels and metrics that are allowed: utf8 or legacy.", DefaultValueFactory = _ => "utf8" }.AcceptOnlyFromAmong("utf8", "legacy");
}
