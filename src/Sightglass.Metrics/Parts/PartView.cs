namespace Sightglass.Metrics.Parts;

/// <summary>How a reader sees a part: its index, and the places where what is unpacked of it stands, in a cache that others share or not.</summary>
internal sealed record PartView(PartIndex Index, BlockCache Cache, BlockCache.Pieces Pieces)
{
    /// <summary>For a reader that keeps to a cache of its own, as a merge does.</summary>
    public PartView Through(BlockCache cache)
    {
        var pieces = Pieces.Fresh();
        return new PartView(Index.Through(cache, pieces.Series), cache, pieces);
    }
}
