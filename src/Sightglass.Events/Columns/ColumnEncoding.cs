namespace Sightglass.Events.Columns;

/// <summary>How the values of a column are written. The numbers stand on disk; a new encoding gets a new one. See docs/format/events.md.</summary>
internal enum ColumnEncoding : byte
{
    /// <summary>One value for all.</summary>
    Constant = 1,

    /// <summary>Distinct values and an index per value.</summary>
    Dictionary = 2,

    /// <summary>Integers (or truth values), frame of reference in byte planes.</summary>
    Ints = 3,

    /// <summary>Integers as differences from the one before, frame of reference in byte planes.</summary>
    DeltaInts = 4,

    /// <summary>Doubles as integers divided by a power of ten, where that gives every one back exactly.</summary>
    DecimalDoubles = 5,

    /// <summary>Doubles by their bits, in byte planes.</summary>
    RawDoubles = 6,

    /// <summary>Texts or bytes: lengths, then the bytes one after the other.</summary>
    Plain = 7,

    /// <summary>Texts of one length: a prefix that all share, then an even number of lower-case hex digits as bytes.</summary>
    Hex = 8,

    /// <summary>Texts: a prefix that all share, then a decimal integer as .NET and Go print it.</summary>
    IntText = 9,

    /// <summary>Values of different types, each with its own type.</summary>
    Mixed = 10,

    /// <summary>Integers as differences from the times of their rows, frame of reference in byte planes.</summary>
    FromTime = 11,

    /// <summary>Texts as templates: what is the same in all texts of a shape once, and columns of what varies.</summary>
    Templates = 12,

    /// <summary>Texts that are decimal numbers with zeros before or decimals behind.</summary>
    NumberText = 13,

    /// <summary>Texts that are UUIDs in lower case.</summary>
    Uuid = 14,
}

/// <summary>Bounds of one column of one block; the reader refuses what is over them.</summary>
internal static class ColumnBounds
{
    /// <summary>Most rows of a block: what fits the decoded columns of a query into the cache, and a dictionary index into two bytes.</summary>
    public const int MaxRows = 1 << 16;

    /// <summary>Most bytes of a decompressed column: a block may hold one line of the largest size more than its target.</summary>
    public const int MaxRawBytes = 256 << 20;

    /// <summary>Most distinct values of a dictionary.</summary>
    public const int MaxDictionary = 1 << 13;
}
