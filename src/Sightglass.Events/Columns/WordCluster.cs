namespace Sightglass.Events.Columns;

/// <summary>Groups of texts that differ in few words: those words become variables.</summary>
internal sealed class WordCluster
{
    // Of so many words one may differ.
    private const int WordsPerDifference = 3;

    private readonly int _first;
    private readonly bool[] _variable;

    public WordCluster(TextGroup group, ReadOnlySpan<byte> text)
    {
        Groups.Add(group);
        _first = group.Texts[0];
        var variable = new List<bool>();
        var words = new TextCuts.Words(text);
        while (words.Next())
        {
            variable.Add(words.IsVariable);
        }

        _variable = [.. variable];
        Forced = new bool[_variable.Length];
    }

    public List<TextGroup> Groups { get; } = [];

    /// <summary>Words, by their number, that are variable although they do not look it.</summary>
    public bool[] Forced { get; }

    /// <summary>A hash of what stands between the words.</summary>
    public static ulong OutlineOf(ReadOnlySpan<byte> text)
    {
        var hash = 0xcbf29ce484222325UL;
        var words = new TextCuts.Words(text);
        var from = 0;
        while (words.Next())
        {
            hash = Hash(hash, text[from..words.Start]);
            from = words.Start + words.Length;
        }

        return Hash(hash, text[from..]);
    }

    /// <summary>Takes a group of the same outline, if few enough words differ.</summary>
    public bool TryTake(ValueVector texts, TextGroup group)
    {
        var own = texts.BytesOf(_first);
        var text = texts.BytesOf(group.Texts[0]);
        Span<bool> differs = stackalloc bool[_variable.Length <= 256 ? _variable.Length : 0];
        if (differs.Length != _variable.Length)
        {
            return false;
        }

        differs.Clear();
        var ownWords = new TextCuts.Words(own);
        var words = new TextCuts.Words(text);
        var differences = 0;
        while (ownWords.Next())
        {
            if (!words.Next())
            {
                return false;
            }

            var number = words.Number;
            if (Forced[number] || (_variable[number] && words.IsVariable))
            {
                continue;
            }

            if (_variable[number] || words.IsVariable
                || !own.Slice(ownWords.Start, ownWords.Length).SequenceEqual(text.Slice(words.Start, words.Length)))
            {
                differs[number] = true;
                differences++;
            }
        }

        if (words.Next() || differences > Math.Max(1, _variable.Length / WordsPerDifference))
        {
            return false;
        }

        for (var i = 0; i < differs.Length; i++)
        {
            Forced[i] |= differs[i];
        }

        Groups.Add(group);
        return true;
    }

    private static ulong Hash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return (hash ^ 0xff) * 0x100000001b3;
    }
}
