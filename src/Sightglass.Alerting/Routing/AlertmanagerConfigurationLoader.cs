using Sightglass.Alerting.Receivers;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Alerting.Routing;

/// <summary>
/// Loads Alertmanager's configuration with Alertmanager's verdict on what is valid. What is valid and not built here is listed in
/// <see cref="AlertmanagerConfiguration.Unsupported"/>: the server refuses it.
/// </summary>
public static class AlertmanagerConfigurationLoader
{
    /// <summary>Loads the text of a configuration. Template files are looked for from <paramref name="folder"/>; messages go where <paramref name="outgoing"/> allows.</summary>
    /// <exception cref="AlertingConfigurationException">It is refused; says line and reason.</exception>
    public static AlertmanagerConfiguration Load(string path, string text, string folder, OutgoingPolicy? outgoing = null)
    {
        var file = new YamlFile(path);
        var root = file.Read(text, "the configuration");
        var unsupported = new List<UnsupportedSetting>();
        var global = GlobalSettings.Read(root.Section("global") ?? new YamlSection(file, new YamlDotNet.RepresentationModel.YamlMappingNode(), "global"), outgoing ?? OutgoingPolicy.Open, unsupported);
        var intervals = Intervals(root);
        var receivers = ReceiverReader.Read(root, global, unsupported);
        var routeSection = root.Section("route") ?? throw root.Error("no route provided in configuration");
        var route = Route(routeSection, null, string.Empty, 0);
        CheckNames(routeSection, route, receivers, intervals);
        var inhibit = root.Sections("inhibit_rules").ConvertAll(Inhibit);
        var templates = root.Texts("templates").SelectMany(p => TemplateFiles.Read(p, folder, m => root.Error("templates", m))).ToList();
        if (root.Section("tracing") is { } tracing)
        {
            if (string.IsNullOrEmpty(tracing.Text("endpoint")))
            {
                throw tracing.Error("tracing endpoint must be set");
            }

            unsupported.Add(new UnsupportedSetting(tracing.Line, "tracing is not built yet"));
        }

        root.RejectUnknown();
        return new AlertmanagerConfiguration
        {
            Original = ConfigurationText.WithoutSecrets(text),
            ResolveTimeout = global.ResolveTimeout,
            Route = route,
            Receivers = receivers,
            PersonalEmail = global["smtp_smarthost"].Length > 0 && global["smtp_from"].Length > 0 ? PersonalEmail(file, global, unsupported) : null,
            InhibitRules = inhibit,
            TimeIntervals = intervals,
            Templates = templates,
            Unsupported = unsupported,
        };
    }

    private static Receivers.EmailConfiguration PersonalEmail(YamlFile file, GlobalSettings global, List<UnsupportedSetting> unsupported) =>
        EmailReader.Read(new YamlSection(file, new YamlDotNet.RepresentationModel.YamlMappingNode("to", "nobody", "send_resolved", "true"), "global"), global, unsupported);

    private static Route Route(YamlSection section, Route? parent, string parentKey, int depth, string id = "")
    {
        if (depth > AlertingLimits.MaxConfigurationDepth)
        {
            throw section.Error($"routes nested deeper than {AlertingLimits.MaxConfigurationDepth}, the limit MaxConfigurationDepth");
        }

        var receiver = section.Text("receiver", string.Empty);
        var matchers = Matchers(section, "match", "match_re", "matchers");
        var hasGroupBy = section.Has("group_by");
        var groupBy = section.Texts("group_by");
        var (wait, interval, repeat) = (section.Duration("group_wait"), section.Duration("group_interval"), section.Duration("repeat_interval"));
        var (mute, active) = (section.Texts("mute_time_intervals"), section.Texts("active_time_intervals"));
        var goOn = section.Bool("continue") ?? false;
        var children = section.Sections("routes");
        section.RejectUnknown();
        var groupByAll = groupBy.Contains("...");
        if (parent is null)
        {
            CheckRoot(section, receiver, matchers, mute, active, goOn);
        }

        if (groupByAll && groupBy.Count > 1)
        {
            throw section.Error("group_by", "cannot have wildcard group_by (`...`) and other labels at the same time");
        }

        if (groupBy.Distinct().Count() != groupBy.Count)
        {
            throw section.Error("group_by", "duplicated label in group_by");
        }

        if (groupBy.Exists(static l => l.Length == 0))
        {
            throw section.Error("group_by", "invalid label name \"\" in group_by list");
        }

        if (interval == TimeSpan.Zero || repeat == TimeSpan.Zero)
        {
            throw section.Error(interval == TimeSpan.Zero ? "group_interval" : "repeat_interval", $"{(interval == TimeSpan.Zero ? "group_interval" : "repeat_interval")} cannot be zero");
        }

        var key = (parent is null ? string.Empty : parentKey + "/") + "{" + string.Join(",", matchers) + "}";
        var route = new Route
        {
            Receiver = receiver.Length > 0 ? receiver : parent!.Receiver,
            GroupBy = hasGroupBy || parent is null ? (groupByAll ? [] : groupBy) : parent.GroupBy,
            GroupByAll = hasGroupBy || parent is null ? groupByAll : parent.GroupByAll,
            Matchers = matchers,
            Continue = goOn,
            GroupWait = wait ?? parent?.GroupWait ?? TimeSpan.FromSeconds(30),
            GroupInterval = interval ?? parent?.GroupInterval ?? TimeSpan.FromMinutes(5),
            RepeatInterval = repeat ?? parent?.RepeatInterval ?? TimeSpan.FromHours(4),
            MuteTimeIntervals = mute,
            ActiveTimeIntervals = active,
            Routes = [],
            Key = key,
            Id = id,
        };
        return route with { Routes = [.. children.Select((c, i) => Route(c, route, key, depth + 1, $"{id}/{i}"))] };
    }

