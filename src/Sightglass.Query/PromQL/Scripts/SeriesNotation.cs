using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>
/// Reads the series descriptions of Prometheus' scripts and unit tests: <c>metric{a="b"} 1 2+3x4 _ stale {{sum:3 count:2}}x5</c>.
/// What is wrong is a <see cref="QueryException"/> with the position in the line.
/// </summary>
public sealed class SeriesNotation
{
    private readonly string _text;
    private readonly int _maxValues;
    private int _at;

    private SeriesNotation(string text, int maxValues)
    {
        _text = text;
        _maxValues = maxValues;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private char Next => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    /// <summary>Reads labels and values of a line, at most so many values.</summary>
    /// <exception cref="QueryException">The line is no series description.</exception>
    /// <exception cref="LimitExceededException">It stands for too many values.</exception>
    public static (LabelSet Labels, List<SeriesValue> Values) Parse(string line, int maxValues = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(line);
        var reader = new SeriesNotation(line, maxValues);
        reader.Blanks();
        return (reader.Labels(), reader.Values());
    }

    /// <summary>Reads values alone, as unit tests of rules have them.</summary>
    /// <exception cref="QueryException">The text is no sequence of values.</exception>
    /// <exception cref="LimitExceededException">It stands for too many values.</exception>
    public static List<SeriesValue> ParseValues(string values, int maxValues = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new SeriesNotation(values, maxValues).Values();
    }

    /// <summary>Reads a metric with its labels alone: <c>metric{a="b"}</c>.</summary>
    /// <exception cref="QueryException">The text is something else.</exception>
    public static LabelSet ParseLabels(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reader = new SeriesNotation(text, 0);
        reader.Blanks();
        var labels = reader.Labels();
        reader.Blanks();
        return reader._at == text.Length ? labels : throw reader.Error($"unexpected {QuotedText.Quote(text[reader._at..])} after the labels");
    }

    private LabelSet Labels()
    {
        var builder = new LabelSetBuilder();
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or ':')
        {
            _at++;
        }

        if (_at > start)
        {
            builder.Set(LabelSet.MetricName, _text[start.._at]);
        }

        Blanks();
        if (Current != '{' || Next == '{')
        {
            return _at > start ? builder.Build() : throw Error("expected a metric name or labels");
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

            Label(builder);
            Blanks();
            if (Current == ',')
            {
                _at++;
            }
            else if (Current != '}')
            {
                throw Error("expected ',' or '}' in labels");
            }
        }
    }

    private void Label(LabelSetBuilder builder)
    {
        var name = Current is '"' or '\'' or '`' ? Quoted() : Word();
        Blanks();
        if (Current != '=')
        {
            builder.Set(LabelSet.MetricName, name);
            return;
        }

        _at++;
        Blanks();
        if (Current is not ('"' or '\'' or '`'))
        {
            throw Error("expected a label's value in quotes");
        }

        builder.Set(name, Quoted());
    }

    private List<SeriesValue> Values()
    {
        var values = new List<SeriesValue>();
        while (true)
        {
            Blanks();
            if (_at >= _text.Length)
            {
                return values;
            }

            if (Current == '_')
            {
                _at++;
                Repeat(values, new SeriesValue(true, 0, null), Current == 'x' ? Count() : 1);
            }
            else if (Current == '{' && Next == '{')
            {
                Histograms(values);
            }
            else
            {
                Numbers(values);
            }

            if (_at < _text.Length && !char.IsWhiteSpace(Current))
            {
                throw Error($"unexpected {QuotedText.Quote(Current.ToString())} in a sequence of values");
            }
        }
    }

