using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Sightglass.Query.LogQL.Filters;

/// <summary>What <c>ip("…")</c> means: one address, a range <c>a-b</c>, or a network in CIDR form; IPv4 and IPv6.</summary>
internal sealed class IpMatcher
{
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
            if (IPAddress.TryParse(text[..dash].Trim(), out var from) && IPAddress.TryParse(text[(dash + 1)..].Trim(), out var to) && from.AddressFamily == to.AddressFamily)
            {
                matcher = new IpMatcher(from.GetAddressBytes(), to.GetAddressBytes());
            }

            return matcher is not null;
        }

        if (text.Contains('/', StringComparison.Ordinal))
        {
            var parts = text.Split('/');
            if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || !int.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var bits) || bits < 0 || bits > address.GetAddressBytes().Length * 8)
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

        if (IPAddress.TryParse(text.Trim(), out var single))
        {
            matcher = new IpMatcher(single.GetAddressBytes(), single.GetAddressBytes());
        }

        return matcher is not null;
    }

    /// <summary>Whether a whole text is an address that matches.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == _low.Length
            && bytes[..length].SequenceCompareTo(_low) >= 0 && bytes[..length].SequenceCompareTo(_high) <= 0;
    }

    /// <summary>Whether an address that matches stands somewhere in a line.</summary>
    public bool MatchesAnywhere(ReadOnlySpan<char> line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (!IsAddress(line[i]) || (i > 0 && IsAddress(line[i - 1])))
            {
                continue;
            }

            var end = i;
            while (end < line.Length && IsAddress(line[end]))
            {
                end++;
            }

            var word = line[i..end];
            var isV4 = word.Count('.') == 3 && _low.Length == 4;
            if (isV4 && word.Contains(':'))
            {
                // An address with a port.
                word = word[..word.IndexOf(':')];
            }

            if ((isV4 || (_low.Length == 16 && word.Count(':') >= 2)) && Matches(word))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAddress(char c) => char.IsAsciiHexDigit(c) || c is '.' or ':';
}
