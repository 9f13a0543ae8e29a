using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Events.Tests;

/// <summary>Reads answers into text, row by row, so that two stores can be compared.</summary>
internal static class Answers
{
    public static List<string> Rows(IEventStore store, EventPlan plan)
    {
        using var cursor = store.Query(plan, CancellationToken.None);
        var rows = new List<string>();
        while (cursor.Next())
        {
            var page = cursor.Page;
            page.Count.ShouldBeGreaterThan(0);
            for (var row = 0; row < page.Count; row++)
            {
                var text = new StringBuilder();
                text.Append(page.TimesUnixNano[row]).Append(" {").Append(Describe(page.Streams[row])).Append("} [").Append(Describe(page.Scopes[row])).Append(']');
                for (var i = 0; i < plan.Columns.Count; i++)
                {
                    text.Append(' ').Append(plan.Columns[i].Name).Append('=').Append(Describe(page.Columns[i].Value(row)));
                }

                foreach (var (key, column) in page.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
                {
                    if (column.TypeOf(row) != AttributeType.None)
                    {
                        text.Append(" @").Append(key).Append('=').Append(Describe(column.Value(row)));
                    }
                }

                rows.Add(text.ToString());
            }
        }

        return rows;
    }

    /// <summary>Rows of a folded plan, counted by what the fold tells apart, whatever the store put together.</summary>
    public static SortedDictionary<string, long> Counts(IEventStore store, EventPlan plan)
    {
        var fold = plan.Fold!;
        using var cursor = store.Query(plan, CancellationToken.None);
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        while (cursor.Next())
        {
            var page = cursor.Page;
            for (var row = 0; row < page.Count; row++)
            {
                var time = page.TimesUnixNano[row];
                time.ShouldBeInRange(plan.MinTimeUnixNano, plan.MaxTimeUnixNano - 1);
                var cell = fold.WidthNano == 0 ? 0 : Math.Floor((decimal)(time - fold.OriginUnixNano) / fold.WidthNano);
                var scope = page.Scopes[row] is { } own && fold.Scopes is not null ? fold.Scopes(own) : page.Scopes[row];
                var stream = fold.Streams is null ? page.Streams[row] : fold.Streams(page.Streams[row]);
                var key = $"{cell} {{{Describe(stream)}}} [{Describe(scope)}] {string.Join(' ', page.Columns.Select(c => Describe(c.Value(row))))}";
                counts[key] = counts.GetValueOrDefault(key) + page.WeightOf(row);
            }
        }

        return counts;
    }

    /// <summary>Values of each column of a plan with their rows.</summary>
    public static List<string> Values(IEventStore store, EventPlan plan)
    {
        var values = new List<string>();
        var tallies = store.CountValues(plan, 10_000, CancellationToken.None);
        tallies.Count.ShouldBe(plan.Columns.Count);
        for (var i = 0; i < tallies.Count; i++)
        {
            tallies[i].Others.ShouldBe(0);
            for (var value = 0; value < tallies[i].Count; value++)
            {
                values.Add($"{i} {plan.Columns[i].Name} {Describe(tallies[i].Values.Value(value))} {tallies[i].RowsOf(value)}");
            }
        }

        values.Sort(StringComparer.Ordinal);
        return values;
    }

    public static long Count(IEventStore store, EventSignal signal)
    {
        using var cursor = store.Query(new EventPlan { Signal = signal, MinTimeUnixNano = long.MinValue, MaxTimeUnixNano = long.MaxValue }, CancellationToken.None);
        long count = 0;
        while (cursor.Next())
        {
            count += cursor.Page.Count;
        }

        return count;
    }

    public static string Describe(EventStream stream) => $"{stream.Kind} {stream.SchemaUrl} {Describe(stream.Attributes)}";

    private static string Describe(EventScope? scope) => scope is null ? "-" : $"{scope.Name} {scope.Version} {scope.SchemaUrl} {Describe(scope.Attributes)}";

    private static string Describe(IReadOnlyList<EventAttribute> attributes) => string.Join(',', attributes.Select(a => $"{a.Key}={Describe(a.Value)}"));

    private static string Describe(AttributeValue value) => value.Type switch
    {
        AttributeType.Bytes or AttributeType.Composite => $"{value.Type}:{Convert.ToHexString(value.Bytes)}",
        AttributeType.String => $"String:{value.Text}",
        _ => $"{value.Type}:{value.Bits}",
    };
}