    private void Numbers(List<SeriesValue> values)
    {
        if (string.CompareOrdinal(_text, _at, "stale", 0, 5) == 0)
        {
            _at += 5;
            Repeat(values, new SeriesValue(false, SpecialValues.StaleNaN, null), 1);
            return;
        }

        var first = Number();
        if (Current is '+' or '-')
        {
            var step = Number();
            var times = Count();
            Take(values, times + 1);
            for (var i = 0; i <= times; i++)
            {
                values.Add(new SeriesValue(false, first, null));
                first += step;
            }

            return;
        }

        Repeat(values, new SeriesValue(false, first, null), Current == 'x' ? Count() + 1 : 1);
    }

    private void Histograms(List<SeriesValue> values)
    {
        var (first, hint) = Braces();
        if (Current is '+' or '-')
        {
            var sign = _text[_at++] == '+' ? 1 : -1;
            var (step, _) = Braces();
            var times = Count();
            Take(values, times + 1);
            for (var i = 0; i <= times; i++)
            {
                values.Add(new SeriesValue(false, 0, first, hint));
                first = HistogramNotation.Add(first, step, sign);
            }

            return;
        }

        Repeat(values, new SeriesValue(false, 0, first, hint), Current == 'x' ? Count() + 1 : 1);
    }

    private (NativeHistogram Histogram, bool HintGiven) Braces()
    {
        if (Current != '{' || Next != '{')
        {
            throw Error("expected a histogram in double braces");
        }

        var end = _text.IndexOf("}}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("histogram without closing braces");
        }

        var inner = _text[(_at + 2)..end];
        var start = _at;
        _at = end + 2;
        try
        {
            return HistogramNotation.Parse(inner);
        }
        catch (FormatException e)
        {
            throw new QueryException(QueryErrorKind.BadData, $"{e.Message} in {QuotedText.Quote(_text[start.._at])}", start);
        }
    }

    private int Count()
    {
        if (Current != 'x')
        {
            throw Error("expected x and a number of repetitions");
        }

        var start = ++_at;
        while (char.IsAsciiDigit(Current))
        {
            _at++;
        }

        if (_at == start)
        {
            throw Error("expected a number of repetitions after x");
        }

        return int.TryParse(_text.AsSpan(start, _at - start), CultureInfo.InvariantCulture, out var count) && count < int.MaxValue
            ? count
            : throw TooMany(int.MaxValue);
    }

    private void Repeat(List<SeriesValue> values, SeriesValue value, int times)
    {
        Take(values, times);
        for (var i = 0; i < times; i++)
        {
            values.Add(value);
        }
    }

    private void Take(List<SeriesValue> values, long more)
    {
        if (values.Count + more > _maxValues)
        {
            throw TooMany(values.Count + more);
        }
    }

    private LimitExceededException TooMany(long got) => new("maxValuesPerSeries", _maxValues, got, "series description stands for too many values");

    private double Number()
    {
        var start = _at;
        if (Current is '+' or '-')
        {
            _at++;
        }

        while (Current != 'x' && (char.IsAsciiLetterOrDigit(Current) || Current is '.' || IsExponentSign(start)))
        {
            _at++;
        }

        return NumberText.TryParseFloat(_text[start.._at], out var number) ? number : throw new QueryException(QueryErrorKind.BadData, $"expected a number, got {QuotedText.Quote(_text[start..Math.Min(_text.Length, Math.Max(_at, start + 1))])}", start);
    }

    private bool IsExponentSign(int start) => Current is '+' or '-' && _at - start >= 2 && _text[_at - 1] is 'e' or 'E' && (char.IsAsciiDigit(_text[_at - 2]) || _text[_at - 2] == '.');

    private string Word()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or ':')
        {
            _at++;
        }

        return _at > start ? _text[start.._at] : throw Error("expected a label's name");
    }

    private string Quoted()
    {
        var at = _at;
        if (!QuotedText.TryRead(_text, ref at, out var value, out var error))
        {
            throw new QueryException(QueryErrorKind.BadData, error, at);
        }

        _at = at;
        return value;
    }

    private void Blanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private QueryException Error(string message) => new(QueryErrorKind.BadData, message, _at);
}
