using System.Text.RegularExpressions;
using Sightglass.Alerting;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Parsers;
using Sightglass.Ingest.Tail;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the entries of <c>logs</c>: files to follow, and how their lines are read.</summary>
internal static class LogsReader
{
    private const string ParserNames = "plain, json, logfmt, nginx, apache, cri, docker or regexp";
    private const int MaxStages = 8;
    private const int MaxLinesPerRecord = 10_000;

    public static TailConfiguration Read(YamlSection section, string folder)
    {
        var files = section.Texts("files");
        if (files.Count == 0)
        {
            throw section.Error("an entry of logs needs files, a list of globs");
        }

        var configuration = new TailConfiguration
        {
            Name = section.Text("name") ?? Path.GetFileNameWithoutExtension(files[0]).Trim('*', '.'),
            Files = [.. files.Select(f => Path.GetFullPath(f, folder))],
            Exclude = [.. section.Texts("exclude").Select(f => Path.GetFullPath(f, folder))],
            Parser = Parser(section),
            MultiLine = MultiLine(section.Section("multiline")),
            TimeZone = Zone(section),
            Labels = LabelSet.From(section.Map("labels").Select(p => new Label(p.Key, p.Value))),
            FromEnd = section.Bool("from_end") ?? false,
        };
        section.RejectUnknown();
        return configuration;
    }

    /// <summary>A regular expression that runs in linear time.</summary>
    public static Regex Expression(YamlSection section, string key)
    {
        var text = section.Text(key) ?? throw section.Error($"{section.What} needs {key}");
        try
        {
            return Re2.Unanchored(text).Regex;
        }
        catch (QueryException e)
        {
            throw section.Error(key, $"{key}: {e.Message}");
        }
    }

    // A name, an object with one name, or a list of them.
    private static ParserConfiguration Parser(YamlSection section)
    {
        if (section.Node("parser") is not { } node)
        {
            return ParserConfiguration.Plain;
        }

        var wrapper = LineWrapper.None;
        var stages = new List<StageConfiguration>();
        var nodes = node is YamlSequenceNode ? section.Items("parser") : [node];
        YamlSection?[] sections = [.. nodes.Select(n => n is YamlMappingNode ? section.Of(n, "a stage of parser") : null)];
        for (var i = 0; i < nodes.Count; i++)
        {
            var name = nodes[i] is YamlScalarNode scalar ? scalar.Value ?? string.Empty : sections[i]!.Keys.FirstOrDefault() ?? string.Empty;
            if (name is "cri" or "docker")
            {
                wrapper = i == 0 ? (name == "cri" ? LineWrapper.Cri : LineWrapper.Docker) : throw section.Error("parser", $"parser: {name} is around the whole line and has to come first");
                continue;
            }

            stages.Add(sections[i] is { } stage ? Stage(stage, name)
                : name == "regexp" ? throw section.Error("parser", "parser: regexp needs a pattern: { regexp: { pattern: '…' } }")
                : new StageConfiguration(Format(section, name)));
        }

        return stages.Count <= MaxStages
            ? new ParserConfiguration(wrapper, [.. stages.Where(s => s.Format != LineFormat.Plain)])
            : throw section.Error("parser", $"parser: got {stages.Count} stages, want at most {MaxStages}");
    }

    private static StageConfiguration Stage(YamlSection stage, string name)
    {
        if (stage.Keys.Count != 1)
        {
            throw stage.Error($"a stage of parser has one key, its name: {ParserNames}");
        }

        var format = Format(stage, name);
        var options = stage.Section(name) ?? throw stage.Error(name, $"{name}: want options, or the name alone");
        var timeFormat = options.Text("time_format");
        var configuration = new StageConfiguration(format)
        {
            From = options.Text("from", string.Empty),
            Message = options.Text("message", string.Empty),
            TimeField = options.Text("time", string.Empty),
            LevelField = options.Text("level", string.Empty),
            Expression = format == LineFormat.Regexp ? Named(options) : null,
            TimeFormat = timeFormat is null or "rfc3339" or "unix" ? null : TimeFormat.TryParse(timeFormat, out var why) ?? throw options.Error("time_format", $"time_format: {why}"),
        };
        if (format is LineFormat.Nginx or LineFormat.Apache && (configuration.TimeField.Length > 0 || configuration.LevelField.Length > 0 || timeFormat is not null))
        {
            throw options.Error($"{name} knows where its time and level are; time, time_format and level are for json, logfmt and regexp");
        }

        options.RejectUnknown();
        stage.RejectUnknown();
        return configuration;
    }

    private static Regex Named(YamlSection options)
    {
        var expression = Expression(options, "pattern");
        return expression.GetGroupNames().Any(n => !char.IsAsciiDigit(n[0]))
            ? expression
            : throw options.Error("pattern", "pattern: no named group; fields are named as (?P<name>…)");
    }

    private static LineFormat Format(YamlSection section, string name) => name switch
    {
        "plain" => LineFormat.Plain,
        "json" => LineFormat.Json,
        "logfmt" => LineFormat.Logfmt,
        "nginx" => LineFormat.Nginx,
        "apache" => LineFormat.Apache,
        "regexp" => LineFormat.Regexp,
        _ => throw section.Error("parser", $"parser: got \"{name}\", want {ParserNames}"),
    };

    private static MultiLine? MultiLine(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var most = section.Integer("max_lines") ?? Ingest.Tail.MultiLine.DefaultMaxLines;
        if (most is < 2 or > MaxLinesPerRecord)
        {
            throw section.Error("max_lines", $"max_lines: got {most}, want 2 to {MaxLinesPerRecord}");
        }

        if (section.Has("start") == section.Has("continuation"))
        {
            throw section.Error("multiline needs either start, which matches the first line of a record, or continuation, which matches the others");
        }

        var start = section.Has("start") ? Expression(section, "start") : null;
        var continuation = start is null ? Expression(section, "continuation") : null;
        section.RejectUnknown();
        return new MultiLine(start, continuation, (int)most);
    }

    private static TimeZoneInfo? Zone(YamlSection section)
    {
        if (section.Text("timezone") is not { } name)
        {
            return null;
        }

        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw section.Error("timezone", $"timezone: got \"{name}\", want a name as Europe/Berlin");
        }
    }
}
