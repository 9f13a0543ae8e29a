using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.Query.LogQL.Parsers;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>What the parsers of the model share. What is not JSON or logfmt at all is read with the scanners themselves: those have tables of their own.</summary>
internal static partial class ModelText
{
    /// <summary>A key as a label.</summary>
    public static string Name(string key, string prefix)
    {
        var name = new StringBuilder();
        foreach (var rune in key.Trim().EnumerateRunes())
        {
            name.Append(rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_') ? (char)rune.Value : '_');
        }

        return prefix.Length == 0 ? name.Length > 0 && char.IsAsciiDigit(name[0]) ? "_" + name : name.ToString()
            : name.Length == 0 ? prefix : prefix + "_" + name;
    }

    /// <summary>Pairs of a line in their order, and what was wrong; with <paramref name="strict"/> no more than up to there.</summary>
    public static List<(string Key, string Value)> Pairs(string line, bool strict, out string? error)
    {
        error = null;
        var pairs = new List<(string, string)>();
        if (WellFormed().IsMatch(line))
        {
            foreach (Match pair in Pair().Matches(line))
            {
                pairs.Add((pair.Groups["key"].Value, pair.Groups["quoted"] is { Success: true } quoted ? Escape().Replace(quoted.Value, static e => e.Value[1] switch { 'n' => "\n", 't' => "\t", var c => c.ToString() }) : pair.Groups["bare"].Value));
            }

            return pairs;
        }

        var scanner = new LogfmtScanner(line);
        while (scanner.Next() && !(strict && scanner.Error is not null))
        {
            pairs.Add((line.Substring(scanner.Key.Start, scanner.Key.Length), scanner.Unescaped ?? line.Substring(scanner.Value.Start, scanner.Value.Length)));
        }

        error = scanner.Error;
        return pairs;
    }

    /// <summary>The document of a line that is JSON and nothing else; null for another.</summary>
    public static JsonDocument? Document(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\\.", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();

    [GeneratedRegex("""^[ \n]*([^\x00-\x20="]+(=("([^"\\]|\\["\\nt])*"|[^\x00-\x20="]*))?([ \n]+|$))*$""", RegexOptions.CultureInvariant)]
    private static partial Regex WellFormed();

    [GeneratedRegex("""(?<key>[^\x00-\x20="]+)(=("(?<quoted>([^"\\]|\\["\\nt])*)"|(?<bare>[^\x00-\x20="]*)))?""", RegexOptions.CultureInvariant)]
    private static partial Regex Pair();
}

/// <summary><c>| json</c>.</summary>
internal sealed record ModelJson : ModelStage
{
    public const string Error = "JSONParserErr";

    public override string ToString() => "| json";

    public override bool Run(ModelEntry entry)
    {
        if (!entry.WantsMore)
        {
            return true;
        }

        using var document = ModelText.Document(entry.Line);
        if (document is { RootElement.ValueKind: JsonValueKind.Object })
        {
            Walk(entry, document.RootElement, string.Empty);
        }
        else if (Scan(entry, entry.Line, string.Empty) is { } error)
        {
            entry.FailParser(Error, error);
        }

        return true;
    }

    private static bool Walk(ModelEntry entry, JsonElement element, string prefix)
    {
        foreach (var member in element.EnumerateObject())
        {
            var name = ModelText.Name(member.Name, prefix);
            switch (member.Value.ValueKind)
            {
                case JsonValueKind.Object when entry.LooksFor(name) && !Walk(entry, member.Value, name):
                    return false;
                case JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null:
                    break;
                case JsonValueKind.String:
                    entry.Extract(name, member.Value.GetString()!);
                    break;
                default:
                    entry.Extract(name, member.Value.GetRawText());
                    break;
            }

            if (!entry.WantsMore)
            {
                return false;
            }
        }

        return true;
    }

    private static string? Scan(ModelEntry entry, string text, string prefix)
    {
        var reader = new JsonObjectReader(text, 0);
        while (reader.Next())
        {
            var key = text.Substring(reader.Key.Start, reader.Key.Length);
            var name = ModelText.Name(reader.KeyEscaped ? JsonSerializer.Deserialize<string>($"\"{key}\"")! : key, prefix);
            var value = text.Substring(reader.Value.Start, reader.Value.Length);
            if (reader.Kind == JsonKind.Object)
            {
                if (entry.LooksFor(name) && Scan(entry, value, name) is { } error)
                {
                    return error;
                }
            }
            else if (reader.Kind is not (JsonKind.Array or JsonKind.Null))
            {
                entry.Extract(name, reader.ValueEscaped ? JsonSerializer.Deserialize<string>($"\"{value}\"")! : value);
            }

            if (!entry.WantsMore)
            {
                return null;
            }
        }

        return reader.Error;
    }
}

/// <summary><c>| json a="b.c[0]"</c>; a step is a name or, as <c>#0</c>, an index.</summary>
internal sealed record ModelJsonPicks(IReadOnlyList<(string Label, string Path, string[] Steps)> Picks) : ModelStage
{
    public override string ToString() => "| json " + string.Join(", ", Picks.Select(static p => $"{p.Label}={Quote(p.Path)}"));

    public override bool Run(ModelEntry entry)
    {
        if (entry.Line.Length == 0 || !entry.WantsMore)
        {
            return true;
        }

        if (entry.Line[0] is not ('{' or '[' or '"'))
        {
            entry.FailParser(ModelJson.Error, string.Empty);
            return true;
        }

        using var document = ModelText.Document(entry.Line);
        foreach (var (label, _, steps) in Picks)
        {
            entry.Extract(label, document is null ? throw new SkippedException() : Value(document.RootElement, steps));
        }

        return true;
    }

    private static string Value(JsonElement element, string[] steps)
    {
        foreach (var step in steps)
        {
            if (step[0] == '#')
            {
                var index = int.Parse(step.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() <= index)
                {
                    return string.Empty;
                }

                element = element[index];
                continue;
            }

            // Of members of the same name the first counts, other than to the document.
            var name = step;
            if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().All(m => m.Name != name))
            {
                return string.Empty;
            }

            element = element.EnumerateObject().First(m => m.Name == name).Value;
        }

        return element.ValueKind switch
        {
            JsonValueKind.Null => string.Empty,
            JsonValueKind.String => element.GetString()!,
            _ => element.GetRawText(),
        };
    }
}

/// <summary><c>| logfmt</c>, of all or of picked pairs.</summary>
internal sealed record ModelLogfmt(bool Strict, bool KeepEmpty, IReadOnlyList<(string Label, string Key)> Picks) : ModelStage
{
    public override string ToString() =>
        "| logfmt" + (Strict ? " --strict" : string.Empty) + (KeepEmpty ? " --keep-empty" : string.Empty) + (Picks.Count > 0 ? " " : string.Empty) + string.Join(", ", Picks.Select(static p => $"{p.Label}={Quote(p.Key)}"));

