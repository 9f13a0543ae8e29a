namespace Sightglass.Core.Model;

/// <summary>
/// How far a source of records has been read, as the source itself writes it down. It is stored in one step with the records of the batch it came in:
/// after a crash both are there or neither.
/// </summary>
/// <param name="Source">What was read, for instance <c>file/2049:1312</c>.</param>
/// <param name="Position">Where its next record is; empty to forget the source.</param>
public readonly record struct ReadPosition(string Source, string Position)
{
    /// <summary>Most UTF-8 bytes of a source or a position.</summary>
    public const int MaxBytes = 16 << 10;
}
