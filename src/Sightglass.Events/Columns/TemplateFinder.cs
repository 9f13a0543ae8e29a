using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sightglass.Events.Columns;

/// <summary>Texts of one shape: what is between the variables is the same in all.</summary>
internal sealed class TextGroup
{
    /// <summary>The texts, by their numbers, ascending.</summary>
    public List<int> Texts { get; } = [];

    /// <summary>Where the variables of each text begin in the finder's list.</summary>
    public List<int> Cuts { get; } = [];

    /// <summary>Variables of each text.</summary>
    public int Variables { get; set; }
}

/// <summary>
/// Sorts the texts of a column by shape. First by what is left without the variables; then small groups that differ in few words only become one, in which
/// those words are variables too. Not thread-safe; reused.
/// </summary>
internal sealed class TemplateFinder
{
    /// <summary>Texts of a group from which on it stays by itself.</summary>
    private const int LargeGroup = 128;

    /// <summary>Groups of one outline that a small group is compared with.</summary>
    private const int MostCompared = 16;

    private readonly Dictionary<ulong, int> _byHash = [];
    private readonly List<TextGroup> _groups = [];

    /// <summary>The variables of all texts, as places in their text.</summary>
    public Stretches Cuts { get; } = new();

    /// <summary>Texts that are of no shape that others have.</summary>
    public List<int> Rest { get; } = [];

    public IReadOnlyList<TextGroup> Groups => _groups;

    /// <summary>Sorts texts by what is left without their numbers; false when they have too many shapes.</summary>
    public bool TryByNumbers(ValueVector texts, int mostGroups)
    {
        Clear();
        for (var i = 0; i < texts.EntryCount; i++)
        {
            var text = texts.BytesOf(i);
            var at = Cuts.Count;
            TextCuts.AddNumbers(text, Cuts);
            Add(texts, i, text, at);
            if (_groups.Count > mostGroups || Rest.Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sorts texts by their words; false when most have a shape of their own.</summary>
    public bool TryByWords(ValueVector texts, int leastTexts)
    {
        Clear();
        var most = Math.Max(texts.EntryCount / 2, 64);
        for (var i = 0; i < texts.EntryCount; i++)
        {
            var text = texts.BytesOf(i);
            var at = Cuts.Count;
            TextCuts.AddWords(text, Cuts);
            Add(texts, i, text, at);
            if (_groups.Count > most)
            {
                return false;
            }
        }

        MergeSmall(texts);
        for (var i = _groups.Count - 1; i >= 0; i--)
        {
            if (_groups[i].Texts.Count < leastTexts)
            {
                Rest.AddRange(_groups[i].Texts);
                _groups.RemoveAt(i);
            }
        }

        Rest.Sort();
        return Rest.Count <= texts.EntryCount / 2;
    }

    private void Clear()
    {
        _byHash.Clear();
        _groups.Clear();
        Cuts.Truncate(0);
        Rest.Clear();
    }

    private void Add(ValueVector texts, int number, ReadOnlySpan<byte> text, int cutsAt)
    {
        var variables = Cuts.Count - cutsAt;
        var hash = (ulong)variables;
        var from = 0;
        for (var i = cutsAt; i < Cuts.Count; i++)
        {
            var (start, length) = Cuts[i];
            hash = Hash(hash, text[from..start]);
            from = start + length;
        }

        hash = Hash(hash, text[from..]);
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, hash, out var known);
        if (!known)
        {
            place = _groups.Count;
            _groups.Add(new TextGroup { Variables = variables });
        }

        Put(texts, _groups[place], number, text, cutsAt, variables);
    }

    /// <summary>Adds a text to a group, unless it turns out to be of another shape.</summary>
    private void Put(ValueVector texts, TextGroup group, int number, ReadOnlySpan<byte> text, int cutsAt, int variables)
    {
        if (group.Texts.Count > 0 && !SameShape(texts.BytesOf(group.Texts[0]), group.Cuts[0], group.Variables, text, cutsAt, variables))
        {
            Rest.Add(number);
            return;
        }

        group.Texts.Add(number);
        group.Cuts.Add(cutsAt);
    }

    private bool SameShape(ReadOnlySpan<byte> a, int cutsOfA, int variablesOfA, ReadOnlySpan<byte> b, int cutsOfB, int variablesOfB)
    {
        if (variablesOfA != variablesOfB)
        {
            return false;
        }

        var (fromA, fromB) = (0, 0);
        for (var i = 0; i < variablesOfA; i++)
        {
            var (startA, lengthA) = Cuts[cutsOfA + i];
            var (startB, lengthB) = Cuts[cutsOfB + i];
            if (!a[fromA..startA].SequenceEqual(b[fromB..startB]))
            {
                return false;
            }

            (fromA, fromB) = (startA + lengthA, startB + lengthB);
        }

        return a[fromA..].SequenceEqual(b[fromB..]);
    }

    private void MergeSmall(ValueVector texts)
    {
        var clusters = new List<WordCluster>();
        var byOutline = new Dictionary<ulong, List<WordCluster>>();
        foreach (var group in _groups.OrderByDescending(static g => g.Texts.Count))
        {
            var text = texts.BytesOf(group.Texts[0]);
            var outline = WordCluster.OutlineOf(text);
            ref var alike = ref CollectionsMarshal.GetValueRefOrAddDefault(byOutline, outline, out _);
            alike ??= [];
            WordCluster? found = null;
            for (var i = 0; i < alike.Count && i < MostCompared && found is null && group.Texts.Count < LargeGroup; i++)
            {
                found = alike[i].TryTake(texts, group) ? alike[i] : null;
            }

            if (found is null)
            {
                found = new WordCluster(group, text);
                alike.Add(found);
                clusters.Add(found);
            }
        }

        _groups.Clear();
        foreach (var cluster in clusters)
        {
            _groups.Add(cluster.Groups.Count == 1 ? cluster.Groups[0] : Regroup(texts, cluster));
        }
    }

    private TextGroup Regroup(ValueVector texts, WordCluster cluster)
    {
        var group = new TextGroup();
        var members = cluster.Groups.SelectMany(static g => g.Texts).ToArray();
        Array.Sort(members);
        foreach (var number in members)
        {
            var text = texts.BytesOf(number);
            var at = Cuts.Count;
            TextCuts.AddWords(text, Cuts, cluster.Forced);
            if (group.Texts.Count == 0)
            {
                group.Variables = Cuts.Count - at;
            }

            Put(texts, group, number, text, at, Cuts.Count - at);
        }

        return group;
    }

    private static ulong Hash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = (hash ^ (ulong)bytes.Length) * 0x9e3779b97f4a7c15;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0xd6e8feb86659fd93;
            hash ^= hash >> 31;
            bytes = bytes[8..];
        }

        ulong rest = 0;
        foreach (var b in bytes)
        {
            rest = (rest << 8) | b;
        }

        hash = (hash ^ rest) * 0xd6e8feb86659fd93;
        return hash ^ (hash >> 29);
    }
}
