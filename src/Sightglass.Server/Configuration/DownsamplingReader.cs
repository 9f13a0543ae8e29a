using Sightglass.Alerting;
using Sightglass.Metrics.Downsampling;

namespace Sightglass.Server.Configuration;

/// <summary>Reads <c>storage.downsampling</c>: a list of <c>after</c> and <c>resolution</c>.</summary>
internal static class DownsamplingReader
{
    public static IReadOnlyList<DownsamplingRule> Read(YamlSection storage)
    {
        var rules = new List<DownsamplingRule>();
        foreach (var entry in storage.Sections("downsampling"))
        {
            var after = entry.Duration("after") ?? throw entry.Error("downsampling: got no after, want the age at which samples are downsampled");
            var resolution = entry.Duration("resolution") ?? throw entry.Error("downsampling: got no resolution, want the length of a bucket");
            entry.RejectUnknown();
            rules.Add(new DownsamplingRule(after, resolution));
            if (DownsamplingRule.Check(rules) is { } wrong)
            {
                throw entry.Error($"downsampling: {wrong}");
            }
        }

        return rules;
    }
}
