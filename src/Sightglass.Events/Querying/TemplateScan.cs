using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>
/// Runs a test over texts as templates: what the constant pieces decide is decided for all texts of a template at once, and only texts of templates that are
/// left are put together and looked at.
/// </summary>
internal static class TemplateScan
{
    /// <summary>Adds the candidates whose text passes.</summary>
    public static void Run(TemplateColumn column, ValueTest test, RowBitmap candidates, RowBitmap result)
    {
        var all = new bool[column.Templates.Length];
        for (var number = 0; number < all.Length; number++)
        {
            var verdict = TemplateJudge.Judge(column.Templates[number], test);
            all[number] = verdict == Verdict.All;
            if (verdict == Verdict.Some)
            {
                Look(column, number, test, candidates, result);
            }
        }

        if (Array.IndexOf(all, false) < 0)
        {
            MarkAll(column, candidates, result);
        }
        else if (Array.IndexOf(all, true) >= 0)
        {
            var templateOf = column.TemplateOf;
            for (var value = 0; value < templateOf.Length; value++)
            {
                if (all[templateOf[value]])
                {
                    Mark(column.RowOf(value), candidates, result);
                }
            }
        }
    }

    private static void MarkAll(TemplateColumn column, RowBitmap candidates, RowBitmap result)
    {
        var rows = candidates.Clone();
        if (column.Presence is { } presence)
        {
            rows.And(presence.Rows);
        }

        result.Or(rows);
    }

    private static void Mark(int row, RowBitmap candidates, RowBitmap result)
    {
        if (candidates[row])
        {
            result.Set(row);
        }
    }

    private static void Look(TemplateColumn column, int number, ValueTest test, RowBitmap candidates, RowBitmap result)
    {
        var values = column.ValuesOf(number);
        var search = test switch
        {
            ContainsTest contains => contains.Search,
            MatchesTest matches => matches.Search,
            _ => null,
        };
        var texts = search is null ? null : new RowBitmap(values.Length);
        if (texts is not null && TemplateNeedle.TryFind(column, number, search!, texts))
        {
            for (var i = texts.Next(0); i >= 0; i = texts.Next(i + 1))
            {
                Look(column, number, i, values[i], test, candidates, result);
            }

            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            Look(column, number, i, values[i], test, candidates, result);
        }
    }

    private static void Look(TemplateColumn column, int number, int index, int value, ValueTest test, RowBitmap candidates, RowBitmap result)
    {
        var row = column.RowOf(value);
        if (candidates[row] && test.Test(AttributeType.String, 0, column.Text(number, index)))
        {
            result.Set(row);
        }
    }
}
