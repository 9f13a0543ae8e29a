using System.Globalization;
using System.Text;

namespace Sightglass.Core.Templates;

/// <summary><c>fmt.Sprintf</c>: flags, width, precision, explicit argument indexes, and Go's marks for what does not fit.</summary>
public static class GoPrintf
{
    /// <summary>Writes <paramref name="arguments"/> by <paramref name="format"/>.</summary>
    /// <typeparam name="T">What a value of the language's templates is.</typeparam>
    /// <exception cref="TemplateFunctionException">It goes over a limit.</exception>
    public static string Format<T>(string format, ReadOnlySpan<T> arguments)
        where T : struct, IPrintfValue<T> => PrintfRun<T>.Sprintf(format, arguments);

    /// <summary>Go's double-quoted form.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': quoted.Append("\\\""); break;
                case '\\': quoted.Append("\\\\"); break;
                case '\n': quoted.Append("\\n"); break;
                case '\t': quoted.Append("\\t"); break;
                case '\r': quoted.Append("\\r"); break;
                case '\a': quoted.Append("\\a"); break;
                case '\b': quoted.Append("\\b"); break;
                case '\f': quoted.Append("\\f"); break;
                case '\v': quoted.Append("\\v"); break;
                default:
                    quoted.Append(rune.Value < 0x20 || rune.Value == 0x7f ? "\\x" + rune.Value.ToString("x2", CultureInfo.InvariantCulture) : rune.ToString());
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }
}

