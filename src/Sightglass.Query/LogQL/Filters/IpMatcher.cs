using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Sightglass.Query.LogQL.Filters;

/// <summary>What <c>ip("…")</c> means: one address, a range <c>a-b</c>, or a network in CIDR form; IPv4 and IPv6.</summary>
internal sealed class IpMatcher
{
    private static readonly SearchValues<char> V4Characters = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private readonly byte[] _low;
    private readonly byte[] _high;

    private IpMatcher(byte[] low, byte[] high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Reads the text between the quotes.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IpMatcher? matcher)
    {
        matcher = null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0)
        {
            if (TryRead(text.AsSpan(0, dash), out var from) && TryRead(text.AsSpan(dash + 1), out var to) && from.AddressFamily == to.AddressFamily)
            {
                matcher = new IpMatcher(from.GetAddressBytes(), to.GetAddressBytes());
            }

            return matcher is not null;
        }

        if (text.Contains('/', StringComparison.Ordinal))
        {
            var parts = text.Split('/');
            if (parts.Length != 2 || !TryRead(parts[0], out var address) || !int.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var bits) || bits < 0 || bits > address.GetAddressBytes().Length * 8)
            {
                return false;
            }

            var low = address.GetAddressBytes();
            var high = address.GetAddressBytes();
            for (var bit = bits; bit < low.Length * 8; bit++)
            {
                low[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                high[bit / 8] |= (byte)(0x80 >> (bit % 8));
            }

            matcher = new IpMatcher(low, high);
            return true;
        }

        if (TryRead(text, out var single))
        {
            matcher = new IpMatcher(single.GetAddressBytes(), single.GetAddressBytes());
        }

        return matcher is not null;
    }

    /// <summary>Whether a whole text is an address that matches.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        if (!TryRead(text, out var address))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == _low.Length
            && bytes[..length].SequenceCompareTo(_low) >= 0 && bytes[..length].SequenceCompareTo(_high) <= 0;
    }

    /// <summary>
    /// Whether an address that matches stands somewhere in a text. An address is looked for where one may begin: at a digit with a dot among the
    /// next three characters, or at up to four hexadecimal digits with a colon behind them; it goes on as far as its characters do.
    /// </summary>
    public bool MatchesAnywhere(ReadOnlySpan<char> line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            var rest = line[i..];
            var isV4 = rest.Length > 3 && char.IsAsciiDigit(rest[0]) && rest[1..4].Contains('.');
            if (!isV4 && !(rest.Length > 4 && BeginsV6(rest)))
            {
                continue;
            }

            var length = rest.IndexOfAnyExcept(isV4 ? V4Characters : V6Characters);
            length = length < 0 ? rest.Length : length;
            if (Matches(rest[..length]))
            {
                return true;
            }

            i += length;
        }

        return false;
    }

    private static bool TryRead(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return IsStrict(text) && IPAddress.TryParse(text, out address);
    }

    private static bool BeginsV6(ReadOnlySpan<char> text)
    {
        if (text[0] == ':')
        {
            return text[1] == ':' && char.IsAsciiHexDigit(text[2]);
        }

        var digits = 0;
        while (digits < 4 && char.IsAsciiHexDigit(text[digits]))
        {
            digits++;
        }

        return digits > 0 && text[digits] == ':';
    }

    // Four decimal numbers without leading zeros; the framework would take fewer, and octal ones.
    private static bool IsStrict(ReadOnlySpan<char> text)
    {
        if (text.Contains(':'))
        {
            return true;
        }

        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            parts++;
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }
        }

        return parts == 4;
    }
}
