using Sightglass.Core.Model;

namespace Sightglass.Events;

/// <summary>Which rows are taken, by their time. The bounds on sizes are the decoders' business: they see the bytes first.</summary>
internal sealed class Admission(EventStoreOptions options)
{
    /// <summary>Marks what is refused and says why the first was.</summary>
    public (int Rejected, string? Reason) Check(LogBatch batch, AppendContext context)
    {
        var (oldest, newest) = Range(options.LogRetention);
        var rejected = 0;
        string? reason = null;
        for (var i = 0; i < batch.Count; i++)
        {
            var time = batch.Rows[i].TimeUnixNano;
            if (time < oldest || time > newest)
            {
                context.Reject(i, batch.Count);
                rejected++;
                reason ??= Reason("log record", time, oldest, options.LogRetention);
            }
        }

        return (rejected, reason);
    }

    /// <summary>Marks what is refused and says why the first was.</summary>
    public (int Rejected, string? Reason) Check(SpanBatch batch, AppendContext context)
    {
        var (oldest, newest) = Range(options.SpanRetention);
        var rejected = 0;
        string? reason = null;
        for (var i = 0; i < batch.Count; i++)
        {
            var time = batch.Rows[i].StartUnixNano;
            if (time < oldest || time > newest)
            {
                context.Reject(i, batch.Count);
                rejected++;
                reason ??= Reason("span", time, oldest, options.SpanRetention);
            }
        }

        return (rejected, reason);
    }

    private (long Oldest, long Newest) Range(TimeSpan retention)
    {
        var now = (options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        return (retention <= TimeSpan.Zero ? long.MinValue : Nanoseconds(now - retention.Ticks), Nanoseconds(now + options.Limits.MaxFuture.Ticks));
    }

    private static long Nanoseconds(long ticks) => (long)Int128.Clamp((Int128)ticks * 100, long.MinValue, long.MaxValue);

    private string Reason(string what, long time, long oldest, TimeSpan retention)
    {
        var at = Text(time);
        return time < oldest
            ? $"{what} of {at} is older than the retention of {retention.TotalDays:0.##} days"
            : $"{what} of {at} is further in the future than {nameof(options.Limits.MaxFuture)} of {options.Limits.MaxFuture.TotalHours:0.##} hours";
    }

    private static string Text(long unixNano) =>
        DateTimeOffset.UnixEpoch.AddTicks(unixNano / 100).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
}