/// <summary>One call of <see cref="GoPrintf.Format{T}"/>.</summary>
internal ref struct PrintfRun<T>
    where T : struct, IPrintfValue<T>
{
    private readonly string _format;
    private readonly ReadOnlySpan<T> _arguments;
    private readonly StringBuilder _output;
    private int _position;
    private int _argument;
    private bool _reordered;
    private bool _plus;
    private bool _minus;
    private bool _sharp;
    private bool _space;
    private bool _zero;
    private int _width;
    private int _precision;

    private PrintfRun(string format, ReadOnlySpan<T> arguments)
    {
        _format = format;
        _arguments = arguments;
        _output = new StringBuilder(format.Length + 16);
    }

    public static string Sprintf(string format, ReadOnlySpan<T> arguments)
    {
        var printer = new PrintfRun<T>(format, arguments);
        printer.Run();
        return printer._output.ToString();
    }

    private void Run()
    {
        while (_position < _format.Length)
        {
            var verb = _format.IndexOf('%', _position);
            if (verb < 0)
            {
                _output.Append(_format, _position, _format.Length - _position);
                break;
            }

            _output.Append(_format, _position, verb - _position);
            _position = verb + 1;
            Verb();
            if (_output.Length > TemplateLimits.MaxOutputLength)
            {
                throw new TemplateFunctionException($"printf wrote more than {TemplateLimits.MaxOutputLength} characters, the limit MaxOutputLength");
            }
        }

        if (!_reordered && _argument < _arguments.Length)
        {
            _output.Append("%!(EXTRA ");
            for (var i = _argument; i < _arguments.Length; i++)
            {
                var argument = _arguments[i];
                _output.Append(i > _argument ? ", " : string.Empty)
                    .Append(argument.Kind == PrintfKind.Nothing ? "<nil>" : argument.TypeName + "=" + argument.Print(false));
            }

            _output.Append(')');
        }
    }

    private void Verb()
    {
        (_plus, _minus, _sharp, _space, _zero, _width, _precision) = (false, false, false, false, false, -1, -1);
        Flags();
        var badIndex = Index();
        _width = Number("BADWIDTH");
        if (_width < -1)
        {
            (_minus, _width) = (true, -_width);
        }

        if (_position < _format.Length && _format[_position] == '.')
        {
            _position++;
            badIndex |= Index();
            var precision = Number("BADPREC");
            _precision = precision < 0 ? 0 : precision;
        }

        badIndex |= Index();
        if (_position >= _format.Length)
        {
            _output.Append("%!(NOVERB)");
            return;
        }

        var verb = Rune.GetRuneAt(_format, _position);
        _position += verb.Utf16SequenceLength;
        if (verb.Value == '%')
        {
            _output.Append('%');
        }
        else if (badIndex)
        {
            _output.Append("%!").Append(verb.ToString()).Append("(BADINDEX)");
        }
        else if (_argument >= _arguments.Length)
        {
            _output.Append("%!").Append(verb.ToString()).Append("(MISSING)");
        }
        else
        {
            Write(_arguments[_argument++], (char)verb.Value);
        }
    }

    private void Flags()
    {
        for (; _position < _format.Length; _position++)
        {
            switch (_format[_position])
            {
                case '+': _plus = true; break;
                case '-': _minus = true; break;
                case '#': _sharp = true; break;
                case ' ': _space = true; break;
                case '0': _zero = true; break;
                default: return;
            }
        }
    }

    /// <summary>Reads <c>[n]</c>; true when it is not a usable index.</summary>
    private bool Index()
    {
        if (_position >= _format.Length || _format[_position] != '[')
        {
            return false;
        }

        _reordered = true;
        var close = _format.IndexOf(']', _position);
        var good = close > 0 && int.TryParse(_format.AsSpan(_position + 1, close - _position - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index >= 1 && index <= _arguments.Length && (_argument = index - 1) >= 0;
        _position = close > 0 ? close + 1 : _position + 1;
        return !good;
    }

    private int Number(string bad)
    {
        if (_position < _format.Length && _format[_position] == '*')
        {
            _position++;
            if (_argument < _arguments.Length && _arguments[_argument].Kind == PrintfKind.Integer && Math.Abs(_arguments[_argument].Integer) <= TemplateLimits.MaxPrintfWidth)
            {
                return (int)_arguments[_argument++].Integer;
            }

            _argument++;
            _output.Append("%!(").Append(bad).Append(')');
            return -1;
        }

        var start = _position;
        while (_position < _format.Length && char.IsAsciiDigit(_format[_position]))
        {
            _position++;
        }

        if (start == _position)
        {
            return -1;
        }

        return int.TryParse(_format.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= TemplateLimits.MaxPrintfWidth
            ? value
            : throw new TemplateFunctionException($"printf width or precision over {TemplateLimits.MaxPrintfWidth}, the limit MaxPrintfWidth");
    }

    private void Write(T value, char verb)
    {
        if (verb == 'T')
        {
            Pad(value.TypeName);
            return;
        }

        var text = verb == 'v' && value.Kind is not (PrintfKind.Float or PrintfKind.Integer)
            ? Default(value)
            : value.Kind switch
            {
                PrintfKind.Truth when verb == 't' => value.Print(false),
                PrintfKind.Integer => Integer(value.Integer, verb),
                PrintfKind.Duration when verb != 's' => Integer(value.Integer, verb),
                PrintfKind.Float => Float(value.Float, verb),
                PrintfKind.Nothing => null,
                PrintfKind.List => Elements(value, verb),
                _ => Text(value, verb),
            };
        if (text is null)
        {
            text = value.Kind == PrintfKind.Nothing ? $"%!{verb}(<nil>)" : $"%!{verb}({value.TypeName}={value.Print(false)})";
            _output.Append(text);
            return;
        }

        Pad(text);
    }

    private readonly string Default(T value) => _sharp && value.Kind == PrintfKind.Text ? GoPrintf.Quote(value.Print(false))
        : _precision >= 0 && value.Kind == PrintfKind.Text && value.Print(false).Length > _precision ? value.Print(false)[.._precision]
        : value.Print(_plus || _sharp);

    private readonly string? Elements(T value, char verb)
    {
        if (verb == 'v')
        {
            return Default(value);
        }

        var text = new StringBuilder("[");
        for (var i = 0; i < value.Count; i++)
        {
            text.Append(i > 0 ? " " : string.Empty).Append(Sprintf("%" + verb, [value.Item(i)]));
        }

        return text.Append(']').ToString();
    }

    private readonly string? Text(T value, char verb)
    {
        var text = value.Print(false);
        if (_precision >= 0 && verb is 's' or 'q' && _precision >= 0 && new StringInfo(text).LengthInTextElements > _precision)
        {
            text = new StringInfo(text).SubstringByTextElements(0, _precision);
        }

        return verb switch
        {
            's' => value.Kind == PrintfKind.Truth ? null : text,
            'q' => value.Kind == PrintfKind.Truth ? null : _sharp && !text.Contains('`', StringComparison.Ordinal) ? "`" + text + "`" : GoPrintf.Quote(text),
            'x' when value.Kind != PrintfKind.Truth => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
            'X' when value.Kind != PrintfKind.Truth => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
            _ => null,
        };
    }

    private readonly string? Integer(long value, char verb)
    {
        var magnitude = value < 0 ? (ulong)-(value + 1) + 1 : (ulong)value;
        string? digits = verb switch
        {
            'd' or 'v' => magnitude.ToString(CultureInfo.InvariantCulture),
            'x' => (_sharp ? "0x" : string.Empty) + magnitude.ToString("x", CultureInfo.InvariantCulture),
            'X' => (_sharp ? "0X" : string.Empty) + magnitude.ToString("X", CultureInfo.InvariantCulture),
            'o' => (_sharp ? "0" : string.Empty) + Convert.ToString((long)magnitude, 8),
            'O' => "0o" + Convert.ToString((long)magnitude, 8),
            'b' => (_sharp ? "0b" : string.Empty) + Convert.ToString((long)magnitude, 2),
            _ => null,
        };
        if (digits is null)
        {
            return verb switch
            {
                'c' => Rune.IsValid((int)Math.Clamp(value, int.MinValue, int.MaxValue)) ? new Rune((int)value).ToString() : "\uFFFD",
                'q' => Rune.IsValid((int)Math.Clamp(value, int.MinValue, int.MaxValue)) ? "'" + new Rune((int)value) + "'" : "'\uFFFD'",
                'U' => "U+" + value.ToString("X4", CultureInfo.InvariantCulture),
                _ => null,
            };
        }

        digits = _precision > digits.Length ? digits.PadLeft(_precision, '0') : digits;
        return Signed(digits, value < 0);
    }

    private readonly string? Float(double value, char verb)
    {
        if (verb is not ('e' or 'E' or 'f' or 'F' or 'g' or 'G' or 'v'))
        {
            return null;
        }

        var format = verb is 'v' ? 'g' : verb is 'F' ? 'f' : verb;
        var text = GoNumber.Format(value, format, _precision >= 0 ? _precision : format is 'g' or 'G' ? -1 : 6);
        var bare = text.TrimStart('+', '-');
        return double.IsFinite(value) ? Signed(bare, text[0] == '-') : Unzeroed(text, bare);
    }

    private readonly string Unzeroed(string text, string bare)
    {
        var sign = text[0] == '-' ? "-" : _plus || text[0] == '+' ? "+" : _space ? " " : string.Empty;
        return (sign + bare).PadLeft(_minus || _width < 0 ? 0 : _width);
    }

    private readonly string Signed(string digits, bool negative)
    {
        var sign = negative ? "-" : _plus ? "+" : _space ? " " : string.Empty;
        return _zero && !_minus && _width > digits.Length + sign.Length && _precision < 0 | digits.Contains('.', StringComparison.Ordinal)
            ? sign + digits.PadLeft(_width - sign.Length, '0')
            : sign + digits;
    }

    private readonly void Pad(string text)
    {
        var missing = _width - text.EnumerateRunes().Count();
        if (missing <= 0)
        {
            _output.Append(text);
        }
        else if (_minus)
        {
            _output.Append(text).Append(' ', missing);
        }
        else
        {
            _output.Append(' ', missing).Append(text);
        }
    }
}
