using System.Globalization;
using System.Text.RegularExpressions;
using Sightglass.Query.LogQL.Filters;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>A stage of a pipeline that writes itself and does what it says to one line.</summary>
internal abstract record ModelStage
{
    public abstract override string ToString();

    /// <summary>False drops the line.</summary>
    public abstract bool Run(ModelEntry entry);

    /// <summary>Labels that a parser before it has to find.</summary>
    public virtual IEnumerable<string> Required => [];

    public static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";
}

/// <summary><c>|= "a" or "b"</c> and its like; <paramref name="Symbol"/> is the operator.</summary>
internal sealed record ModelLineFilter(string Symbol, IReadOnlyList<string> Texts) : ModelStage
{
    public override string ToString() => $"{Symbol} {string.Join(" or ", Texts.Select(Quote))}";

    public override bool Run(ModelEntry entry) => Texts.Any(t => Symbol[1] switch
    {
        '=' => entry.Line.Contains(t, StringComparison.Ordinal),
        '~' => Regex.IsMatch(entry.Line, t.EndsWith('$') ? t[..^1] + "\\z" : t, RegexOptions.CultureInvariant),
        _ => FitsPattern(entry.Line, t),
    }) != (Symbol[0] == '!');

    // Captures are not empty, what stands before a literal at the beginning is not looked at, and the end has to fit.
    private static bool FitsPattern(string line, string pattern)
    {
        var at = 0;
        var parts = pattern.Split("<_>");
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].Length == 0)
            {
                continue;
            }

            var found = line.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (found < 0 || (i > 0 && found == at))
            {
                return false;
            }

            at = found + parts[i].Length;
        }

        return line.Length > 0 && (parts[^1].Length == 0) == (at != line.Length);
    }
}

/// <summary><c>|= ip("…")</c>.</summary>
internal sealed record ModelIpFilter(bool Negated, string Address) : ModelStage
{
    public override string ToString() => $"{(Negated ? "!=" : "|=")} ip({Quote(Address)})";

    // What an address in a text is has a table of its own (LokiMeaningTests).
    public override bool Run(ModelEntry entry) => IpMatcher.TryParse(Address, out var matcher) && matcher.MatchesAnywhere(entry.Line) != Negated;
}

/// <summary><c>| drop a, b="x"</c> and <c>| keep …</c>; an item without an operator is a bare name.</summary>
internal sealed record ModelSelect(bool Keep, IReadOnlyList<(string Name, string? Operator, string Value)> Items) : ModelStage
{
    public override string ToString() => (Keep ? "| keep " : "| drop ") + string.Join(", ", Items.Select(static i => i.Operator is null ? i.Name : i.Name + i.Operator + Quote(i.Value)));

    public override bool Run(ModelEntry entry)
    {
        if (Keep)
        {
            foreach (var (name, value) in entry.All())
            {
                if (name is not (ModelEntry.ErrorLabel or ModelEntry.DetailsLabel or ModelEntry.MarkLabel) && !Items.Any(i => i.Name == name && Fits(i, value)))
                {
                    entry.Remove(name);
                }
            }

            return true;
        }

        foreach (var item in Items)
        {
            entry.Drop(item.Name, value => Fits(item, value));
        }

        return true;
    }

    private static bool Fits((string Name, string? Operator, string Value) item, string value) => item.Operator switch
    {
        null => true,
        "=" => value == item.Value,
        "!=" => value != item.Value,
        "=~" => Regex.IsMatch(value, $"^(?:{item.Value})\\z", RegexOptions.CultureInvariant),
        _ => !Regex.IsMatch(value, $"^(?:{item.Value})\\z", RegexOptions.CultureInvariant),
    };
}

/// <summary>A template of literal text, labels (<c>{{.x}}</c>), the line, labels in capitals, and a division that fails.</summary>
internal sealed record ModelTemplate(IReadOnlyList<(string Kind, string Text)> Pieces)
{
    public IEnumerable<string> Labels => Pieces.Where(static p => p.Kind is "label" or "upper" or "if").Select(static p => p.Text);

