using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Sightglass.Query.LogQL.Insight;

/// <summary>
/// Puts lines together that differ in their variable parts only. A line is words and what stands between them; words with digits are variable at
/// once, others when lines with the same separators and mostly the same words differ in them. A line without anything new costs no object.
/// Not thread-safe.
/// </summary>
internal sealed class PatternMiner
{
    /// <summary>Most patterns; lines that need another one are counted only.</summary>
    public const int MaxPatterns = 1_000;

    // What comes after so many tokens of a line is one variable part.
    private const int MaxTokens = 120;

    // Part of the constant words that have to be the same.
    private const double Likeness = 0.6;

    private static readonly SearchValues<char> Separators = SearchValues.Create(" \t\r\n=:,;\"'()[]{}<>|&?!/\\");

    private readonly Dictionary<int, List<PatternCluster>> _byShape = [];
    private readonly List<Range> _tokens = [];

    /// <summary>All patterns so far.</summary>
    public List<PatternCluster> Clusters { get; } = [];

    /// <summary>Lines that found no pattern and could not make one.</summary>
    public long Unclustered { get; private set; }

    /// <summary>The pattern of a line, made when there is none; null when there are too many.</summary>
    public PatternCluster? Find(ReadOnlySpan<char> line, ReadOnlySpan<char> level)
    {
        var cut = Split(line);
        var shape = ShapeOf(line, level, cut);
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byShape, shape, out _);
        list ??= [];
        PatternCluster? best = null;
        var bestLikeness = 0d;
        foreach (var cluster in list)
        {
            var likeness = cluster.LikenessOf(line, CollectionsMarshal.AsSpan(_tokens), level, cut);
            if (likeness >= Likeness && likeness > bestLikeness)
            {
                (best, bestLikeness) = (cluster, likeness);
            }
        }

        if (best is not null)
        {
            best.Take(line, CollectionsMarshal.AsSpan(_tokens));
            return best;
        }

        if (Clusters.Count == MaxPatterns)
        {
            Unclustered++;
            return null;
        }

        var made = new PatternCluster(line, CollectionsMarshal.AsSpan(_tokens), level.ToString(), cut);
        list.Add(made);
        Clusters.Add(made);
        return made;
    }

    /// <summary>Whether a piece of a line stands between words.</summary>
    public static bool IsSeparator(ReadOnlySpan<char> token) => Separators.Contains(token[0]);

    /// <summary>Whether a word is one that a line says another time in another way.</summary>
    public static bool IsVariable(ReadOnlySpan<char> token) => token.ContainsAnyInRange('0', '9');

    private bool Split(ReadOnlySpan<char> line)
    {
        _tokens.Clear();
        for (var at = 0; at < line.Length;)
        {
            if (_tokens.Count == MaxTokens)
            {
                return true;
            }

            var rest = line[at..];
            var length = IsSeparator(rest) ? rest.IndexOfAnyExcept(Separators) : rest.IndexOfAny(Separators);
            length = length < 0 ? rest.Length : length;
            _tokens.Add(at..(at + length));
            at += length;
        }

        return false;
    }

    // Separators, the first word and the level: only lines that share these can share a pattern.
    private int ShapeOf(ReadOnlySpan<char> line, ReadOnlySpan<char> level, bool cut)
    {
        var hash = new HashCode();
        hash.Add(cut);
        hash.Add(string.GetHashCode(level));
        var first = true;
        foreach (var range in _tokens)
        {
            var token = line[range];
            if (IsSeparator(token))
            {
                hash.Add(string.GetHashCode(token));
            }
            else if (first)
            {
                hash.Add(IsVariable(token) ? 1 : string.GetHashCode(token));
                first = false;
            }
            else
            {
                hash.Add(2);
            }
        }

        return hash.ToHashCode();
    }
}

/// <summary>Lines that follow one pattern.</summary>
internal sealed class PatternCluster
{
    private const string Variable = "<_>";

    // Null where the pattern is variable.
    private readonly string?[] _tokens;
    private readonly bool _cut;

    public PatternCluster(ReadOnlySpan<char> line, ReadOnlySpan<Range> tokens, string level, bool cut)
    {
        Level = level;
        _cut = cut;
        _tokens = new string?[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = line[tokens[i]];
            _tokens[i] = PatternMiner.IsSeparator(token) || !PatternMiner.IsVariable(token) ? token.ToString() : null;
        }
    }

    /// <summary>Level of the lines.</summary>
    public string Level { get; }

    /// <summary>Lines of the time asked for.</summary>
    public long Lines { get; private set; }

    /// <summary>Lines of the earlier time.</summary>
    public long Earlier { get; set; }

    /// <summary>The first line that was counted.</summary>
    public string Example { get; private set; } = string.Empty;

    /// <summary>Lines by start of a cell of time.</summary>
    public Dictionary<long, long> Cells { get; } = [];

    /// <summary>Counts a line.</summary>
    public void Count(long cell, ReadOnlySpan<char> line)
    {
        if (Lines++ == 0)
        {
            Example = line.ToString();
        }

        CollectionsMarshal.GetValueRefOrAddDefault(Cells, cell, out _)++;
    }

    /// <summary>Which part of the constant words a line shares; 0 when it is of another make.</summary>
    public double LikenessOf(ReadOnlySpan<char> line, ReadOnlySpan<Range> tokens, ReadOnlySpan<char> level, bool cut)
    {
        if (tokens.Length != _tokens.Length || cut != _cut || !level.SequenceEqual(Level))
        {
            return 0;
        }

        var words = 0;
        var same = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = line[tokens[i]];
            var mine = _tokens[i];
            if (PatternMiner.IsSeparator(token))
            {
                if (mine is null || !token.SequenceEqual(mine))
                {
                    return 0;
                }

                continue;
            }

            words++;
            same += mine is null || token.SequenceEqual(mine) ? 1 : 0;
        }

        return words == 0 ? 1 : (double)same / words;
    }

    /// <summary>Makes variable what a line has otherwise.</summary>
    public void Take(ReadOnlySpan<char> line, ReadOnlySpan<Range> tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            if (_tokens[i] is { } mine && !line[tokens[i]].SequenceEqual(mine))
            {
                _tokens[i] = null;
            }
        }
    }

    /// <summary>The pattern as the line filter takes it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var token in _tokens)
        {
            text.Append(token ?? Variable);
        }

        // Two variable parts side by side are one.
        return text.Append(_cut ? Variable : string.Empty).Replace(Variable + Variable, Variable).ToString();
    }
}
