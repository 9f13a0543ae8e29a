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

    /// <summary>
    /// The name of a member within an object whose name so far is <paramref name="prefix"/>, joined with an underscore. Blanks around a member's name
    /// do not count, and one without a name adds nothing.
    /// </summary>
    public string Within(string prefix, ReadOnlySpan<char> key)
    {
        Span<char> joined = stackalloc char[256];
        var part = key.Trim();
        if (part.Length == 0)
        {
            return prefix;
        }

        if (prefix.Length == 0 || prefix.Length + 1 + part.Length > joined.Length)
        {
            var text = Sanitize(part.ToString(), isPrefix: prefix.Length == 0);
            return prefix.Length == 0 ? text : $"{prefix}_{text}";
        }

        // A prefix is a name already, which naming leaves as it is.
        prefix.CopyTo(joined);
        joined[prefix.Length] = '_';
        part.CopyTo(joined[(prefix.Length + 1)..]);
        return this[joined[..(prefix.Length + 1 + part.Length)]];
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
        // A key without a name is asked for like one without a letter.
        var name = Sanitize(key, isPrefix: false);
        return name.Length == 0 ? "_" : char.IsAsciiDigit(name[0]) ? "key_" + name : name[0] == '_' && !name.StartsWith("__", StringComparison.Ordinal) ? "key" + name : name;
    }
}
