using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Index;

/// <summary>The label index of a memory table or a part: label name → value → ascending ids of series.</summary>
internal abstract class SeriesIndex
{
    /// <summary>Series in the index; ids are 0 … count − 1.</summary>
    public abstract int SeriesCount { get; }

    /// <summary>Names of labels.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>Values of a label; none when there is no such label.</summary>
    public abstract IEnumerable<string> Values(string name);

    /// <summary>Adds the series with that label value to <paramref name="into"/>.</summary>
    public abstract void Collect(string name, string value, SeriesBitmap into);

    /// <summary>Tells each label value that series of a set carry, with how many of them do.</summary>
    public abstract void Count(SeriesBitmap series, LabelValueVisitor visit, CancellationToken cancellation);

    /// <summary>The series that satisfy all matchers.</summary>
    public SeriesBitmap Find(IReadOnlyList<LabelMatcher> matchers, CancellationToken cancellation)
    {
        var found = new SeriesBitmap(SeriesCount, full: true);
        foreach (var matcher in matchers)
        {
            cancellation.ThrowIfCancellationRequested();
            var one = new SeriesBitmap(SeriesCount, full: false);
            if (!matcher.MatchesEmpty)
            {
                CollectMatching(matcher, want: true, one);
                found.And(one);
            }
            else
            {
                // A series without the label matches, so what does not match is taken away.
                CollectMatching(matcher, want: false, one);
                found.AndNot(one);
            }
        }

        return found;
    }

    private void CollectMatching(LabelMatcher matcher, bool want, SeriesBitmap into)
    {
        var positive = matcher.Type is MatchType.Equal or MatchType.Regex;
        IEnumerable<string>? literals = matcher.Type is MatchType.Equal or MatchType.NotEqual ? [matcher.Value] : matcher.Regex!.Literals;
        if (literals is not null && positive == want)
        {
            foreach (var literal in literals)
            {
                Collect(matcher.Name, literal, into);
            }

            return;
        }

        foreach (var value in Values(matcher.Name))
        {
            if (matcher.Matches(value) == want)
            {
                Collect(matcher.Name, value, into);
            }
        }
    }
}

/// <summary>Told of a label's value, as UTF-8 that is good for the call, and of how many series carry it.</summary>
internal delegate void LabelValueVisitor(string name, ReadOnlySpan<byte> value, int series);

/// <summary>A set of series ids, one bit each.</summary>
internal sealed class SeriesBitmap
{
    private readonly ulong[] _words;
    private readonly int _count;

    public SeriesBitmap(int count, bool full)
    {
        _count = count;
        _words = new ulong[(count + 63) / 64];
        if (full)
        {
            Array.Fill(_words, ulong.MaxValue);
            if (count % 64 != 0)
            {
                _words[^1] = (1UL << (count % 64)) - 1;
            }
        }
    }

    public bool this[int id] => (_words[id >> 6] >> (id & 63) & 1) != 0;

    /// <summary>Whether an id is in the set; ids beyond the set's size are not.</summary>
    public bool Contains(int id) => (uint)id < (uint)_count && this[id];

    public void Add(int id)
    {
        if ((uint)id < (uint)_count)
        {
            _words[id >> 6] |= 1UL << (id & 63);
        }
    }

    public void And(SeriesBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] &= other._words[i];
        }
    }

    public void AndNot(SeriesBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] &= ~other._words[i];
        }
    }

    /// <summary>The next id in the set at or after <paramref name="from"/>, or -1.</summary>
    public int Next(int from)
    {
        var word = from >> 6;
        if (word >= _words.Length)
        {
            return -1;
        }

        var bits = _words[word] & (ulong.MaxValue << (from & 63));
        while (bits == 0)
        {
            if (++word == _words.Length)
            {
                return -1;
            }

            bits = _words[word];
        }

        return (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
    }
}
