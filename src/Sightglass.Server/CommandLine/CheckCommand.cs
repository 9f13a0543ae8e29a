using System.CommandLine;
using Sightglass.Alerting;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Rules;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass check FILE…</c>: reads configurations, rule files and Alertmanager configurations as the server would.</summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = "A configuration, a rule file or an Alertmanager configuration; told apart by its keys.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Check configuration, rule and Alertmanager files.") { files };
        command.SetAction(result => result.GetValue(files)!.Aggregate(0, (code, file) => Math.Max(code, Check(file.FullName))));
        return command;
    }

    private static int Check(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            var keys = new YamlFile(path).Read(text, "the file");
            if (keys.Has("groups"))
            {
                var rules = new RuleFileLoader().Load(path, text);
                Console.WriteLine($"{path}: rule file, {rules.Groups.Count} groups, {rules.Groups.Sum(g => g.Rules.Count)} rules");
            }
            else if (keys.Has("route") || keys.Has("receivers") && keys.Node("receivers") is YamlDotNet.RepresentationModel.YamlSequenceNode)
            {
                var configuration = AlertmanagerConfigurationLoader.Load(path, text, Path.GetDirectoryName(path)!);
                foreach (var setting in configuration.Unsupported)
                {
                    Console.WriteLine($"{path}:{setting.Line}: {setting.Message}");
                }

                Console.WriteLine($"{path}: Alertmanager configuration{(configuration.Unsupported.Count > 0 ? ", valid, but the server refuses it for the above" : string.Empty)}");
                return configuration.Unsupported.Count > 0 ? 1 : 0;
            }
            else
            {
                var configuration = ConfigurationLoader.Load(path, text);
                Console.WriteLine($"{path}: configuration, {configuration.Scrape.Count} scrape jobs, {configuration.Rules.Count} rule files, {configuration.Logs.Count} log sources");
            }

            return 0;
        }
        catch (Exception e) when (e is AlertingConfigurationException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
