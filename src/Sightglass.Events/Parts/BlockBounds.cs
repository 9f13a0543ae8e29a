namespace Sightglass.Events.Parts;

/// <summary>How rows are cut into blocks.</summary>
internal static class BlockBounds
{
    /// <summary>Most rows of a block: dictionaries and Zstandard have enough to work with, and a needle costs one such block.</summary>
    public const int MaxRows = 16 << 10;

    /// <summary>A block with so many rows ends with its stream, so that a query for one stream reads little of others.</summary>
    public const int EnoughRows = MaxRows / 4;

    /// <summary>Bytes of values that a block should not be much over.</summary>
    public const long TargetBytes = 16 << 20;

    /// <summary>Most rows of a block for rows of an average size.</summary>
    public static int RowsFor(long bytes, long rows) =>
        rows == 0 ? MaxRows : (int)Math.Clamp(TargetBytes / Math.Max(bytes / rows, 1), 16, MaxRows);
}