    public override string ToString() => string.Concat(Pieces.Select(static p => p.Kind switch
    {
        "text" => p.Text,
        "label" => $"{{{{.{p.Text}}}}}",
        "upper" => $"{{{{ .{p.Text} | ToUpper }}}}",
        "if" => $"{{{{ if .{p.Text} }}}}yes{{{{ else }}}}no{{{{ end }}}}",
        "line" => "{{ __line__ }}",
        _ => "{{ div 1 0 }}",
    }));

    /// <summary>What it writes; null when it fails.</summary>
    public string? Run(ModelEntry entry) => Pieces.Any(static p => p.Kind == "fail") ? null : string.Concat(Pieces.Select(p => p.Kind switch
    {
        "text" => p.Text,
        "label" => entry.Shown(p.Text) ?? string.Empty,
        "upper" => (entry.Shown(p.Text) ?? string.Empty).ToUpperInvariant(),
        "if" => string.IsNullOrEmpty(entry.Shown(p.Text)) ? "no" : "yes",
        _ => entry.Line,
    }));
}

/// <summary><c>| line_format "…"</c>.</summary>
internal sealed record ModelLineFormat(ModelTemplate Template) : ModelStage
{
    public const string Error = "TemplateFormatErr";
    public const string Details = "integer divide by zero";

    public override string ToString() => $"| line_format {Quote(Template.ToString())}";

    public override IEnumerable<string> Required => Template.Labels;

    public override bool Run(ModelEntry entry)
    {
        if (Template.Run(entry) is { } line)
        {
            entry.Line = line;
        }
        else
        {
            entry.Fail(Error, Details);
        }

        return true;
    }
}

/// <summary><c>| label_format a=b, c="…"</c>; templates see the labels as the first of them does.</summary>
internal sealed record ModelLabelFormat(IReadOnlyList<(string Label, string? From, ModelTemplate? Template)> Formats) : ModelStage
{
    public override string ToString() => "| label_format " + string.Join(", ", Formats.Select(static f => $"{f.Label}={f.From ?? Quote(f.Template!.ToString())}"));

    public override IEnumerable<string> Required => Formats.SelectMany(static f => f.From is { } from ? [from] : f.Template!.Labels);

    public override bool Run(ModelEntry entry)
    {
        string?[]? outputs = null;
        for (var i = 0; i < Formats.Count; i++)
        {
            var (label, from, template) = Formats[i];
            if (template is null)
            {
                if (entry.Get(from!) is { } value)
                {
                    entry.Set(label, value);
                    entry.Remove(from!);
                }

                continue;
            }

            outputs ??= [.. Formats.Select(f => f.Template?.Run(entry))];
            if (outputs[i] is { } output)
            {
                entry.Set(label, output);
            }
            else
            {
                entry.Fail(ModelLineFormat.Error, ModelLineFormat.Details);
            }
        }

        return true;
    }
}

/// <summary>A selector with its pipeline.</summary>
internal sealed record ModelLog(IReadOnlyList<(string Name, string Operator, string Value)> Matchers, IReadOnlyList<ModelStage> Stages)
{
    public string Selector => "{" + string.Join(", ", Matchers.Select(static m => m.Name + m.Operator + ModelStage.Quote(m.Value))) + "}";

    public override string ToString() => Stages.Count == 0 ? Selector : $"{Selector} {string.Join(' ', Stages)}";

    public bool Selects(ModelLine line) => Matchers.All(m =>
    {
        var value = line.Stream.GetValueOrDefault(m.Name) ?? string.Empty;
        return m.Operator switch
        {
            "=" => value == m.Value,
            "!=" => value != m.Value,
            "=~" => Regex.IsMatch(value, $"^(?:{m.Value})\\z", RegexOptions.CultureInvariant),
            _ => !Regex.IsMatch(value, $"^(?:{m.Value})\\z", RegexOptions.CultureInvariant),
        };
    });

    /// <summary>The line after all stages; null when it was dropped.</summary>
    public ModelEntry? Run(ModelLine line, IReadOnlySet<string>? required, bool asked = false)
    {
        if (!Selects(line))
        {
            return null;
        }

        var entry = new ModelEntry(line, required) { Asked = asked };
        return Stages.All(s => s.Run(entry)) ? entry : null;
    }

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
