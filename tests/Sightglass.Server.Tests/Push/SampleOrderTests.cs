using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest;
using Sightglass.Ingest.Otlp;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.Push;

/// <summary>What docs/guide/sending-metrics.md says of order, duplicates, clocks and resets, by remote write into the real store.</summary>
public sealed class SampleOrderTests : IBatchSink, IDisposable
{
    private const long Minute = 60_000;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly IngestLimits _limits = IngestLimits.Default;
    private MetricStore _store;

    public SampleOrderTests() => _store = Open();

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Samples_in_any_order_within_the_retention_are_read_in_order()
    {
        var at = Now;
        Write((at, 3), (at - Minute, 2), (at - (24 * 60 * Minute), 1)).ShouldBe(AppendResult.All(3));
        Write((at - (30 * Minute), 1.5)).ShouldBe(AppendResult.All(1));
        Read().ShouldBe([(at - (24 * 60 * Minute), 1.0), (at - (30 * Minute), 1.5), (at - Minute, 2), (at, 3)]);
        Reopen();
        Read().Length.ShouldBe(4);
    }

    [Fact]
    public void Of_two_samples_of_one_time_the_last_written_stands()
    {
        var at = Now;
        Write((at, 1), (at, 2)).Rejected.ShouldBe(0);
        Read().ShouldBe([(at, 2.0)]);
        Write((at, 3)).Rejected.ShouldBe(0);
        Read().ShouldBe([(at, 3.0)]);
        Write((at, 3)).Rejected.ShouldBe(0);
        Reopen();
        Read().ShouldBe([(at, 3.0)]);
    }

    [Fact]
    public void Samples_older_than_the_retention_are_refused_alone()
    {
        var at = Now;
        var result = Write((at - (long)TimeSpan.FromDays(11).TotalMilliseconds, 1), (at, 2));
        (result.Stored, result.Rejected).ShouldBe((1, 1));
        result.FirstReason!.ShouldContain("older than the retention");
        Read().ShouldBe([(at, 2.0)]);
    }

    [Fact]
    public void Samples_further_ahead_than_MaxFuture_are_refused_alone()
    {
        var at = Now;
        var ahead = (long)_limits.MaxFuture.TotalMilliseconds;
        var result = Write((at, 1), (at + ahead, 2), (at + ahead + 1, 3));
        (result.Stored, result.Rejected).ShouldBe((2, 1));
        result.FirstReason!.ShouldContain("too far in the future");
        Read().ShouldBe([(at, 1.0), (at + ahead, 2)]);
    }

    [Fact]
    public void A_clock_that_jumps_ahead_and_back_costs_nothing()
    {
        var at = Now;
        Write((at, 1));
        Write((at + (60 * Minute), 2));
        Write((at + Minute, 3)).Rejected.ShouldBe(0);
        Read().ShouldBe([(at, 1.0), (at + Minute, 3), (at + (60 * Minute), 2)]);
    }

    [Fact]
    public void A_sender_whose_clock_is_behind_ours_is_taken_as_it_is()
    {
        var at = Now;
        _time.Advance(TimeSpan.FromHours(2));
        Write((at + Minute, 2)).Rejected.ShouldBe(0);
        Read().ShouldBe([(at + Minute, 2.0)]);
    }

    [Fact]
    public void A_counter_that_begins_again_counts_on()
    {
        var at = Now;
        Write((at - (4 * Minute), 100), (at - (3 * Minute), 110), (at - (2 * Minute), 5), (at - Minute, 15), (at, 25));
        var engine = new PromQLEngine(_store, QueryLimits.Default, _time);
        Value(engine, "resets(a[5m])", at).ShouldBe(1);
        Value(engine, "increase(a[4m]) > 0", at).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_late_sample_takes_its_part_in_answers()
    {
        var at = Now;
        Write((at - (2 * Minute), 10), (at, 30));
        var engine = new PromQLEngine(_store, QueryLimits.Default, _time);
        Value(engine, "count_over_time(a[5m])", at).ShouldBe(2);
        Write((at - Minute, 20));
        Value(engine, "count_over_time(a[5m])", at).ShouldBe(3);
    }

    public AppendResult Append(MetricBatch batch) => _store.Append(batch);

    public AppendResult Append(LogBatch batch) => default;

    public AppendResult Append(SpanBatch batch) => default;

    private static double Value(PromQLEngine engine, string query, long at) => engine.Instant(query, at).Series.ShouldHaveSingleItem().Values[0];

    private AppendResult Write(params (long At, double Value)[] samples)
    {
        using var request = new ByteWriter();
        using var series = new ByteWriter();
        series.Write([0x0a, 13, 0x0a, 8, .. "__name__"u8, 0x12, 1, (byte)'a']);
        foreach (var (at, value) in samples)
        {
            using var sample = new ByteWriter();
            sample.WriteByte(9);
            sample.WriteDouble(value);
            sample.WriteByte(16);
            sample.WriteVarint((ulong)at);
            series.WriteByte(18);
            series.WriteLengthPrefixed(sample.Written);
        }

        request.WriteByte(10);
        request.WriteLengthPrefixed(series.Written);
        var receiver = new PushReceiver(this, new DeltaAccumulator(_time), _limits, _time);
        return receiver.RemoteWrite(request.Written, new IngestLedger(_time).Source("remote_write", "test"));
    }

    private (long At, double Value)[] Read()
    {
        using var found = _store.Select(new MetricSelection([new LabelMatcher(Core.Model.MatchType.Equal, "__name__", "a")], 0, long.MaxValue), CancellationToken.None);
        var buffer = new SampleBuffer();
        found.Read(0, buffer);
        return [.. buffer.TimestampsMs.ToArray().Zip(buffer.Values.ToArray())];
    }

    private void Reopen()
    {
        _store.Dispose();
        _store = Open();
    }

    private MetricStore Open() => MetricStore.Open(new MetricStoreOptions { Folder = _folder.FullPath, Retention = TimeSpan.FromDays(10), TimeProvider = _time, Limits = _limits });
}
