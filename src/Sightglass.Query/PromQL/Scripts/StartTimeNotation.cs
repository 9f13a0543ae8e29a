using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>
/// The start timestamps of a <c>load</c>: <c>metric{a="b"}@st _ -1mx3 0s-30sx2 *</c>, offsets to the samples' times on the line below;
/// without a metric the default of all series that follow.
/// </summary>
internal static class StartTimeNotation
{
    /// <summary>Takes a line of start timestamps apart; false for a series.</summary>
    public static bool TryParse(string line, int maxValues, out string metric, out List<long?> offsetsMs)
    {
        (metric, offsetsMs) = (string.Empty, []);
        var end = EndOfLabels(line);
        if (string.CompareOrdinal(line, end, "@st", 0, 3) != 0 || (end + 3 < line.Length && !char.IsWhiteSpace(line[end + 3])))
        {
            return false;
        }

        metric = line[..end];
        long last = 0;
        foreach (var item in line[(end + 3)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            Item(item, offsetsMs, ref last, maxValues);
        }

        return true;
    }

    private static int EndOfLabels(string line)
    {
        var at = 0;
        while (at < line.Length && line[at] is not ('{' or '@' or ' ' or '\t'))
        {
            at++;
        }

        if (at == line.Length || line[at] != '{')
        {
            return at;
        }

        while (at < line.Length && line[at] != '}')
        {
            if (line[at] is '"' or '\'' or '`')
            {
                if (!QuotedText.TryRead(line, ref at, out _, out var error))
                {
                    throw new QueryException(QueryErrorKind.BadData, error, at);
                }
            }
            else
            {
                at++;
            }
        }

        return Math.Min(line.Length, at + 1);
    }

    private static void Item(string item, List<long?> offsets, ref long last, int maxValues)
    {
        var at = 0;
        long? first = null;
        long step = 0;
        var extra = 1;
        if (item[0] == '_')
        {
            at = 1;
            extra = 0;
        }
        else if (item[0] == '*')
        {
            at = 1;
            first = last;
        }
        else
        {
            first = Duration(item, ref at);
            if (at < item.Length && item[at] is '+' or '-')
            {
                step = Duration(item, ref at);
                if (at == item.Length)
                {
                    throw Error(item, "expected x and a number of repetitions");
                }
            }
        }

        var count = 1;
        if (at < item.Length)
        {
            if (item[at] != 'x' || !int.TryParse(item.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count))
            {
                throw Error(item, "expected x and a number of repetitions");
            }

            count = (int)Math.Min((long)count + extra, int.MaxValue);
        }

        if ((long)offsets.Count + count > maxValues)
        {
            throw new LimitExceededException("maxValuesPerSeries", maxValues, (long)offsets.Count + count, "start timestamps stand for too many values");
        }

        for (var i = 0; i < count; i++)
        {
            offsets.Add(first);
            last = first ?? last;
            first += step;
        }
    }

    private static long Duration(string item, ref int at)
    {
        var sign = item[at] == '-' ? -1 : 1;
        at += item[at] is '+' or '-' ? 1 : 0;
        var start = at;
        while (at < item.Length && char.IsAsciiDigit(item[at]))
        {
            at++;
        }

        while (at < item.Length && char.IsAsciiLetter(item[at]) && item[at] != 'x')
        {
            at++;
        }

        return DurationText.TryParse(item.AsSpan(start, at - start), out var milliseconds) ? sign * milliseconds : throw Error(item, "not a duration");
    }

    private static QueryException Error(string item, string message) => new(QueryErrorKind.BadData, $"start timestamp {QuotedText.Quote(item)}: {message}");
}
