using System.Text;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>What a reader of an exposition wants in the place of names beyond letters, digits, <c>_</c> and <c>:</c>.</summary>
internal enum NameEscaping
{
    /// <summary>An underscore for each such character.</summary>
    Underscores,

    /// <summary>The names as they are.</summary>
    AllowUtf8,

    /// <summary><c>_dot_</c> for a dot, two underscores for one and for everything else.</summary>
    Dots,

    /// <summary><c>U__</c> and the code of each such character, which can be read back.</summary>
    Values,
}

/// <summary>Writes names in an alphabet that the reader takes.</summary>
internal static class EscapedName
{
    /// <summary>Whether a name keeps to the old alphabet, which every reader takes.</summary>
    public static bool IsLegacy(string name, bool colon)
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

    /// <summary>The name as <paramref name="escaping"/> wants it; a colon is one of the old alphabet in names of metrics only.</summary>
    public static string Of(string name, NameEscaping escaping, bool colon)
    {
        if (escaping == NameEscaping.AllowUtf8 || IsLegacy(name, colon))
        {
            return name;
        }

        var output = new StringBuilder(name.Length + 8).Append(escaping == NameEscaping.Values ? "U__" : string.Empty);
        var at = 0;
        // A character beyond 16 bits is one, not two.
        foreach (var rune in name.EnumerateRunes())
        {
            var isLegacy = rune.IsBmp && IsLegacy((char)rune.Value, at++, colon);
            _ = escaping switch
            {
                NameEscaping.Underscores => output.Append(isLegacy ? (char)rune.Value : '_'),
                _ when rune.Value == '_' => output.Append("__"),
                _ when isLegacy => output.Append((char)rune.Value),
                NameEscaping.Dots => output.Append(rune.Value == '.' ? "_dot_" : "__"),
                _ => output.Append('_').Append(rune.Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture)).Append('_'),
            };
        }

        return output.ToString();
    }

    private static bool IsLegacy(char c, int at, bool colon) => char.IsAsciiLetter(c) || c == '_' || (c == ':' && colon) || (at > 0 && char.IsAsciiDigit(c));
}
