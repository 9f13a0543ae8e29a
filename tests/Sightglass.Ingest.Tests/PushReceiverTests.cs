using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests;

public sealed class PushReceiverTests
{
    private static readonly byte[] TwoLines = """{"streams":[{"stream":{"a":"b"},"values":[["1","x"],["2","y"]]}]}"""u8.ToArray();

    [Fact]
    public void What_the_store_refuses_is_counted_with_what_the_decoder_refused()
    {
        var ledger = new IngestLedger(new ManualTimeProvider());
        var source = ledger.Source("loki", "here");
        var receiver = Receiver(new Sink(new AppendResult(1, 1, "too old")));
        receiver.LokiPush(TwoLines, json: true, source).ShouldBe(new AppendResult(1, 1, "too old"));
        (source.Stored, source.RejectedItems).ShouldBe((1L, 1L));
        source.LastError!.Message.ShouldBe("too old");
    }

    [Fact]
    public void A_failed_store_counts_nothing_and_is_told()
    {
        var source = new IngestLedger(new ManualTimeProvider()).Source("loki", "here");
        Should.Throw<StorageFailedException>(() => Receiver(new Sink(null)).LokiPush(TwoLines, json: true, source));
        source.Stored.ShouldBe(0);
    }

    [Fact]
    public void An_empty_request_never_reaches_the_store()
    {
        var source = new IngestLedger(new ManualTimeProvider()).Source("otlp_http", "here");
        var receiver = Receiver(new Sink(null));
        receiver.OtlpMetrics([], source).ShouldBe(default);
        receiver.OtlpLogs([], source).ShouldBe(default);
        receiver.OtlpTraces([], source).ShouldBe(default);
        receiver.RemoteWrite([], source).ShouldBe(default);
        receiver.LokiPush([], json: false, source).ShouldBe(default);
    }

    private static PushReceiver Receiver(IBatchSink sink)
    {
        var time = new ManualTimeProvider();
        return new PushReceiver(sink, new DeltaAccumulator(time), IngestLimits.Default, time);
    }

    private sealed class Sink(AppendResult? result) : IBatchSink
    {
        public AppendResult Append(MetricBatch batch) => Answer();

        public AppendResult Append(LogBatch batch) => Answer();

        public AppendResult Append(SpanBatch batch) => Answer();

        private AppendResult Answer() => result ?? throw new StorageFailedException("disk is full");
    }
}
