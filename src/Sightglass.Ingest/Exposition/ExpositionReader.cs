using System.Buffers.Text;
using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Exposition;

/// <summary>What a line of an exposition is.</summary>
internal enum ExpositionEntry
{
    /// <summary>A sample.</summary>
    Sample,

    /// <summary>A <c>TYPE</c> line.</summary>
    Type,

    /// <summary>A <c>HELP</c> line.</summary>
    Help,

    /// <summary>A <c>UNIT</c> line.</summary>
    Unit,
}

/// <summary>
/// Reads Prometheus' text format 0.0.4 and OpenMetrics 1.0 line by line over the bytes of an answer, without copying. Spans point into the
/// input. Anything else is <see cref="MalformedInputException"/> with the line's number.
/// </summary>
internal ref struct ExpositionReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly bool _openMetrics;
    private int _position;
    private int _line;
    private bool _ended;

    public ExpositionReader(ReadOnlySpan<byte> body, bool openMetrics)
    {
        _body = body;
        _openMetrics = openMetrics;
        _position = 0;
        _line = 0;
        _ended = false;
        Name = default;
        Text = default;
        Exemplar = default;
        Value = 0;
        TimestampMs = null;
        Entry = ExpositionEntry.Sample;
    }

    /// <summary>What the current line is.</summary>
    public ExpositionEntry Entry { get; private set; }

    /// <summary>Of a sample the series as written, name and braces; of other lines the family's name.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Type, help (still escaped) or unit.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>The sample's value.</summary>
    public double Value { get; private set; }

    /// <summary>The sample's timestamp in milliseconds, when it has one.</summary>
    public long? TimestampMs { get; private set; }

    /// <summary>What stands behind the <c>#</c> of an OpenMetrics sample; empty without an exemplar.</summary>
    public ReadOnlySpan<byte> Exemplar { get; private set; }

    /// <summary>Moves to the next line with something in it; false at the end.</summary>
    public bool Next()
    {
        while (_position < _body.Length)
        {
            var rest = _body[_position..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0 && _openMetrics && !_ended && !rest.SequenceEqual("# EOF"u8))
            {
                throw Malformed("the last line has no line break");
            }

            var line = length < 0 ? rest : rest[..length];
            _position += length < 0 ? rest.Length : length + 1;
            _line++;
            if (_ended)
            {
                throw Malformed("data after # EOF");
            }

            if (line.Length > 0 && line[^1] == '\r')
            {
                line = line[..^1];
            }

            line = line.TrimStart(" \t"u8);
            if (line.Length == 0)
            {
                if (_openMetrics)
                {
                    throw Malformed("an empty line");
                }

                continue;
            }

            if (line[0] != '#')
            {
                ReadSample(line);
                return true;
            }

            if (ReadComment(line))
            {
                return true;
            }
        }

        if (_openMetrics && !_ended)
        {
            throw Malformed("the answer does not end with # EOF");
        }

        return false;
    }

    /// <summary>
    /// Reads the labels of a series as it is written in an exposition into <paramref name="labels"/>, the name under <c>__name__</c>, empty ones too.
    /// </summary>
    public static void ReadLabels(ReadOnlySpan<byte> series, ExposedLabels labels)
    {
        var brace = series.IndexOf((byte)'{');
        var bare = (brace < 0 ? series : series[..brace]).Trim(" \t"u8);
        if (bare.Length > 0)
        {
            if (!LegacyName.Is(bare, colons: true))
            {
                throw new MalformedInputException($"\"{Encoding.UTF8.GetString(bare)}\" is not a metric name that can stand without quotes");
            }

            labels.Add(LabelSet.MetricName, Encoding.UTF8.GetString(bare));
        }

        if (brace < 0)
        {
            return;
        }

        var at = brace + 1;
        while (true)
        {
            at = SkipSpace(series, at);
            if (at >= series.Length)
            {
                throw new MalformedInputException("labels are not closed");
            }

            if (series[at] == '}')
            {
                return;
            }

            if (!ReadName(series, ref at, labels, out var name))
            {
                continue;
            }

            at = SkipSpace(series, at + 1);
            if (at >= series.Length || series[at] != '"')
            {
                throw new MalformedInputException($"the value of label {name} is not quoted");
            }

            if (!labels.Add(name, Quoted(series, ref at)))
            {
                throw new MalformedInputException($"label name \"{name}\" is not unique: invalid sample");
            }

            at = SkipSpace(series, at);
            if (at < series.Length && series[at] == ',')
            {
                at++;
            }
            else if (at >= series.Length || series[at] != '}')
            {
                throw new MalformedInputException($"expected a comma or the end of the labels after {name}");
            }
        }
    }

    /// <summary>The end of labels in braces at the start of <paramref name="text"/>, whatever stands in their quotes.</summary>
    public static int LabelsEnd(ReadOnlySpan<byte> text)
    {
        if (text.Length == 0 || text[0] != '{')
        {
            throw new MalformedInputException("labels do not start with a brace");
        }

        var at = 1;
        while (at < text.Length && text[at] != '}')
        {
            if (text[at] == '"')
            {
                at++;
                while (at < text.Length && text[at] != '"')
                {
                    at += text[at] == '\\' ? 2 : 1;
                }
            }

            at++;
        }

        return at < text.Length ? at + 1 : throw new MalformedInputException("labels are not closed");
    }

    /// <summary>Undoes the escapes of help texts and label values.</summary>
    public static string Unescape(ReadOnlySpan<byte> text)
    {
        var plain = Encoding.UTF8.GetString(text);
        if (!plain.Contains('\\', StringComparison.Ordinal))
        {
            return plain;
        }

        var output = new StringBuilder(plain.Length);
        for (var i = 0; i < plain.Length; i++)
        {
            if (plain[i] != '\\' || i + 1 == plain.Length)
            {
                output.Append(plain[i]);
                continue;
            }

            i++;
            output.Append(plain[i] switch { 'n' => "\n", '"' => "\"", '\\' => "\\", var other => $"\\{other}" });
        }

        return output.ToString();
    }

    private static string Quoted(ReadOnlySpan<byte> text, ref int at)
    {
        var start = ++at;
        while (at < text.Length && text[at] != '"')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        if (at >= text.Length)
        {
            throw new MalformedInputException("a quoted text is not closed");
        }

        var inside = text[start..at];
        at++;
        return Unescape(inside);
    }

    // True with the position at the equals sign; false when it was the metric's name, which stands without a value.
    private static bool ReadName(ReadOnlySpan<byte> series, ref int at, ExposedLabels labels, out string name)
    {
        var quoted = series[at] == '"';
        if (quoted)
        {
            name = Quoted(series, ref at);
            at = SkipSpace(series, at);
            if (at < series.Length && series[at] is (byte)',' or (byte)'}')
            {
                if (!labels.Add(LabelSet.MetricName, name))
                {
                    throw new MalformedInputException("a series has two names");
                }

                at += series[at] == ',' ? 1 : 0;
                return false;
            }
        }
        else
        {
            var start = at;
            while (at < series.Length && series[at] is not ((byte)'=' or (byte)' ' or (byte)'\t' or (byte)'}' or (byte)','))
            {
                at++;
            }

            name = Encoding.UTF8.GetString(series[start..at]);
            if (!LegacyName.IsLabel(name))
            {
                throw new MalformedInputException($"\"{name}\" is not a label name that can stand without quotes");
            }

            at = SkipSpace(series, at);
        }

        return name.Length > 0 && at < series.Length && series[at] == '=' ? true : throw new MalformedInputException("a label has no value");
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private bool ReadComment(ReadOnlySpan<byte> line)
    {
        var rest = line[1..].TrimStart(" \t"u8);
        if (_openMetrics && rest.SequenceEqual("EOF"u8))
        {
            _ended = true;
            return false;
        }

        ExpositionEntry? entry = rest.StartsWith("TYPE "u8) || rest.StartsWith("TYPE\t"u8) ? ExpositionEntry.Type
            : rest.StartsWith("HELP "u8) || rest.StartsWith("HELP\t"u8) ? ExpositionEntry.Help
            : _openMetrics && rest.StartsWith("UNIT "u8) ? ExpositionEntry.Unit : null;
        if (entry is null)
        {
            return _openMetrics ? throw Malformed("an unknown comment") : false;
        }

        Entry = entry.Value;
        rest = rest[5..].TrimStart(" \t"u8);
        int end;
        if (rest.Length > 0 && rest[0] == '"')
        {
            end = 0;
            var at = 0;
            Quoted(rest, ref at);
            end = at;
            Name = rest[1..(end - 1)];
        }
        else
        {
            end = rest.IndexOfAny((byte)' ', (byte)'\t');
            end = end < 0 ? rest.Length : end;
            Name = rest[..end];
        }

        if (Name.Length == 0)
        {
            throw Malformed("a comment without a name");
        }

        Text = end < rest.Length ? rest[(end + 1)..] : default;
        if (Entry == ExpositionEntry.Type)
        {
            Text = Text.Trim(" \t"u8);
        }
        else if (Entry == ExpositionEntry.Unit && Text.Length > 0 && (Name.Length <= Text.Length || Name[^(Text.Length + 1)] != '_' || !Name.EndsWith(Text)))
        {
            throw Malformed($"unit \"{Encoding.UTF8.GetString(Text)}\" not a suffix of metric \"{Encoding.UTF8.GetString(Name)}\"");
        }

        return true;
    }

    private void ReadSample(ReadOnlySpan<byte> line)
    {
        Entry = ExpositionEntry.Sample;
        var end = SeriesEnd(line);
        Name = line[..end];
        var rest = line[end..].TrimStart(" \t"u8);
        var space = rest.IndexOfAny((byte)' ', (byte)'\t');
        var number = space < 0 ? rest : rest[..space];
        Value = Number(number);
        rest = space < 0 ? default : rest[(space + 1)..].Trim(" \t"u8);
        Exemplar = default;
        TimestampMs = null;
        if (rest.Length > 0 && rest[0] != '#')
        {
            space = rest.IndexOfAny((byte)' ', (byte)'\t');
            var time = space < 0 ? rest : rest[..space];
            TimestampMs = Timestamp(time);
            rest = space < 0 ? default : rest[(space + 1)..].TrimStart(" \t"u8);
        }

        if (rest.Length > 0)
        {
            if (!_openMetrics || rest[0] != '#')
            {
                throw Malformed("unexpected text after the value");
            }

            Exemplar = rest[1..].Trim(" \t"u8);
        }
    }

    private readonly int SeriesEnd(ReadOnlySpan<byte> line)
    {
        var stop = line.IndexOfAny((byte)'{', (byte)' ', (byte)'\t');
        if (stop < 0)
        {
            throw Malformed("a sample has no value");
        }

        var brace = SkipSpace(line, stop);
        if (brace >= line.Length || line[brace] != '{')
        {
            return stop > 0 ? stop : throw Malformed("a sample has no name");
        }

        try
        {
            return brace + LabelsEnd(line[brace..]);
        }
        catch (MalformedInputException e)
        {
            throw Malformed(e.Message);
        }
    }

    private readonly double Number(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length && (char.IsAsciiDigit((char)text[^1]) || text[^1] == '.'))
        {
            return value;
        }

        Span<byte> lower = stackalloc byte[16];
        if (text.Length is > 0 and <= 10)
        {
            for (var i = 0; i < text.Length; i++)
            {
                lower[i] = (byte)char.ToLowerInvariant((char)text[i]);
            }

            var word = lower[..text.Length];
            if (word.SequenceEqual("nan"u8))
            {
                return BitConverter.UInt64BitsToDouble(SpecialValues.NormalNaNBits);
            }

            var sign = word[0] == '-' ? -1 : 1;
            var magnitude = word[0] is (byte)'-' or (byte)'+' ? word[1..] : word;
            if (magnitude.SequenceEqual("inf"u8) || magnitude.SequenceEqual("infinity"u8))
            {
                return sign * double.PositiveInfinity;
            }
        }

        throw Malformed($"\"{Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)])}\" is not a number");
    }

    private readonly long Timestamp(ReadOnlySpan<byte> text)
    {
        if (!_openMetrics && Utf8Parser.TryParse(text, out long milliseconds, out var used) && used == text.Length)
        {
            return milliseconds;
        }

        if (_openMetrics && Number(text) is var seconds && Math.Abs(seconds) < 1e14)
        {
            return (long)(seconds * 1000);
        }

        throw Malformed("a timestamp is not valid");
    }

    private readonly MalformedInputException Malformed(string what) => new($"line {_line}: {what}");
}
