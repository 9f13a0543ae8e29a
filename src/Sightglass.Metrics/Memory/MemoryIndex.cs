using System.Text;
using Sightglass.Core.Model;
using Sightglass.Metrics.Index;

namespace Sightglass.Metrics.Memory;

/// <summary>The label index of a memory table. One writer, no readers meanwhile: the table's lock sees to it.</summary>
internal sealed class MemoryIndex : SeriesIndex
{
    private readonly Dictionary<string, Dictionary<string, Postings>> _names = new(StringComparer.Ordinal);
    private int _count;

    public override int SeriesCount => _count;

    public override IEnumerable<string> Names => _names.Keys;

    public override IEnumerable<string> Values(string name) => _names.TryGetValue(name, out var values) ? values.Keys : [];

    public override void Collect(string name, string value, SeriesBitmap into)
    {
        if (_names.TryGetValue(name, out var values) && values.TryGetValue(value, out var postings))
        {
            foreach (var id in postings.Ids)
            {
                into.Add(id);
            }
        }
    }

    /// <summary>Adds the next series by its key.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        var id = _count++;
        Span<char> scratch = stackalloc char[256];
        foreach (var pair in SeriesKey.Read(key))
        {
            var values = Intern(_names, pair.Name, scratch, static () => new Dictionary<string, Postings>(StringComparer.Ordinal));
            Intern(values, pair.Value, scratch, static () => new Postings()).Add(id);
        }
    }

    /// <summary>The labels of a series in the index by its key, without strings of its own.</summary>
    public LabelSet LabelsOf(ReadOnlySpan<byte> key)
    {
        Span<char> scratch = stackalloc char[256];
        var labels = new List<Label>(16);
        foreach (var pair in SeriesKey.Read(key))
        {
            var name = Known(_names, pair.Name, scratch, out var values);
            labels.Add(new Label(name, Known(values, pair.Value, scratch, out _)));
        }

        labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return LabelSet.FromSorted([.. labels]);
    }

    private static string Known<T>(Dictionary<string, T> known, ReadOnlySpan<byte> text, Span<char> scratch, out T value)
    {
        var chars = text.Length <= scratch.Length ? scratch : new char[text.Length];
        chars = chars[..Encoding.UTF8.GetChars(text, chars)];
        return known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars, out var actual, out value!)
            ? actual
            : throw new System.Diagnostics.UnreachableException("BUG: a series of the table is not in its index");
    }

    // Known names and values are found without making a string of them.
    private static T Intern<T>(Dictionary<string, T> known, ReadOnlySpan<byte> text, Span<char> scratch, Func<T> make)
    {
        var chars = text.Length <= scratch.Length ? scratch : new char[text.Length];
        chars = chars[..Encoding.UTF8.GetChars(text, chars)];
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(chars, out var found))
        {
            lookup[chars] = found = make();
        }

        return found;
    }

    private sealed class Postings
    {
        private int[] _ids = new int[1];
        private int _count;

        public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

        public void Add(int id)
        {
            if (_count == _ids.Length)
            {
                Array.Resize(ref _ids, _count * 2);
            }

            _ids[_count++] = id;
        }
    }
}
