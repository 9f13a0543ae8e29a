using System.Globalization;
using System.Text;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>Go's <c>printf</c> for texts, numbers and truth values.</summary>
internal static class GoFormat
{
    /// <summary>Writes <paramref name="arguments"/> by <paramref name="format"/>.</summary>
    public static string Format(string format, ReadOnlySpan<object?> arguments)
    {
        var output = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                output.Append(format[i]);
                continue;
            }

            var start = ++i;
            while (i < format.Length && format[i] is '-' or '+' or '0' or ' ' or '#')
            {
                i++;
            }

            var flags = format[start..Math.Min(i, format.Length)];
            var width = Digits(format, ref i);
            var precision = -1;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Math.Max(0, Digits(format, ref i));
            }

            if (i >= format.Length)
            {
                return output.Append("%!(NOVERB)").ToString();
            }

            if (format[i] == '%')
            {
                output.Append('%');
                continue;
            }

            if (next >= arguments.Length)
            {
                output.Append("%!").Append(format[i]).Append("(MISSING)");
                continue;
            }

            var text = One(format[i], arguments[next++], precision, flags);
            output.Append(flags.Contains('-', StringComparison.Ordinal) ? text.PadRight(Math.Max(width, 0))
                : flags.Contains('0', StringComparison.Ordinal) && format[i] != 's' ? PadZeros(text, width)
                : text.PadLeft(Math.Max(width, 0)));
            if (output.Length > GoTemplate.MaxOutputChars)
            {
                throw new TemplateException($"output is longer than {GoTemplate.MaxOutputChars} characters");
            }
        }

        return output.ToString();
    }

    private static string One(char verb, object? value, int precision, string flags)
    {
        var plus = flags.Contains('+', StringComparison.Ordinal);
        switch (verb)
        {
            case 'v' or 's':
                var text = TemplateValue.Print(value);
                return verb == 's' && precision >= 0 && precision < text.Length ? text[..precision] : text;
            case 'q':
                return QuotedText.Quote(TemplateValue.Print(value));
            case 'd' when value is long number:
                return (plus && number >= 0 ? "+" : string.Empty) + number.ToString(CultureInfo.InvariantCulture);
            case 'b' when value is long number:
                return (number < 0 ? "-" : string.Empty) + Convert.ToString(Math.Abs(number), 2);
            case 'o' when value is long number:
                return (number < 0 ? "-" : string.Empty) + Convert.ToString(Math.Abs(number), 8);
            case 'c' when value is long number && Rune.IsValid((int)number):
                return new Rune((int)number).ToString();
            case 'U' when value is long number:
                return "U+" + number.ToString("X4", CultureInfo.InvariantCulture);
            case 'X' when value is long number:
                return number.ToString("X", CultureInfo.InvariantCulture);
            case 'x' when value is long number:
                return number.ToString("x", CultureInfo.InvariantCulture);
            case 'x' when value is string hex:
                return Convert.ToHexStringLower(Encoding.UTF8.GetBytes(hex));
            case 't' when value is bool:
                return TemplateValue.Print(value);
            case 'f' when value is double number:
                return (plus && number >= 0 ? "+" : string.Empty) + number.ToString("F" + (precision < 0 ? 6 : Math.Min(precision, 99)), CultureInfo.InvariantCulture);
            case 'g' when value is double number:
                return GoFloat.General(number);
            case 'e' when value is double number:
                return Scientific(number, precision < 0 ? 6 : Math.Min(precision, 99));
            default:
                return $"%!{verb}({(value is null ? "<nil>" : TemplateValue.TypeOf(value))}={TemplateValue.Print(value)})";
        }
    }

    // Go writes an exponent of at least two digits.
    private static string Scientific(double value, int precision) =>
        double.IsFinite(value) ? value.ToString($"0.{new string('0', precision)}e+00", CultureInfo.InvariantCulture) : GoFloat.Scientific(value);

    private static string PadZeros(string text, int width)
    {
        var sign = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        return text.Length >= width ? text : text[..sign] + new string('0', width - text.Length) + text[sign..];
    }

    private static int Digits(string format, ref int at)
    {
        var start = at;
        var value = 0;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
        {
            value = Math.Min((value * 10) + (format[at++] - '0'), 4096);
        }

        return at == start ? -1 : value;
    }
}
