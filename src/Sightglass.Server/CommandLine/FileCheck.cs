using Sightglass.Alerting;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Errors;
using Sightglass.Server.Configuration;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.CommandLine;

/// <summary>What a file is for.</summary>
internal enum FileKind
{
    /// <summary>The server's configuration.</summary>
    Configuration,

    /// <summary>Recording and alerting rules.</summary>
    Rules,

    /// <summary>Alertmanager's configuration.</summary>
    Alertmanager,
}

/// <summary>Checks one file after the other and says of each what it is, or what is wrong with it and where.</summary>
internal sealed class FileCheck(TextWriter output, TextWriter errors, bool lint, bool lintFatal, NameValidation names)
{
    private const int Ok = 0;
    private const int Wrong = 1;
    private const int Warned = 3;

    private static readonly string[] AlertmanagerKeys = ["route", "inhibit_rules", "templates", "time_intervals", "mute_time_intervals"];

    /// <summary>The exit code of two checks: an error outweighs a warning.</summary>
    public static int Worse(int a, int b) => a == Wrong || b == Wrong ? Wrong : Math.Max(a, b);

    /// <summary>Checks a file; the exit code.</summary>
    public int Check(string path, FileKind? kind)
    {
        try
        {
            var text = File.ReadAllText(path);
            if (kind is null && SloLoader.IsOpenSlo(path, text))
            {
                return Slos(path, text);
            }

            return (kind ?? KindOf(new YamlFile(path).Read(text, "the file"))) switch
            {
                FileKind.Rules => Rules(path, text),
                FileKind.Alertmanager => Alertmanager(path, text),
                _ => Configuration(path, text),
            };
        }
        catch (Exception e) when (e is AlertingConfigurationException or QueryException or LimitExceededException)
        {
            errors.WriteLine(e is AlertingConfigurationException ? e.Message : $"{path}: {e.Message}");
            return Wrong;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message)}");
            return Wrong;
        }
    }

    private static FileKind KindOf(YamlSection file) =>
        file.Has("groups") ? FileKind.Rules
        : AlertmanagerKeys.Any(file.Has) || (file.Has("receivers") && file.Node("receivers") is YamlSequenceNode) ? FileKind.Alertmanager
        : FileKind.Configuration;

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? string.Empty : "s")}";

    private int Rules(string path, string text)
    {
        var (rules, wrong) = new RuleFileLoader(names).Check(path, text);
        foreach (var error in wrong)
        {
            errors.WriteLine(error.Message);
        }

        if (rules is null)
        {
            return Wrong;
        }

        var code = Lint(rules);
        output.WriteLine($"{path}: rule file, {Count(rules.Groups.Count, "group")}, {Count(rules.Groups.Sum(static g => g.Rules.Count), "rule")}");
        return code;
    }

    private int Lint(RuleFile rules)
    {
        var duplicates = lint ? RuleLint.Duplicates(rules) : [];
        foreach (var duplicate in duplicates)
        {
            var labels = duplicate.Labels.Count == 0 ? string.Empty : $" with the labels {duplicate.Labels}";
            errors.WriteLine($"{rules.Path}:{duplicate.Line}: warning: duplicate rule \"{duplicate.Name}\"{labels}, the first is in line {duplicate.FirstLine}; might cause inconsistency while recording expressions");
        }

        return duplicates.Count > 0 && lintFatal ? Warned : Ok;
    }

    private int Alertmanager(string path, string text)
    {
        var configuration = AlertmanagerConfigurationLoader.Load(path, text, Path.GetDirectoryName(Path.GetFullPath(path))!);
        foreach (var setting in configuration.Unsupported)
        {
            errors.WriteLine($"{path}:{setting.Line}: {(setting.IsRefusedByAlertmanager ? "warning: " : string.Empty)}{setting.Message}");
        }

        var routes = configuration.Route.Walk().Count();
        output.WriteLine(
            $"{path}: Alertmanager configuration, {Count(routes, "route")}, {Count(configuration.Receivers.Count, "receiver")}, {Count(configuration.InhibitRules.Count, "inhibit rule")}, "
            + $"{Count(configuration.TimeIntervals.Count, "time interval")}, {Count(configuration.Templates.Count, "template file")}"
            + (configuration.Unsupported.Count > 0 ? "; valid, but the server refuses it for the above" : string.Empty));
        // What Alertmanager refuses as well only when it starts has amtool's verdict here: valid.
        return configuration.Unsupported.All(static u => u.IsRefusedByAlertmanager) ? Ok : Wrong;
    }

    private int Slos(string path, string text)
    {
        output.WriteLine($"{path}: OpenSLO, {Count(SloLoader.Load(path, text).Count, "objective")}");
        return Ok;
    }

    private int Configuration(string path, string text)
    {
        var configuration = ConfigurationLoader.Load(path, text);
        var code = configuration.Rules.Aggregate(Ok, (worst, file) => Worse(worst, Lint(file)));
        foreach (var notice in configuration.Notices)
        {
            output.WriteLine($"{path}: {notice}");
        }

        output.WriteLine(
            $"{path}: configuration, {Count(configuration.Scrape.Count, "scrape job")}, {Count(configuration.Rules.Count, "rule file")}, {Count(configuration.Logs.Count, "log source")}"
            + (configuration.Slos.Count > 0 ? $", {Count(configuration.Slos.Count, "objective")}" : string.Empty)
            + (configuration.Slas.Count > 0 ? $", {Count(configuration.Slas.Count, "agreement")}" : string.Empty)
            + (configuration.Escalation.People.Count > 0 ? $", {Count(configuration.Escalation.People.Count, "person").Replace("persons", "people", StringComparison.Ordinal)}" : string.Empty)
            + (configuration.Escalation.Rotations.Count > 0 ? $", {Count(configuration.Escalation.Rotations.Count, "rotation")}" : string.Empty)
            + (configuration.Escalation.Policies.Count > 0 ? $", {(configuration.Escalation.Policies.Count == 1 ? "1 escalation policy" : $"{configuration.Escalation.Policies.Count} escalation policies")}" : string.Empty)
            + (configuration.Alertmanager is { } alertmanager ? $", Alertmanager configuration with {Count(alertmanager.Receivers.Count, "receiver")}" : string.Empty));
        return code;
    }
}
