using System.Globalization;
using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.TestKit.Scripts;

/// <summary>A value in a series description: omitted, a number or a histogram.</summary>
public readonly record struct ScriptValue(bool Omitted, double Value, NativeHistogram? Histogram);

/// <summary>Reads the series descriptions of the test language: <c>metric{a="b"} 1 2+3x4 _ stale {{sum:3 count:2}}x5</c>.</summary>
public sealed class ScriptSeriesText
{
    private readonly string _text;
    private int _at;

    private ScriptSeriesText(string text) => _text = text;

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>Reads a line; <paramref name="annotation"/> is what follows the labels with an <c>@</c>.</summary>
    public static (LabelSet Labels, List<ScriptValue> Values) Parse(string line, out string annotation)
    {
        var reader = new ScriptSeriesText(line);
        var labels = reader.Labels();
        annotation = string.Empty;
        if (reader.Current == '@')
        {
            var start = ++reader._at;
            while (char.IsLetter(reader.Current))
            {
                reader._at++;
            }

            annotation = line[start..reader._at];
        }

        return (labels, reader.Values(annotation.Length > 0));
    }

    private LabelSet Labels()
    {
        var builder = new LabelSetBuilder();
        var start = _at;
        while (char.IsLetterOrDigit(Current) || Current is '_' or ':')
        {
            _at++;
        }

        if (_at > start)
        {
            builder.Set(LabelSet.MetricName, _text[start.._at]);
        }

        Blanks();
        if (Current != '{' || (_at + 1 < _text.Length && _text[_at + 1] == '{'))
        {
            return builder.Build();
        }

        _at++;
        while (true)
        {
            Blanks();
            if (Current == '}')
            {
                _at++;
                return builder.Build();
            }

            var name = Current is '"' or '\'' or '`' ? Quoted() : Word();
            Blanks();
            if (Current == '=')
            {
                _at++;
                Blanks();
                builder.Set(name, Quoted());
            }
            else
            {
                builder.Set(LabelSet.MetricName, name);
            }

            Blanks();
            if (Current == ',')
            {
                _at++;
            }
            else if (Current != '}')
            {
                throw new FormatException($"unexpected '{Current}' in labels: {_text}");
            }
        }
    }

    private List<ScriptValue> Values(bool durations)
    {
        var values = new List<ScriptValue>();
        while (true)
        {
            Blanks();
            if (_at >= _text.Length)
            {
                return values;
            }

            if (durations)
            {
                // Start times are not part of the stores' model; their lines are read over.
                _at = _text.Length;
                return values;
            }

            if (Current == '_')
            {
                _at++;
                var times = Current == 'x' ? Count() : 1;
                values.AddRange(Enumerable.Repeat(new ScriptValue(true, 0, null), times));
            }
            else if (Current == '{')
            {
                Histograms(values);
            }
            else
            {
                Numbers(values);
            }
        }
    }

    private void Numbers(List<ScriptValue> values)
    {
        var start = _at;
        if (string.CompareOrdinal(_text, _at, "stale", 0, 5) == 0)
        {
            _at += 5;
            values.Add(new ScriptValue(false, SpecialValues.StaleNaN, null));
            return;
        }

        var first = Number();
        if (Current is '+' or '-')
        {
            var step = Number();
            var times = Count();
            for (var i = 0; i <= times; i++)
            {
                values.Add(new ScriptValue(false, first, null));
                first += step;
            }
        }
        else if (Current == 'x')
        {
            var times = Count();
            values.AddRange(Enumerable.Repeat(new ScriptValue(false, first, null), times + 1));
        }
        else if (_at == start)
        {
            throw new FormatException($"no value at {_at}: {_text}");
        }
        else
        {
            values.Add(new ScriptValue(false, first, null));
        }
    }

    private void Histograms(List<ScriptValue> values)
    {
        var first = ScriptHistogramText.Parse(Braces());
        if (Current is '+' or '-')
        {
            var sign = _text[_at++] == '+' ? 1 : -1;
            var step = ScriptHistogramText.Parse(Braces());
            var times = Count();
            var current = first;
            for (var i = 0; i <= times; i++)
            {
                values.Add(new ScriptValue(false, 0, current));
                current = ScriptHistogramText.Add(current, step, sign);
            }
        }
        else
        {
            var times = Current == 'x' ? Count() : 0;
            values.AddRange(Enumerable.Repeat(new ScriptValue(false, 0, first), times + 1));
        }
    }

    private string Braces()
    {
        var end = _text.IndexOf("}}", _at, StringComparison.Ordinal);
        var inner = _text[(_at + 2)..end];
        _at = end + 2;
        return inner;
    }

    private int Count()
    {
        if (Current != 'x')
        {
            throw new FormatException($"expected x at {_at}: {_text}");
        }

        var start = ++_at;
        while (char.IsAsciiDigit(Current))
        {
            _at++;
        }

        return int.Parse(_text.AsSpan(start, _at - start), CultureInfo.InvariantCulture);
    }

    private double Number()
    {
        var start = _at;
        if (Current is '+' or '-')
        {
            _at++;
        }

        while (char.IsAsciiLetterOrDigit(Current) || Current is '.' || (Current is '+' or '-' && _text[_at - 1] is 'e' or 'E' && char.IsAsciiDigit(_text[_at - 2])))
        {
            if (Current == 'x')
            {
                break;
            }

            _at++;
        }

        return ScriptHistogramText.ParseNumber(_text[start.._at]);
    }

    private string Word()
    {
        var start = _at;
        while (char.IsLetterOrDigit(Current) || Current is '_' or ':')
        {
            _at++;
        }

        return _text[start.._at];
    }

    private string Quoted()
    {
        var quote = _text[_at++];
        var output = new StringBuilder();
        while (Current != quote)
        {
            if (Current == '\\' && quote != '`')
            {
                _at++;
                output.Append(Current switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
                _at++;
                continue;
            }

            output.Append(_at < _text.Length ? _text[_at++] : throw new FormatException($"unterminated string: {_text}"));
        }

        _at++;
        return output.ToString();
    }

    private void Blanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }
}
