using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>The two meanings of <c>title</c>.</summary>
internal static class TitleCase
{
    /// <summary>What does not end a word that goes on behind it.</summary>
    private const string WithinWords = "'’.:·";

    /// <summary>In rules, as Prometheus has it: every word begins with a capital, the rest stays.</summary>
    public static string OfRules(string text)
    {
        var result = new StringBuilder(text.Length);
        var before = new Rune(' ');
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(IsOfWord(before) || before.Value == '\'' ? rune : Rune.ToUpperInvariant(rune));
            before = rune;
        }

        return result.ToString();
    }

    /// <summary>In notifications, as Alertmanager has it: the first letter of every word is a capital, the others are small.</summary>
    public static string OfNotifications(string text)
    {
        var result = new StringBuilder(text.Length);
        var runes = text.EnumerateRunes().ToArray();
        var begun = false;
        for (var i = 0; i < runes.Length; i++)
        {
            var rune = runes[i];
            if (Rune.IsUpper(rune) || Rune.IsLower(rune))
            {
                result.Append(begun ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
                begun = true;
                continue;
            }

            result.Append(rune);
            begun &= IsOfWord(rune) || (i + 1 < runes.Length && Rune.IsLetter(runes[i + 1]) && WithinWords.Contains(rune.ToString(), StringComparison.Ordinal));
        }

        return result.ToString();
    }

    private static bool IsOfWord(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == '_';
}
