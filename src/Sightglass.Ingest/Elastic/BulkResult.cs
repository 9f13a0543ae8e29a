namespace Sightglass.Ingest.Elastic;

/// <summary>What was asked for with a document.</summary>
public enum BulkAction : byte
{
    /// <summary>Store it.</summary>
    Index,

    /// <summary>Store it.</summary>
    Create,

    /// <summary>Change one that is stored, which a log does not know.</summary>
    Update,

    /// <summary>Delete one that is stored, which a log does not know.</summary>
    Delete,
}

/// <summary>What became of one item of a bulk request.</summary>
/// <param name="Action">What was asked for.</param>
/// <param name="Index">The index that was named.</param>
/// <param name="Id">The id that was named, or null.</param>
/// <param name="Error">Why it was refused, or null.</param>
public readonly record struct BulkItem(BulkAction Action, string Index, string? Id, string? Error);

/// <summary>What became of a bulk request: an item for each that it has, in its order.</summary>
/// <param name="Items">The items.</param>
/// <param name="Stored">How many documents are stored.</param>
/// <param name="StoreError">Why the store refused some; which of them it does not say. Null when it took all.</param>
public sealed record BulkResult(IReadOnlyList<BulkItem> Items, int Stored, string? StoreError);
