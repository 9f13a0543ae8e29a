using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Pipeline;

/// <summary>A text with <c>${field}</c> in it; a field that a record has not is nothing. Immutable.</summary>
internal sealed class LogTemplate
{
    [ThreadStatic]
    private static ByteWriter? _target;

    private readonly List<(byte[] Text, LogField? Field)> _pieces = [];

    /// <summary>Reads a template.</summary>
    /// <exception cref="FormatException">A <c>${</c> has no end or no name.</exception>
    public static LogTemplate Parse(string text)
    {
        var template = new LogTemplate();
        var at = 0;
        while (true)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            if (open < 0)
            {
                template._pieces.Add((Encoding.UTF8.GetBytes(text[at..]), null));
                return template;
            }

            var close = text.IndexOf('}', open);
            if (close < open + 3)
            {
                throw new FormatException($"template: ${{ at {open + 1} has no field and }} behind it");
            }

            template._pieces.Add((Encoding.UTF8.GetBytes(text[at..open]), LogField.Of(text[(open + 2)..close])));
            at = close + 1;
        }
    }

    /// <summary>The text of a record. Valid until the next call on this thread.</summary>
    public ReadOnlySpan<byte> Render(LogRowView row)
    {
        var target = _target ??= new ByteWriter(256);
        target.Clear();
        foreach (var (text, field) in _pieces)
        {
            target.Write(text);
            if (field is { } known && row.TryText(known, out var value))
            {
                target.Write(value);
            }
        }

        return target.Written;
    }
}

/// <summary>Checks templates before they are used.</summary>
public static class LogTemplateText
{
    /// <summary>Returns where the text is a template.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static void Check(string text) => LogTemplate.Parse(text);
}
