using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Pipeline;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Pipeline;

/// <summary>A batch that the store does not take at first passes the pipeline once, whether it is tried again itself or its records come in another one.</summary>
public sealed class PipelineRetryTests
{
    private readonly LineSink _sink = new();
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_batch_tried_again_is_sampled_measured_and_redacted_once(int failures)
    {
        var pipeline = RedactionTests.Of(
            _sink,
            new MetricConfiguration { Name = "lines_total" },
            new DeriveConfiguration { Field = "body", Template = "<${body}>" },
            new RedactConfiguration { Patterns = [new(new("n=\\d"), "n=?", "numbers")] },
            new SampleConfiguration(4, SampleBy.All));
        using var batch = Lines("files", Enumerable.Range(0, 8).Select(i => $"n={i} password=hunter2"));
        _sink.Fails = true;
        for (var i = 0; i < failures; i++)
        {
            Should.Throw<StorageFailedException>(() => pipeline.Append(batch));
        }

        pipeline.Figures.ShouldBeEmpty();
        _sink.Fails = false;
        pipeline.Append(batch).Stored.ShouldBe(2);
        _sink.Lines.ShouldBe(["<n=? password=[redacted]>", "<n=? password=[redacted]>"]);
        _sink.Attributes.ShouldBe(["sample_weight=4", "sample_weight=4"]);
        pipeline.Figures.ShouldBe(
        [
            new(PipelineCount.Records, "test", "", "", "files", 8),
            new(PipelineCount.Dropped, "test", "4 sample", "", "files", 6),
            new(PipelineCount.Redacted, "redact_secrets", "", "assignment", "files", 8),
            new(PipelineCount.Redacted, "test", "3 redact", "numbers", "files", 8),
        ]);
        Samples(pipeline).ShouldBe(new Dictionary<string, double> { ["{__name__=\"lines_total\"}"] = 8 });
    }

    [Fact]
    public void Records_that_come_again_in_another_batch_are_sampled_as_if_for_the_first_time()
    {
        var pipeline = RedactionTests.Of(_sink, new SampleConfiguration(10, SampleBy.Pattern));
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var batch = Lines("files", ["disk 1 failed", "disk 2 failed"]);
            _sink.Fails = attempt < 2;
            if (_sink.Fails)
            {
                Should.Throw<StorageFailedException>(() => pipeline.Append(batch));
            }
            else
            {
                pipeline.Append(batch);
            }
        }

        _sink.Lines.ShouldBe(["disk 1 failed"], "the first of a pattern is kept");
    }

    [Fact]
    public void A_batch_from_the_pool_is_a_new_one()
    {
        var pipeline = RedactionTests.Of(_sink, new SampleConfiguration(2, SampleBy.All));
        _sink.Fails = true;
        using (var batch = Lines("loki", ["a", "b"]))
        {
            Should.Throw<StorageFailedException>(() => pipeline.Append(batch));
            batch.Prepared.ShouldNotBeNull();
        }

        _sink.Fails = false;
        using (var batch = Lines("loki", ["c", "d"]))
        {
            batch.Prepared.ShouldBeNull();
            pipeline.Append(batch);
        }

        _sink.Lines.ShouldBe(["c"]);
    }

    [Fact]
    public async Task A_connection_that_waits_for_its_store_hands_every_line_through_once()
    {
        var pipeline = RedactionTests.Of(_sink, new MetricConfiguration { Name = "lines_total" }, new SampleConfiguration(5, SampleBy.All));
        var ledger = new IngestLedger(_time);
        var intake = new LogIntake(pipeline, ledger, IngestLimits.Default, _time, _ => { });
        using var batch = Lines("syslog", Enumerable.Range(0, 20).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        _sink.FailuresLeft = 3;
        var source = ledger.Source("syslog", "10.0.0.1");
        var storing = intake.StoreWaitingAsync(batch, 100, SourceRateLimit.None, source, CancellationToken.None);
        storing.IsCompleted.ShouldBeFalse();
        while (!storing.IsCompleted)
        {
            _time.Advance(ListenLimits.StoreRetry);
            await Task.Delay(1);
        }

        await storing;
        _sink.Lines.ShouldBe(["0", "5", "10", "15"]);
        source.Stored.ShouldBe(4);
        Samples(pipeline).ShouldBe(new Dictionary<string, double> { ["{__name__=\"lines_total\"}"] = 20 });
    }

    [Fact]
    public void What_a_sampler_before_has_left_out_counts_in_the_pipelines_behind()
    {
        LogPipelineConfiguration Only(string name, params ProcessorConfiguration[] processors) => new(name, [], [], processors);
        var pipeline = new LogPipeline(_sink, new PipelineConfiguration { Logs = [Only("a", new SampleConfiguration(5, SampleBy.All)), Only("b", new MetricConfiguration { Name = "lines_total" })] }, _time, _ => { });
        using var batch = Lines("loki", Enumerable.Range(0, 10).Select(i => $"{i}"));
        pipeline.Append(batch);
        Samples(pipeline).ShouldBe(new Dictionary<string, double> { ["{__name__=\"lines_total\"}"] = 10 });
    }

    private Dictionary<string, double> Samples(LogPipeline pipeline)
    {
        pipeline.Start();
        pipeline.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
        return _sink.Samples;
    }

    private static LogBatch Lines(string receiver, IEnumerable<string> lines)
    {
        var batch = RedactionTests.Batch([.. lines]);
        batch.Receiver = receiver;
        return batch;
    }
}
