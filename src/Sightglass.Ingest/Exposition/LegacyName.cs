namespace Sightglass.Ingest.Exposition;

/// <summary>Names as they were before any text could be one: these need no quotes in an exposition.</summary>
internal static class LegacyName
{
    public static bool IsMetric(string name) => Is(name, colons: true);

    public static bool IsLabel(string name) => Is(name, colons: false);

    public static bool Is(ReadOnlySpan<byte> name, bool colons)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!Allowed((char)name[i], i, colons))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool Is(string name, bool colons)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!Allowed(name[i], i, colons))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool Allowed(char c, int at, bool colons) => char.IsAsciiLetter(c) || c == '_' || (c == ':' && colons) || (at > 0 && char.IsAsciiDigit(c));
}
