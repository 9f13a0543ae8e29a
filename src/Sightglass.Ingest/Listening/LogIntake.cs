using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Listening;

/// <summary>Where the receivers of logs hand their batches in: the sink, the counters, the limits and the clock that all of them share. Thread-safe.</summary>
/// <param name="Sink">Where records go.</param>
/// <param name="Ledger">Counts what became of them.</param>
/// <param name="Limits">Bounds on records.</param>
/// <param name="Time">The clock.</param>
/// <param name="Report">Told of what somebody who runs the server should know.</param>
public sealed record LogIntake(IBatchSink Sink, IngestLedger Ledger, IngestLimits Limits, TimeProvider Time, Action<string> Report)
{
    /// <summary>How long logs are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(36_500);

    /// <summary>The time, nanoseconds since the Unix epoch.</summary>
    internal long Now => OtlpTimes.NowUnixNano(Time);

    /// <summary>What a receiver adds to the records that it takes.</summary>
    internal Records.RecordOptions Options(string job, LabelSet labels) => new(Limits, job, labels) { Retention = Retention };

    /// <summary>Stores a batch and counts it; what is refused of it is counted, too.</summary>
    /// <exception cref="StorageFailedException">Nothing was stored.</exception>
    internal AppendResult Store(LogBatch batch, Rejections rejections, IngestSource source)
    {
        batch.Receiver = source.Receiver;
        var stored = batch.Count > 0 ? Sink.Append(batch) : default;
        rejections.CountIn(source);
        if (stored.Rejected > 0)
        {
            source.Reject(ReasonOf(stored), stored.Rejected, stored.FirstReason ?? "refused by the store");
        }

        source.StoredItems(stored.Stored);
        return new AppendResult(0, (int)Math.Min(rejections.Items, int.MaxValue), rejections.First).And(stored);
    }

    /// <summary>Stores a batch of a sender that can wait: over its rate, and while the store fails, nothing returns and so nothing more is read of it.</summary>
    internal async Task StoreWaitingAsync(LogBatch batch, long bytes, SourceRateLimit limit, IngestSource source, CancellationToken cancellation)
    {
        if (batch.Count == 0)
        {
            return;
        }

        batch.Receiver = source.Receiver;
        while (!source.Rate.TryTake(limit, batch.Count, bytes, out _, out var wait))
        {
            await Task.Delay(wait, Time, cancellation);
        }

        while (true)
        {
            try
            {
                var result = Sink.Append(batch);
                source.StoredItems(result.Stored);
                source.Reject(ReasonOf(result), result.Rejected, result.FirstReason ?? "refused by the store");
                return;
            }
            catch (Exception e) when (e is StorageFailedException or LimitExceededException)
            {
                source.Fail(e.Message);
            }

            await Task.Delay(ListenLimits.StoreRetry, Time, cancellation);
        }
    }

    /// <summary>What records that a store or the pipeline refused are counted as.</summary>
    internal static string ReasonOf(AppendResult result) => result.SeriesLimited == result.Rejected ? "stream_limit" : "store";

    /// <summary>Refuses a request of a sender that sends too much; nothing of it is stored.</summary>
    /// <exception cref="LimitExceededException">It does.</exception>
    internal static void Admit(IngestSource source, SourceRateLimit limit, long lines, long bytes)
    {
        if (!source.Rate.TryTake(limit, lines, bytes, out var reached, out _))
        {
            var most = reached == nameof(SourceRateLimit.MaxLinesPerSecond) ? limit.MaxLinesPerSecond : limit.MaxBytesPerSecond;
            var error = new LimitExceededException(reached, most, most + 1, $"{source.Receiver} from {source.Sender}");
            source.Reject("rate_limit", lines, error.Message);
            throw error;
        }
    }
}
