using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>Runs a test over a column: once per entry of a dictionary, over all bytes at once for a substring, else value by value.</summary>
internal static class ColumnScan
{
    /// <summary>Above this share of candidates (one in so many) texts are searched all at once.</summary>
    private const int DenseShare = 4;

    /// <summary>The candidates whose value passes. Rows without a value fail, but for columns where that stands for 0.</summary>
    public static RowBitmap Run(ColumnView? view, bool missingIsZero, ValueTest test, RowBitmap candidates)
    {
        var result = new RowBitmap(candidates.Count);
        var zeroPasses = missingIsZero && test.Test(AttributeType.Int, 0, default);
        if (view is null)
        {
            if (zeroPasses)
            {
                result.Or(candidates);
            }

            return result;
        }

        if (view.Templates is { } templates)
        {
            TemplateScan.Run(templates, test, candidates, result);
            return result;
        }

        var values = view.Values;
        if (zeroPasses && view.Presence is { } some)
        {
            result.Or(candidates);
            result.AndNot(some.Rows);
        }

        if (values.Count == 0)
        {
            return result;
        }

        if (values.IsConstant)
        {
            if (test.Test(values, 0))
            {
                var rows = candidates.Clone();
                if (view.Presence is { } presence)
                {
                    rows.And(presence.Rows);
                }

                result.Or(rows);
            }
        }
        else if (values.Index is { } index)
        {
            var passes = new bool[values.EntryCount];
            for (var i = 0; i < passes.Length; i++)
            {
                passes[i] = test.Test(values, i);
            }

            if (Array.IndexOf(passes, true) >= 0)
            {
                MarkDictionary(view, index, passes, candidates, result);
            }
        }
        else if (test is ContainsTest contains && values.Type == AttributeType.String && candidates.PopCount() > candidates.Count / DenseShare)
        {
            SearchAll(view, contains.Search, whole: false, candidates, result);
        }
        else if (test is CompareTest { Search: { } wanted } compare && values.Type == compare.Value.Type && candidates.PopCount() > candidates.Count / DenseShare)
        {
            SearchAll(view, wanted, whole: true, candidates, result);
        }
        else
        {
            if (test is MatchesTest { Search: { } required } && values.Type == AttributeType.String && candidates.PopCount() > candidates.Count / DenseShare)
            {
                var found = new RowBitmap(candidates.Count);
                SearchAll(view, required, whole: false, candidates, found);
                candidates = found;
            }

            for (var row = candidates.Next(0); row >= 0; row = candidates.Next(row + 1))
            {
                var entry = view.EntryOfRow(row);
                if (entry >= 0 && test.Test(values, entry))
                {
                    result.Set(row);
                }
            }
        }

        return result;
    }

    private static void MarkDictionary(ColumnView view, int[] index, bool[] passes, RowBitmap candidates, RowBitmap result)
    {
        for (var row = candidates.Next(0); row >= 0; row = candidates.Next(row + 1))
        {
            var value = view.Presence is null ? row : view.Presence.IndexOf(row);
            if (value >= 0 && passes[index[value]])
            {
                result.Set(row);
            }
        }
    }

    /// <summary>
    /// The texts of a column stand one after the other, so the whole column is one text to search; what is found across the border of two texts is
    /// passed over, and for a search of whole texts what is only a part of one.
    /// </summary>
    private static void SearchAll(ColumnView view, SubstringSearch search, bool whole, RowBitmap candidates, RowBitmap result)
    {
        var values = view.Values;
        var last = TextRef.Unpack(values.Bits[values.EntryCount - 1]);
        var all = values.Arena.AsSpan(0, last.Offset + last.Length);
        var value = 0;
        var row = view.Presence is null ? 0 : view.Presence.Rows.Next(0);
        var at = TextRef.Unpack(values.Bits[0]).Offset;
        while (at < all.Length)
        {
            var found = search.IndexIn(all[at..]);
            if (found < 0)
            {
                return;
            }

            found += at;
            var text = TextRef.Unpack(values.Bits[value]);
            while (text.Offset + text.Length <= found)
            {
                value++;
                row = view.Presence is null ? row + 1 : view.Presence.Rows.Next(row + 1);
                text = TextRef.Unpack(values.Bits[value]);
            }

            if (found + search.Length > text.Offset + text.Length)
            {
                at = found + 1;
                continue;
            }

            if (candidates[row] && (!whole || search.Length == text.Length))
            {
                result.Set(row);
            }

            at = text.Offset + text.Length;
        }
    }
}
