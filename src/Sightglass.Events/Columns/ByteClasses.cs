namespace Sightglass.Events.Columns;

/// <summary>Kinds of bytes, as bits: of a variable is kept which it has, so that a search knows what cannot be in it. The bits stand on disk.</summary>
internal static class ByteClasses
{
    /// <summary>All kinds.</summary>
    public const int All = 0x1ff;

    /// <summary>Digits.</summary>
    public const int Digits = 1;

    /// <summary>Minus signs.</summary>
    public const int Minus = 16;

    /// <summary>Whatever has no kind of its own; of what has a meaning in JSON, quotes, backslashes, commas, colons, brackets, blanks and control characters.</summary>
    public const int Others = 256;

    private static readonly ushort[] Classes = MakeClasses();

    /// <summary>The bit of a byte.</summary>
    public static int Of(byte b) => Classes[b];

    /// <summary>The bits of all bytes of a text.</summary>
    public static int Of(ReadOnlySpan<byte> text)
    {
        var all = 0;
        foreach (var b in text)
        {
            all |= Classes[b];
        }

        return all;
    }

    private static ushort[] MakeClasses()
    {
        var classes = new ushort[256];
        for (var b = 0; b < classes.Length; b++)
        {
            classes[b] = (char)b switch
            {
                >= '0' and <= '9' => 1,
                >= 'a' and <= 'f' => 2,
                >= 'g' and <= 'z' => 4,
                >= 'A' and <= 'Z' => 8,
                '-' => 16,
                '.' => 32,
                '/' => 64,
                '$' or '+' or '^' or '_' or '`' or '~' or >= '\x7f' => 128,
                _ => 256,
            };
        }

        return classes;
    }
}
