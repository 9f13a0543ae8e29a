namespace Sightglass.Ingest.Tests;

public sealed class IngestLedgerTests
{
    [Fact]
    public void Items_are_counted_by_sender_and_reason()
    {
        var ledger = new IngestLedger(TimeProvider.System);
        var source = ledger.Source("otlp_http", "10.0.0.1");
        source.Received(100);
        source.StoredItems(7);
        source.Reject("limit", 2, "too long");
        source.Reject("limit", 1, "too wide");
        source.Reject("invalid_id", 0, "never");
        ledger.Source("otlp_http", "10.0.0.1").ShouldBeSameAs(source);
        (source.Requests, source.Bytes, source.Stored, source.RejectedItems).ShouldBe((1, 100, 7, 3));
        var rejection = source.Rejections.ShouldHaveSingleItem();
        (rejection.Reason, rejection.Items, rejection.Example).ShouldBe(("limit", 3, "too wide"));
        source.LastError!.Message.ShouldBe("too wide");
        source.LastItem.ShouldNotBeNull();
    }

    [Fact]
    public void Senders_and_reasons_beyond_the_limit_are_counted_together()
    {
        var ledger = new IngestLedger(TimeProvider.System);
        for (var i = 0; i < IngestLedger.MaxSources + 50; i++)
        {
            ledger.Source("loki", $"sender {i}").Reject($"reason {i}", 1, "x");
        }

        ledger.Sources().Count.ShouldBe(IngestLedger.MaxSources + 1);
        var other = ledger.Source("loki", IngestLedger.OtherSender);
        other.RejectedItems.ShouldBe(50);
        other.Rejections.Count.ShouldBe(IngestSource.MaxReasons + 1);
    }

    [Fact]
    public async Task Counting_from_many_threads_loses_nothing()
    {
        var ledger = new IngestLedger(TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                ledger.Source("scrape", "t").StoredItems(2);
            }
        })));
        ledger.Source("scrape", "t").Stored.ShouldBe(80_000);
    }
}
