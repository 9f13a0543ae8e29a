using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Compares two readings of the configuration file by what is written in them.</summary>
internal static class ConfigurationDifference
{
    /// <summary>Names of the jobs whose configuration differs, or that only one of the two has. Where <c>global</c> differs, every job does.</summary>
    public static IReadOnlySet<string> ChangedJobs(ServerConfiguration now, ServerConfiguration next)
    {
        var (before, after) = (Jobs(now), Jobs(next));
        var same = SectionText(now, "global") == SectionText(next, "global");
        return before.Keys.Union(after.Keys).Where(job => !same || before.GetValueOrDefault(job) != after.GetValueOrDefault(job)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A section of the file, written anew so that comments and layout do not count; empty where there is none.</summary>
    public static string SectionText(ServerConfiguration configuration, string key) => Section(configuration, key) is { } node ? Text(node) : string.Empty;

    private static Dictionary<string, string> Jobs(ServerConfiguration configuration)
    {
        var jobs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var job in (Section(configuration, "scrape_configs") as YamlSequenceNode)?.Children.OfType<YamlMappingNode>() ?? [])
        {
            if (job.Children.TryGetValue(new YamlScalarNode("job_name"), out var name) && name is YamlScalarNode { Value: { } text })
            {
                jobs[text] = Text(job);
            }
        }

        return jobs;
    }

    private static YamlNode? Section(ServerConfiguration configuration, string key)
    {
        if (configuration.Source is not { } source)
        {
            return null;
        }

        var stream = new YamlStream();
        stream.Load(new StringReader(source.Text));
        return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root && root.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
    }

    private static string Text(YamlNode node)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }
}
