using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.Insight;

public sealed partial class LogInsights
{
    /// <summary>Most fields that are told apart.</summary>
    public const int MaxFacetFields = 300;

    /// <summary>Most values of a field that are counted apart.</summary>
    public const int MaxFacetValues = 2_000;

    // Longer values are shown cut; a value this long is no value to pick from a list.
    private const int MaxValueCharacters = 1_000;

    /// <summary>
    /// The fields of the lines of a selection with their most frequent values, the field that most lines have first. Every line counts where the store can
    /// count them by itself: without stages, in up to a hundred times the lines of the sample, and where no label comes from two places; else those that the sample looks at.
    /// </summary>
    /// <param name="sample">The lines.</param>
    /// <param name="values">Most values of each field to return.</param>
    /// <param name="cancellation">Ends the work.</param>
    public LogFacets Facets(LogSample sample, int values, CancellationToken cancellation)
    {
        var counter = new FacetCounter();
        var complete = true;
        if (CountFacets(sample, cancellation, ref counter) is not { } lines)
        {
            counter = new FacetCounter();
            lines = 0;
            complete = Scan(
                sample,
                AllLabels(),
                entry =>
                {
                    lines++;
                    entry.ForEach(ref counter);
                },
                cancellation);
        }

        var fields = new List<LogFacet>();
        foreach (var ((name, source), field) in counter.Fields)
        {
            var top = field.Values.OrderByDescending(static v => v.Value).ThenBy(static v => v.Key, StringComparer.Ordinal).Take(values).Select(static v => new LogFacetValue(v.Key, v.Value)).ToList();
            fields.Add(new LogFacet(name, source, field.Lines, field.Values.Count, complete && !field.Overflowed, top));
        }

        return new LogFacets(
            lines,
            complete && !counter.Overflowed,
            [.. fields.OrderByDescending(static f => f.Lines).ThenBy(static f => f.Name, StringComparer.Ordinal).ThenBy(static f => f.Source)]);
    }

    private readonly struct FacetCounter() : ILabelVisitor
    {
        private readonly bool[] _overflowed = new bool[1];

        public Dictionary<(string Name, LogLabelSource Source), FieldCounter> Fields { get; } = [];

        public bool Overflowed => _overflowed[0];

        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category) => Count(name, value, category, 1);

        /// <summary>Counts a value of so many lines.</summary>
        public void Count(string name, ReadOnlySpan<char> value, LabelCategory category, long lines) => FieldOf(name, category)?.Add(value, lines);

        /// <summary>The counter of a field; null when there are too many.</summary>
        public FieldCounter? FieldOf(string name, LabelCategory category)
        {
            var key = (name, (LogLabelSource)category);
            if (!Fields.TryGetValue(key, out var field))
            {
                if (Fields.Count == MaxFacetFields)
                {
                    _overflowed[0] = true;
                    return null;
                }

                Fields.Add(key, field = new FieldCounter());
            }

            return field;
        }
    }

    private sealed class FieldCounter
    {
        private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _lookup;

        public FieldCounter() => _lookup = Values.GetAlternateLookup<ReadOnlySpan<char>>();

        public Dictionary<string, long> Values { get; } = new(StringComparer.Ordinal);

        public long Lines { get; private set; }

        public bool Overflowed { get; private set; }

        /// <summary>Counts lines with values that nobody knows.</summary>
        public void AddUncounted(long lines)
        {
            Lines += lines;
            Overflowed = true;
        }

        public void Add(ReadOnlySpan<char> value, long lines)
        {
            Lines += lines;
            value = value.Length > MaxValueCharacters ? value[..MaxValueCharacters] : value;
            if (_lookup.TryGetValue(value, out var count))
            {
                _lookup[value] = count + lines;
            }
            else if (Values.Count < MaxFacetValues)
            {
                _lookup[value] = lines;
            }
            else
            {
                Overflowed = true;
            }
        }
    }
}

/// <summary>Fields of a selection.</summary>
/// <param name="Lines">Lines that were looked at.</param>
/// <param name="Exact">Every line of the selection and every field was looked at; else the counts are those of the newest lines.</param>
/// <param name="Fields">The fields, the one that most lines have first.</param>
public sealed record LogFacets(long Lines, bool Exact, IReadOnlyList<LogFacet> Fields);

/// <summary>A field.</summary>
/// <param name="Name">Its name as a label.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Lines">Lines that have it.</param>
/// <param name="Distinct">Different values seen; at least so many when not exact.</param>
/// <param name="Exact">Every line and every value was counted.</param>
/// <param name="Values">The most frequent values, most frequent first.</param>
public sealed record LogFacet(string Name, LogLabelSource Source, long Lines, int Distinct, bool Exact, IReadOnlyList<LogFacetValue> Values);

/// <summary>A value of a field.</summary>
/// <param name="Value">The value.</param>
/// <param name="Lines">Lines that have it.</param>
public sealed record LogFacetValue(string Value, long Lines);