    public override bool Run(ModelEntry entry)
    {
        if (!entry.WantsMore)
        {
            return true;
        }

        string? error = null;
        foreach (var (key, value) in ModelText.Pairs(entry.Line, Strict, out error))
        {
            if (Picks.Count > 0)
            {
                foreach (var pick in Picks.Where(p => p.Key == key))
                {
                    entry.Extract(pick.Label, value);
                }
            }
            else if (value.Length > 0 || KeepEmpty)
            {
                entry.Extract(ModelText.Name(key, string.Empty), value);
                if (!entry.WantsMore)
                {
                    return true;
                }
            }
        }

        if (Strict && error is not null)
        {
            entry.FailParser("LogfmtParserErr", error);
            return true;
        }

        foreach (var (label, _) in Picks)
        {
            if (entry.Get(label) is null)
            {
                entry.Extract(label, string.Empty);
            }
        }

        return true;
    }
}

/// <summary><c>| regexp "…"</c>.</summary>
internal sealed record ModelRegexp(string Expression, IReadOnlyList<string> Names) : ModelStage
{
    public override string ToString() => $"| regexp {Quote(Expression)}";

    public override bool Run(ModelEntry entry)
    {
        var match = Regex.Match(entry.Line, Expression.Replace("?P<", "?<", StringComparison.Ordinal), RegexOptions.CultureInvariant);
        if (entry.WantsMore && match.Success)
        {
            foreach (var name in Names)
            {
                entry.Extract(name, match.Groups[name].Value);
            }
        }

        return true;
    }
}

/// <summary><c>| pattern "…"</c>; a part is literal text or, as <c>&lt;name&gt;</c>, a capture.</summary>
internal sealed record ModelPattern(IReadOnlyList<string> Parts) : ModelStage
{
    public override string ToString() => $"| pattern {Quote(string.Concat(Parts))}";

    public override bool Run(ModelEntry entry)
    {
        var (rest, part) = (entry.Line, 0);
        if (rest.Length == 0 || !entry.WantsMore)
        {
            return true;
        }

        if (Parts[0][0] != '<')
        {
            if (!rest.StartsWith(Parts[0], StringComparison.Ordinal))
            {
                return true;
            }

            rest = rest[Parts[part++].Length..];
        }

        for (; part < Parts.Count; part += 2)
        {
            var end = part + 1 < Parts.Count ? rest.IndexOf(Parts[part + 1], StringComparison.Ordinal) : -1;
            if (Parts[part] != "<_>")
            {
                entry.Extract(Parts[part][1..^1], end < 0 ? rest : rest[..end]);
            }

            if (end < 0)
            {
                break;
            }

            rest = rest[(end + Parts[part + 1].Length)..];
        }

        return true;
    }
}

/// <summary><c>| unpack</c>.</summary>
internal sealed record ModelUnpack : ModelStage
{
    public override string ToString() => "| unpack";

    public override bool Run(ModelEntry entry)
    {
        if (entry.Line.Length == 0 || !entry.WantsMore)
        {
            return true;
        }

        if (entry.Line[0] != '{')
        {
            entry.FailParser(ModelJson.Error, "expecting json object(6), but it is not");
            return true;
        }

        using var document = ModelText.Document(entry.Line);
        if (document is not { RootElement.ValueKind: JsonValueKind.Object })
        {
            var reader = new JsonObjectReader(entry.Line, 0);
            while (reader.Next())
            {
            }

            // What is read up to something wrong is not taken; what is behind an object is not looked at.
            entry.FailParser(ModelJson.Error, reader.Error ?? throw new SkippedException());
            return true;
        }

        var texts = document.RootElement.EnumerateObject().Where(static m => m.Value.ValueKind == JsonValueKind.String).ToList();
        if (texts.Exists(static m => m.Name == "_entry"))
        {
            foreach (var member in texts.Where(static m => m.Name != "_entry"))
            {
                entry.Extract(ModelText.Name(member.Name, string.Empty), member.Value.GetString()!);
            }

            entry.Line = texts.Last(static m => m.Name == "_entry").Value.GetString()!;
        }

        return true;
    }
}

/// <summary>The model has no opinion.</summary>
internal sealed class SkippedException : Exception;
