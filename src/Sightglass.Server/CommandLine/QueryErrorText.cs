using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sightglass.Server.CommandLine;

/// <summary>A server's error for reading: its sentence, and a caret below the place in the expression that it names.</summary>
internal static partial class QueryErrorText
{
    private const int MaxShown = 2_000;

    public static string Of(string answer, string expression, int status)
    {
        var message = Message(answer, status);
        var place = Place().Match(message);
        var lines = expression.ReplaceLineEndings("\n").Split('\n');
        if (!place.Success
            || !int.TryParse(place.Groups["line"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var line) || line < 1 || line > lines.Length
            || !int.TryParse(place.Groups["column"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var column) || column < 1 || column > lines[line - 1].Length + 1)
        {
            return message;
        }

        // A tab stays a tab, so that the caret stands below its character.
        var indent = new string([.. lines[line - 1][..(column - 1)].Select(static c => c == '\t' ? '\t' : ' ')]);
        return $"{message}\n  {lines[line - 1]}\n  {indent}^";
    }

    [GeneratedRegex(@"(?:^|[\s:""])(?<line>\d{1,6}):(?<column>\d{1,6}): parse error|line (?<line>\d{1,6}),? col(?:umn)? (?<column>\d{1,6})", RegexOptions.CultureInvariant)]
    private static partial Regex Place();

    private static string Message(string answer, int status)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (var name in (string[])["error", "message"])
                {
                    if (json.RootElement.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String)
                    {
                        return text.GetString()!;
                    }
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON: the text itself is the error.
        }

        var line = answer.Trim();
        return line.Length == 0 ? $"the server answered {status}" : line.Length > MaxShown ? line[..MaxShown] + "…" : line;
    }
}
