namespace Sightglass.Query.PromQL;

/// <summary>Orders texts with the numbers in them as numbers: <c>node9</c> before <c>node10</c>.</summary>
internal static class NaturalOrder
{
    public static int Compare(string left, string right)
    {
        int i = 0, j = 0;
        while (i < left.Length && j < right.Length)
        {
            if (char.IsAsciiDigit(left[i]) && char.IsAsciiDigit(right[j]))
            {
                var a = Digits(left, ref i);
                var b = Digits(right, ref j);
                var trimmedA = a.TrimStart('0');
                var trimmedB = b.TrimStart('0');
                var order = trimmedA.Length != trimmedB.Length ? trimmedA.Length.CompareTo(trimmedB.Length) : trimmedA.SequenceCompareTo(trimmedB);
                if (order == 0)
                {
                    order = b.Length.CompareTo(a.Length);
                }

                if (order != 0)
                {
                    return order;
                }
            }
            else
            {
                if (left[i] != right[j])
                {
                    return left[i].CompareTo(right[j]);
                }

                i++;
                j++;
            }
        }

        return (left.Length - i).CompareTo(right.Length - j);
    }

    private static ReadOnlySpan<char> Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text.AsSpan(start, at - start);
    }
}
