using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>
/// Runs scripts of lines and questions. <c>{stream} line @ 20s x4/20s [name=value]</c> puts four lines of a stream, twenty seconds apart, with metadata (a bar
/// stands for a blank in the line's text). <c>instant 60s query</c>, <c>range 40s 80s 20s query</c> and <c>lines query</c> ask; what is expected follows on lines
/// that begin with two blanks: labels with values, <c>_</c> for none, or <c>fail text</c>, or nothing. Labels that every stream gets are left out.
/// </summary>
internal sealed partial class LogScript(string script)
{
    private static readonly HashSet<string> Own = ["detected_level", "service_name"];

    private LogWorld _world = new();

    public void Run()
    {
        var wrong = new StringBuilder();
        var lines = script.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line == "clear")
            {
                _world = new LogWorld();
            }
            else if (line[0] == '{')
            {
                Load(line);
            }
            else
            {
                var want = lines.Skip(i + 1).TakeWhile(static l => l.StartsWith("  ", StringComparison.Ordinal)).Select(static l => l.Trim()).ToList();
                var got = Ask(line);
                i += want.Count;
                var asWanted = want is [var only] && only.StartsWith("fail", StringComparison.Ordinal)
                    ? got is [var reason] && reason.StartsWith("fail", StringComparison.Ordinal) && reason.Contains(only[4..].Trim(), StringComparison.Ordinal)
                    : got.Order(StringComparer.Ordinal).SequenceEqual(want.Order(StringComparer.Ordinal));
                if (!asWanted)
                {
                    wrong.AppendLine(line).AppendJoin('\n', want.Select(static w => "  want " + w)).AppendLine().AppendJoin('\n', got.Select(static g => "  got  " + g)).AppendLine();
                }
            }
        }

        wrong.ToString().ShouldBeEmpty();
    }

    private void Load(string line)
    {
        var parts = Entry().Match(line);
        parts.Success.ShouldBeTrue(line);
        var (at, count, every) = (double.Parse(parts.Groups["at"].Value, CultureInfo.InvariantCulture), parts.Groups["count"] is { Success: true } c ? int.Parse(c.Value, CultureInfo.InvariantCulture) : 1, 0d);
        every = parts.Groups["every"] is { Success: true } e ? double.Parse(e.Value, CultureInfo.InvariantCulture) : 0;
        for (var i = 0; i < count; i++)
        {
            _world.Line(at + (i * every), parts.Groups["labels"].Value, parts.Groups["line"].Value.Replace('|', ' '), parts.Groups["metadata"].Value);
        }
    }

    private List<string> Ask(string line)
    {
        var parts = line.Split(' ', 2);
        try
        {
            switch (parts[0])
            {
                case "instant":
                    var instant = parts[1].Split(' ', 2);
                    var result = _world.Engine.Query(instant[1], LogWorld.At(Seconds(instant[0])), CancellationToken.None);
                    return result.Kind == LogQLResultKind.Scalar ? [Number(result.Scalar)] : [.. result.Series.Select(static s => $"{Labels(s.Labels)} {Number(s.Values[0])}")];
                case "range":
                    var range = parts[1].Split(' ', 4);
                    var (start, end, step) = (LogWorld.At(Seconds(range[0])), LogWorld.At(Seconds(range[1])), (long)(Seconds(range[2]) * LogWorld.Second));
                    return [.. _world.Engine.QueryRange(new LogQLRange(range[3], start, end) { StepNano = step }, CancellationToken.None).Series.Select(s => $"{Labels(s.Labels)} {Points(s, start, end, step)}")];
                case "lines":
                    return [.. _world.Lines(parts[1]).Select(static l => $"{Labels(l.Labels.Select(static p => (p.Name, p.Value)))} {l.Line.Replace(' ', '|')}")];
                default:
                    throw new ArgumentException(line);
            }
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            return [$"fail {e.Message}"];
        }
    }

    private static string Points(LogQLSeries series, long start, long end, long step)
    {
        var points = new List<string>();
        for (var time = start; time <= end; time += step)
        {
            var at = series.TimesUnixNano.ToList().IndexOf(time);
            points.Add(at < 0 ? "_" : Number(series.Values[at]));
        }

        return string.Join(' ', points);
    }

    private static string Labels(LabelSet labels) => Labels(labels.Select(static l => (l.Name, l.Value)));

    private static string Labels(IEnumerable<(string Name, string Value)> labels) =>
        "{" + string.Join(", ", labels.Where(static l => !Own.Contains(l.Name)).OrderBy(static l => l.Name, StringComparer.Ordinal).Select(static l => $"{l.Name}={l.Value}")) + "}";

    private static double Seconds(string text) => double.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("0.########", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\{(?<labels>[^}]*)\} (?<line>\S*) @ (?<at>[0-9.]+)s( x(?<count>\d+)/(?<every>[0-9.]+)s)?( \[(?<metadata>[^\]]*)\])?$")]
    private static partial Regex Entry();
}
