namespace Sightglass.Query.LogQL.Pipeline;

/// <summary>Makes label names of keys found in lines and in attributes, and remembers them so that a key costs a string once. Not thread-safe.</summary>
internal sealed class LabelNames(Func<string, string> make)
{
    // A sender of ever new keys must not fill the memory of a query.
    private const int MaxRemembered = 16 << 10;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The name for a key.</summary>
    public string this[ReadOnlySpan<char> key]
    {
        get
        {
            var lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(key, out var name))
            {
                return name;
            }

            var text = key.ToString();
            name = make(text);
            if (_names.Count < MaxRemembered)
            {
                _names.Add(text, name);
            }

            return name;
        }
    }

    /// <summary>As Loki's parsers name a label: blanks around it gone, every other character than letters, digits and _ an underscore, none but a prefix of _ before a digit.</summary>
    public static string Sanitize(string key, bool isPrefix = true)
    {
        var trimmed = key.Trim();
        if (trimmed.Length == 0)
        {
            return trimmed;
        }

        var output = new System.Text.StringBuilder(trimmed.Length + 1);
        if (isPrefix && char.IsAsciiDigit(trimmed[0]))
        {
            output.Append('_');
        }

        foreach (var rune in trimmed.EnumerateRunes())
        {
            output.Append(rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_') ? (char)rune.Value : '_');
        }

        return output.ToString();
    }

    /// <summary>As Loki's OTLP receiver names a label: like Prometheus' translation of attribute names.</summary>
    public static string FromAttribute(string key)
    {
        if (key.Length == 0)
        {
            return key;
        }

        var name = Sanitize(key, isPrefix: false);
        return name.Length == 0 ? "_" : char.IsAsciiDigit(name[0]) ? "key_" + name : name[0] == '_' && !name.StartsWith("__", StringComparison.Ordinal) ? "key" + name : name;
    }
}
