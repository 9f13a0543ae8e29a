namespace Sightglass.Storage;

/// <summary>Settings of a write-ahead log.</summary>
public sealed record WalOptions
{
    /// <summary>Size at which a new segment is begun, in bytes: small enough that dropping frees space soon.</summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>How often what was written is synced; zero: before every answer.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest record accepted and believed at replay, in bytes.</summary>
    public int MaxRecordBytes { get; init; } = 512 << 20;

    /// <summary>Where the timer of the sync comes from.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>Takes one record at replay, in order.</summary>
/// <param name="sequence">Its number; ascending.</param>
/// <param name="kind">Its kind, as it was given to <see cref="WriteAheadLog.Append"/>.</param>
/// <param name="record">Its bytes; valid during the call.</param>
public delegate void WalReplay(long sequence, byte kind, ReadOnlySpan<byte> record);

/// <summary>What a log's opening found.</summary>
/// <param name="Records">Records handed to the replay.</param>
/// <param name="Skipped">Records that parts covered already.</param>
/// <param name="TornBytes">Bytes cut from the end of the last segment: a record that was not finished, never acknowledged as synced.</param>
/// <param name="LostBytes">Bytes in the middle of segments that fail their check; what stood there is lost.</param>
/// <param name="Messages">A sentence for every torn or lost stretch.</param>
public sealed record WalRecovery(long Records, long Skipped, long TornBytes, long LostBytes, IReadOnlyList<string> Messages);
