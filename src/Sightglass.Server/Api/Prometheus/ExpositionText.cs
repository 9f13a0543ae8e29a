using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Writes Prometheus' text format. Names beyond its old alphabet are quoted, or have underscores where the reader knows no quotes.</summary>
internal sealed class ExpositionText(PipeWriter target, bool utf8Names)
{
    private readonly StringBuilder _text = new();

    /// <summary>Characters not flushed yet.</summary>
    public int Written => _text.Length;

    /// <summary>The line before a family's samples.</summary>
    public void Type(string family, string type)
    {
        _text.Append("# TYPE ");
        if (utf8Names && !IsLegacy(family, colon: true))
        {
            Quoted(family);
        }
        else
        {
            _text.Append(Escaped(family, colon: true));
        }

        _text.Append(' ').Append(type).Append('\n');
    }

    /// <summary>One sample; <paramref name="further"/> are labels that the series gets unless it has them.</summary>
    public void Sample(LabelSet labels, List<Label> further, double value, long timestampMs)
    {
        var any = false;
        var quotedName = utf8Names && !IsLegacy(labels.Name, colon: true);
        if (quotedName)
        {
            any = true;
            _text.Append('{');
            Quoted(labels.Name);
        }
        else
        {
            _text.Append(Escaped(labels.Name, colon: true));
        }

        foreach (ref readonly var label in labels.Span)
        {
            if (label.Name != LabelSet.MetricName)
            {
                Pair(label, ref any);
            }
        }

        foreach (var label in further)
        {
            if (!labels.TryGet(label.Name, out _))
            {
                Pair(label, ref any);
            }
        }

        _text.Append(any ? "} " : " ").Append(Number(value)).Append(' ').Append(CultureInfo.InvariantCulture, $"{timestampMs}\n");
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        foreach (var chunk in _text.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, target);
        }

        _text.Clear();
        await target.FlushAsync(cancellation);
    }

    // Go's shortest form: an exponent below 1e-4 and from a million.
    private static string Number(double value) =>
        Math.Abs(value) >= 1e6 || (value != 0 && Math.Abs(value) < 1e-4) ? GoFloat.Scientific(value) : GoFloat.Plain(value);

    private void Pair(in Label label, ref bool any)
    {
        _text.Append(any ? ',' : '{');
        any = true;
        if (utf8Names && !IsLegacy(label.Name, colon: false))
        {
            Quoted(label.Name);
        }
        else
        {
            _text.Append(Escaped(label.Name, colon: false));
        }

        _text.Append('=');
        Quoted(label.Value);
    }

    private void Quoted(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
    }

    private static bool IsLegacy(string name, bool colon)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!IsLegacy(name[i], i, colon))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool IsLegacy(char c, int at, bool colon) => char.IsAsciiLetter(c) || c == '_' || (c == ':' && colon) || (at > 0 && char.IsAsciiDigit(c));

    private static string Escaped(string name, bool colon)
    {
        if (IsLegacy(name, colon))
        {
            return name;
        }

        // One underscore for every character, also for one of two UTF-16 units.
        var output = new StringBuilder(name.Length);
        var at = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            output.Append(rune.IsBmp && IsLegacy((char)rune.Value, at++, colon) ? (char)rune.Value : '_');
        }

        return output.ToString();
    }
}
