using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace Sightglass.Query.Syntax;

/// <summary>Numbers as text the way Go's <c>strconv.FormatFloat(v, format, -1, 64)</c> writes them.</summary>
public static class GoFloat
{
    /// <summary>Most bytes that <see cref="WriteJson"/> writes.</summary>
    public const int MaxJsonBytes = 32;

    /// <summary>Most bytes of a number without an exponent: a sign, a point, and the smallest number's 323 zeros and digits.</summary>
    private const int MaxPlainBytes = 352;

    private const double MaxWhole = 1e15;

    private static ReadOnlySpan<ulong> PowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000,
        10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ];

    /// <summary>Format <c>f</c>: never an exponent.</summary>
    public static string Plain(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        Span<byte> text = stackalloc byte[MaxPlainBytes];
        return Encoding.ASCII.GetString(text[..WritePlain(value, text)]);
    }

    /// <summary>Format <c>e</c>: always an exponent of at least two digits.</summary>
    public static string Scientific(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        Span<byte> text = stackalloc byte[MaxJsonBytes];
        return Encoding.ASCII.GetString(text[..WriteScientific(value, text)]);
    }

    /// <summary>Format <c>g</c> with its shortest digits: an exponent below 1e-4 and from 1e6.</summary>
    public static string General(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        // By the shortest digits: those of a number just below a million may be a million.
        if (value != 0)
        {
            var (digits, exponent) = ShortestDecimal.Of(Math.Abs(value));
            if (Length(digits) + exponent is <= -4 or > 6)
            {
                return Scientific(value);
            }
        }

        return Plain(value);
    }

    /// <summary>The form of sample values in Prometheus' JSON: plain, with an exponent below 1e-6 and from 1e21.</summary>
    public static string Json(double value)
    {
        Span<byte> text = stackalloc byte[MaxJsonBytes];
        return Encoding.ASCII.GetString(text[..WriteJson(value, text)]);
    }

    /// <summary>Writes the form of <see cref="Json"/> as UTF-8 and returns its length.</summary>
    /// <param name="value">The number.</param>
    /// <param name="into">At least <see cref="MaxJsonBytes"/> bytes.</param>
    public static int WriteJson(double value, Span<byte> into)
    {
        var size = Math.Abs(value);
        if (size < MaxWhole && (long)value == value && !(value == 0 && double.IsNegative(value)))
        {
            Utf8Formatter.TryFormat((long)value, into, out var written);
            return written;
        }

        return Special(value) is { } special ? Encoding.ASCII.GetBytes(special, into)
            : size != 0 && size is < 1e-6 or >= 1e21 ? WriteScientific(value, into)
            : WritePlain(value, into);
    }

    private static string? Special(double value) =>
        double.IsFinite(value) ? null : double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";

    private static int WriteSign(double value, Span<byte> into)
    {
        if (!double.IsNegative(value))
        {
            return 0;
        }

        into[0] = (byte)'-';
        return 1;
    }

    private static int WritePlain(double value, Span<byte> into)
    {
        var at = WriteSign(value, into);
        if (value == 0)
        {
            into[at] = (byte)'0';
            return at + 1;
        }

        var (digits, exponent) = ShortestDecimal.Of(Math.Abs(value));
        if (exponent >= 0)
        {
            at += WriteDigits(digits, into[at..]);
            into.Slice(at, exponent).Fill((byte)'0');
            return at + exponent;
        }

        var whole = Length(digits) + exponent;
        if (whole > 0)
        {
            // The digits behind the point are written first, then moved by its place.
            var length = WriteDigits(digits, into[at..]);
            into.Slice(at + whole, length - whole).CopyTo(into[(at + whole + 1)..]);
            into[at + whole] = (byte)'.';
            return at + length + 1;
        }

        "0."u8.CopyTo(into[at..]);
        at += 2;
        into.Slice(at, -whole).Fill((byte)'0');
        at -= whole;
        return at + WriteDigits(digits, into[at..]);
    }

    private static int WriteScientific(double value, Span<byte> into)
    {
        var at = WriteSign(value, into);
        var (digits, exponent) = value == 0 ? (0, 0) : ShortestDecimal.Of(Math.Abs(value));
        var length = WriteDigits(digits, into[(at + 1)..]);
        var power = exponent + length - 1;
        into[at] = into[at + 1];
        at++;
        if (length > 1)
        {
            into[at] = (byte)'.';
            at += length;
        }

        into[at++] = (byte)'e';
        into[at++] = power < 0 ? (byte)'-' : (byte)'+';
        power = Math.Abs(power);
        if (power < 10)
        {
            into[at++] = (byte)'0';
        }

        return at + WriteDigits((ulong)power, into[at..]);
    }

    private static int WriteDigits(ulong digits, Span<byte> into)
    {
        Utf8Formatter.TryFormat(digits, into, out var written);
        return written;
    }

    private static int Length(ulong digits)
    {
        // 1233 / 4096 is a little more than the logarithm of two.
        var about = ((64 - BitOperations.LeadingZeroCount(digits)) * 1233) >> 12;
        return about + (digits >= PowersOfTen[about] ? 1 : 0);
    }
}
