namespace Sightglass.Alerting;

/// <summary>Finds the known name that a mistyped one probably meant.</summary>
internal static class NearestName
{
    public static string? Find(string name, IEnumerable<string> known)
    {
        var (best, distance) = (default(string), Math.Max(2, name.Length / 2) + 1);
        foreach (var candidate in known)
        {
            var d = Distance(name, candidate);
            if (d < distance)
            {
                (best, distance) = (candidate, d);
            }
        }

        return best;
    }

    private static int Distance(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
