using Sightglass.Alerting;
using Sightglass.Alerting.Slo;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>slos</c> (objectives in the short form) and <c>slo_files</c> (patterns of OpenSLO's files).</summary>
internal static class SlosReader
{
    /// <summary>All objectives of a configuration.</summary>
    public static IReadOnlyList<SloDefinition> Read(YamlSection root, string path, string folder, TimeSpan scrapeInterval)
    {
        var slos = new List<SloDefinition>(SloLoader.Short(root, path));
        foreach (var pattern in root.Texts("slo_files"))
        {
            foreach (var file in ConfigurationLoader.Expand(pattern, folder))
            {
                slos.AddRange(SloLoader.Load(file, File.Exists(file) ? File.ReadAllText(file) : throw root.Error("slo_files", $"{file}: no such file")));
            }
        }

        // Four samples: one may come late, and a rate still needs two.
        return SloLoader.Checked(slos.ConvertAll(slo => slo with { ShortestWindow = scrapeInterval * 4 }));
    }
}