    private static void CheckRoot(YamlSection section, string receiver, List<LabelMatcher> matchers, List<string> mute, List<string> active, bool goOn)
    {
        if (receiver.Length == 0)
        {
            throw section.Error("root route must specify a default receiver");
        }

        if (matchers.Count > 0)
        {
            throw section.Error("root route must not have any matchers");
        }

        if (mute.Count > 0 || active.Count > 0)
        {
            throw section.Error($"root route must not have any {(mute.Count > 0 ? "mute" : "active")} time intervals");
        }

        if (goOn)
        {
            throw section.Error("continue", "cannot have continue in root route");
        }
    }

    private static void CheckNames(YamlSection section, Route route, List<Receiver> receivers, Dictionary<string, IReadOnlyList<TimeInterval>> intervals)
    {
        foreach (var node in route.Walk())
        {
            if (!receivers.Exists(r => r.Name == node.Receiver))
            {
                var nearest = NearestName.Find(node.Receiver, receivers.Select(static r => r.Name));
                throw section.Error($"undefined receiver \"{node.Receiver}\" used in route" + (nearest is null ? string.Empty : $", did you mean \"{nearest}\"?"));
            }

            foreach (var name in node.MuteTimeIntervals.Concat(node.ActiveTimeIntervals))
            {
                if (!intervals.ContainsKey(name))
                {
                    throw section.Error($"undefined time interval \"{name}\" used in route");
                }
            }
        }
    }

    private static InhibitRule Inhibit(YamlSection section)
    {
        section.Accept("name");
        var rule = new InhibitRule(
            Matchers(section, "source_match", "source_match_re", "source_matchers"),
            Matchers(section, "target_match", "target_match_re", "target_matchers"),
            section.Texts("equal"));
        section.RejectUnknown();
        if (rule.Equal.Contains(string.Empty))
        {
            throw section.Error("equal", "invalid label name \"\" in equal list");
        }

        return rule;
    }

    private static List<LabelMatcher> Matchers(YamlSection section, string equal, string regex, string matchers)
    {
        var all = new List<LabelMatcher>();
        try
        {
            foreach (var (name, value) in section.Map(equal))
            {
                all.Add(new LabelMatcher(MatchType.Equal, Name(section, equal, name), value));
            }

            foreach (var (name, value) in section.Map(regex, nullIsError: true))
            {
                // The anchors are written out: they are part of the route's key, and that of messages.
                all.Add(new LabelMatcher(MatchType.Regex, Name(section, regex, name), $"^(?:{value})$"));
            }

            foreach (var text in section.Texts(matchers))
            {
                // An empty one is none.
                all.AddRange(text.Length > 0 ? MatcherParser.Parse(text) : []);
            }
        }
        catch (QueryException e)
        {
            throw section.Error($"in {section.What}: {e.Message}");
        }

        return [.. all.OrderBy(static m => m.Name, StringComparer.Ordinal).ThenBy(static m => m.Value, StringComparer.Ordinal).ThenBy(static m => m.Type)];
    }

    private static string Name(YamlSection section, string key, string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : throw section.Error(key, $"invalid label name \"{name}\" in {key}");

    private static Dictionary<string, IReadOnlyList<TimeInterval>> Intervals(YamlSection root)
    {
        var intervals = new Dictionary<string, IReadOnlyList<TimeInterval>>(StringComparer.Ordinal);
        foreach (var section in root.Sections("mute_time_intervals").Concat(root.Sections("time_intervals")))
        {
            var name = section.Text("name", string.Empty);
            if (name.Length == 0)
            {
                throw section.Error("missing name in time interval");
            }

            var parts = section.Sections("time_intervals").ConvertAll(TimeIntervalReader.Read);
            section.RejectUnknown();
            if (!intervals.TryAdd(name, parts))
            {
                throw section.Error($"time interval \"{name}\" is not unique");
            }
        }

        return intervals;
    }
}
