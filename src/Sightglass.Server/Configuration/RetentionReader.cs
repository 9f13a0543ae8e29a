using Sightglass.Alerting;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events.Deletion;
using Sightglass.Metrics;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Configuration;

/// <summary>Retention of some series or streams, as <c>storage.retention.rules</c> has it.</summary>
/// <param name="Metrics">Rules for metrics, in order.</param>
/// <param name="Events">Rules for logs and traces, in order.</param>
internal sealed record RetentionRules(IReadOnlyList<MetricRetentionRule> Metrics, IReadOnlyList<EventRetentionRule> Events)
{
    public static RetentionRules None { get; } = new([], []);
}

/// <summary>Reads what of <c>storage.retention</c> is not a plain age.</summary>
internal static class RetentionReader
{
    /// <summary>Rules, at most: each is looked up in the index of every part.</summary>
    private const int MaxRules = 100;

    private static readonly TimeSpan ShortestKeep = TimeSpan.FromHours(1);

    /// <exception cref="AlertingConfigurationException">It is not a size or a share.</exception>
    public static DiskLimit? MaxDisk(YamlSection retention) => retention.Text("max_disk") is not { } text ? null
        : DiskLimit.TryParse(text, out var limit) ? limit
        : throw retention.Error("max_disk", $"max_disk: got \"{text}\", want a size such as 50GB, at least {DiskLimit.MinBytes >> 20}MB, or a share of the disk such as 80%");

    /// <exception cref="AlertingConfigurationException">A rule is not as it has to be.</exception>
    public static RetentionRules Rules(YamlSection retention)
    {
        var (metrics, events) = (new List<MetricRetentionRule>(), new List<EventRetentionRule>());
        var sections = retention.Sections("rules");
        if (sections.Count > MaxRules)
        {
            throw retention.Error("rules", $"rules: got {sections.Count}, at most {MaxRules} are supported");
        }

        foreach (var rule in sections)
        {
            var signal = rule.Text("signal") ?? throw rule.Error("a retention rule needs signal: metrics, logs or traces");
            var selector = rule.Text("selector") ?? throw rule.Error("a retention rule needs a selector such as '{service_name=\"shop\"}'");
            var keep = rule.Duration("keep") ?? throw rule.Error("a retention rule needs keep, an age such as 7d; 0s keeps forever");
            if (keep != TimeSpan.Zero && keep < ShortestKeep)
            {
                throw rule.Error("keep", $"keep: got {PromDuration.Format(keep)}, want at least 1h, or 0s to keep forever");
            }

            try
            {
                switch (signal)
                {
                    case "metrics":
                        metrics.Add(new MetricRetentionRule(PromQLParser.ParseSelector(selector), keep));
                        break;
                    case "logs" or "traces":
                        events.Add(new EventRetentionRule(signal == "logs" ? EventSignal.Logs : EventSignal.Spans, LogQLDeletion.Streams(selector), keep));
                        break;
                    default:
                        throw rule.Error("signal", $"signal: got \"{signal}\", want metrics, logs or traces");
                }
            }
            catch (QueryException e)
            {
                throw rule.Error("selector", $"selector: {e.Message}");
            }

            rule.RejectUnknown();
        }

        return new RetentionRules(metrics, events);
    }
}
