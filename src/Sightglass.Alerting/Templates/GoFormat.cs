using System.Globalization;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary><c>fmt.Sprintf</c> over template values: flags, width, precision, explicit argument indexes, and Go's marks for what does not fit.</summary>
internal ref struct GoFormat
{
    private readonly string _format;
    private readonly ReadOnlySpan<TemplateValue> _arguments;
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

    private GoFormat(string format, ReadOnlySpan<TemplateValue> arguments)
    {
        _format = format;
        _arguments = arguments;
        _output = new StringBuilder(format.Length + 16);
    }

    public static string Sprintf(string format, ReadOnlySpan<TemplateValue> arguments)
    {
        var printer = new GoFormat(format, arguments);
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
                    .Append(argument.Kind == TemplateKind.Nil ? "<nil>" : argument.TypeName + "=" + ValuePrinter.Inner(argument));
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
            if (_argument < _arguments.Length && _arguments[_argument].Kind == TemplateKind.Int && Math.Abs(_arguments[_argument].Int) <= TemplateLimits.MaxPrintfWidth)
            {
                return (int)_arguments[_argument++].Int;
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

    private void Write(TemplateValue value, char verb)
    {
        if (verb == 'T')
        {
            Pad(value.TypeName);
            return;
        }

        var text = verb == 'v' && value.Kind is not (TemplateKind.Float or TemplateKind.Int)
            ? Default(value)
            : value.Kind switch
            {
                TemplateKind.Bool when verb == 't' => ValuePrinter.Inner(value),
                TemplateKind.Int => Integer(value.Int, verb),
                TemplateKind.Duration when verb != 's' => Integer(value.Nanoseconds, verb),
                TemplateKind.Float => Float(value.Float, verb),
                TemplateKind.Nil => null,
                TemplateKind.List => Elements(value, verb),
                _ => Text(value, verb),
            };
        if (text is null)
        {
            text = value.Kind == TemplateKind.Nil ? $"%!{verb}(<nil>)" : $"%!{verb}({value.TypeName}={ValuePrinter.Inner(value)})";
            _output.Append(text);
            return;
        }

        Pad(text);
    }

    private readonly string Default(TemplateValue value) => _sharp && value.IsText ? Quote(value.Text)
        : _precision >= 0 && value.IsText && value.Text.Length > _precision ? value.Text[.._precision]
        : ValuePrinter.Inner(value, _plus || _sharp);

    private readonly string? Elements(TemplateValue value, char verb)
    {
        if (verb == 'v' || value.Object.Printed is not null)
        {
            return Default(value);
        }

        var text = new StringBuilder("[");
        for (var i = 0; i < value.List.Count; i++)
        {
            text.Append(i > 0 ? " " : string.Empty).Append(Sprintf("%" + verb, [value.List[i]]));
        }

        return text.Append(']').ToString();
    }

    private readonly string? Text(TemplateValue value, char verb)
    {
        var text = ValuePrinter.Inner(value);
        if (_precision >= 0 && verb is 's' or 'q' && _precision >= 0 && new StringInfo(text).LengthInTextElements > _precision)
        {
            text = new StringInfo(text).SubstringByTextElements(0, _precision);
        }

        return verb switch
        {
            's' => value.Kind == TemplateKind.Bool ? null : text,
            'q' => value.Kind == TemplateKind.Bool ? null : _sharp && !text.Contains('`', StringComparison.Ordinal) ? "`" + text + "`" : Quote(text),
            'x' when value.Kind != TemplateKind.Bool => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
            'X' when value.Kind != TemplateKind.Bool => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
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
