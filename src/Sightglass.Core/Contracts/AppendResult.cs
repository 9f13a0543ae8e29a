namespace Sightglass.Core.Contracts;

/// <summary>What became of a batch. Items are samples, log records or spans.</summary>
/// <param name="Stored">Items that are in the write-ahead log and can be queried.</param>
/// <param name="Rejected">Items that were refused; they are not kept.</param>
/// <param name="FirstReason">Why the first of them was refused, as a sentence for the sender; null when none was.</param>
public readonly record struct AppendResult(int Stored, int Rejected, string? FirstReason)
{
    /// <summary>Those of <see cref="Rejected"/> that belong to new series beyond what the sender, or all senders, may bring.</summary>
    public int SeriesLimited { get; init; }

    /// <summary>Everything stored.</summary>
    public static AppendResult All(int count) => new(count, 0, null);

    /// <summary>Both results together.</summary>
    public AppendResult And(AppendResult other) =>
        new(Stored + other.Stored, Rejected + other.Rejected, FirstReason ?? other.FirstReason) { SeriesLimited = SeriesLimited + other.SeriesLimited };
}

/// <summary>
/// Takes batches: a store, or a stage of the pipeline before it. Thread-safe. When a call returns, what it says is stored survives
/// a killed process. The batch stays the caller's; nothing of it is kept.
/// </summary>
public interface IBatchSink
{
    /// <summary>Takes samples.</summary>
    /// <exception cref="Errors.StorageFailedException">Nothing was acknowledged; the sender may try again.</exception>
    AppendResult Append(Model.MetricBatch batch);

    /// <summary>Takes log records.</summary>
    /// <exception cref="Errors.StorageFailedException">Nothing was acknowledged; the sender may try again.</exception>
    AppendResult Append(Model.LogBatch batch);

    /// <summary>Takes spans.</summary>
    /// <exception cref="Errors.StorageFailedException">Nothing was acknowledged; the sender may try again.</exception>
    AppendResult Append(Model.SpanBatch batch);
}
