using System.CommandLine;
using Sightglass.Alerting.Slo;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass slo rules FILE</c>: prints the rules that are made of objectives, as a rule file of Prometheus.</summary>
internal static class SloCommand
{
    private const string Head = "groups:\n";

    public static Command Build()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "OpenSLO documents, or a configuration with slos or slo_files." };
        var rules = new Command("rules", "Print the recording rules and alerts that are made of objectives.") { file };
        rules.SetAction((result, _) => CommandTree.Guarded(() => Task.FromResult(Rules(result.GetValue(file)!.ToString(), Console.Out))));
        return new Command("slo", "Service level objectives.") { rules };
    }

    /// <summary>Prints the rules of a file as one rule file.</summary>
    internal static int Rules(string path, TextWriter output)
    {
        var text = File.ReadAllText(path);
        var slos = SloLoader.IsOpenSlo(path, text) ? SloLoader.Load(path, text) : ConfigurationLoader.Load(path, text).Slos;
        output.Write(slos.Count == 0 ? "groups: []\n" : Head);
        foreach (var slo in slos)
        {
            output.Write(SloRules.Text(slo)[Head.Length..]);
        }

        return 0;
    }
}
