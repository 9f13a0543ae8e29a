using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pipeline;
using Sightglass.TestKit;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Ingest.Tests.Pipeline;

public sealed class LogPipelineTests
{
    private readonly LineSink _sink = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Records_are_kept_and_taken_out_by_conditions_and_positions_stay()
    {
        var pipeline = Of(
            new FilterConfiguration(false) { Where = Where(new FieldTest("path", FieldComparison.Is, false) { Texts = ["/healthz"] }) },
            new FilterConfiguration(true) { Where = Where(new FieldTest("status", FieldComparison.AtLeast, false) { Bound = 400 }) });
        using var batch = Batch(("a", 500, "/x"), ("b", 200, "/x"), ("c", 500, "/healthz"));
        batch.Positions.Add(new ReadPosition("file/1", "1"));
        batch.Receiver = "files";
        pipeline.Append(batch).Rejected.ShouldBe(0);
        _sink.Lines.ShouldBe(["a"]);
        _sink.Positions.ShouldBe(1);
        pipeline.Figures.ShouldBe(
        [
            new(PipelineCount.Records, "test", "", "", "files", 3),
            new(PipelineCount.Dropped, "test", "1 filter", "", "files", 1),
            new(PipelineCount.Dropped, "test", "2 filter", "", "files", 1),
        ]);
    }

    [Fact]
    public void Positions_are_stored_when_nothing_else_is_left()
    {
        using var batch = Batch(("a", 200, "/x"));
        batch.Positions.Add(new ReadPosition("file/1", "1"));
        Of(new FilterConfiguration(true) { Where = Where(new FieldTest("status", FieldComparison.AtLeast, false) { Bound = 400 }) }).Append(batch);
        _sink.Positions.ShouldBe(1);
    }

    [Fact]
    public void Attributes_are_renamed_derived_and_dropped_in_order()
    {
        var pipeline = Of(
            new RenameConfiguration([new("path", "url"), new("gone", "here")]),
            new DeriveConfiguration { Field = "route", Template = "${status} on ${url} of ${resource.job}${nothing}" },
            new DeriveConfiguration { Pattern = new(@"^(?<first>\w)(?<rest>\w*)") },
            new DropConfiguration(["stat*", "rest"]));
        using var batch = Batch(("abc", 500, "/x"));
        pipeline.Append(batch);
        _sink.Attributes.ShouldBe(["url=/x route=500 on /x of test first=a"]);
    }

    [Fact]
    public void Sampled_records_carry_their_weight_and_metrics_count_it()
    {
        var pipeline = Of(
            new SampleConfiguration(5, SampleBy.Pattern) { Where = Where(new FieldTest("status", FieldComparison.AtMost, false) { Bound = 299 }) },
            new MetricConfiguration { Name = "requests_total", Labels = [new("code", "status")] });
        using var batch = Batch([.. Enumerable.Range(0, 20).Select(i => ($"request {i}", 200, "/x")), .. Enumerable.Range(0, 3).Select(i => ("bad", 500, "/x")), ("other words", 200, "/x")]);
        pipeline.Append(batch);
        _sink.Lines.Count.ShouldBe(4 + 3 + 1);
        _sink.Attributes.Count(a => a.Contains("sample_weight=5", StringComparison.Ordinal)).ShouldBe(5);
        Samples(pipeline).ShouldBe(new Dictionary<string, double> { ["{__name__=\"requests_total\", code=\"200\"}"] = 25, ["{__name__=\"requests_total\", code=\"500\"}"] = 3 });
    }

    [Fact]
    public void Histograms_are_cumulative_and_a_failed_store_counts_nothing()
    {
        var pipeline = Of(new MetricConfiguration { Name = "size", Value = "status", Buckets = [200, 400] });
        using (var batch = Batch(("a", 200, "/"), ("b", 300, "/"), ("c", 500, "/")))
        {
            _sink.Fails = true;
            Should.Throw<StorageFailedException>(() => pipeline.Append(batch));
            _sink.Fails = false;
            pipeline.Append(batch);
        }

        var samples = Samples(pipeline);
        samples["{__name__=\"size_bucket\", le=\"200\"}"].ShouldBe(1);
        samples["{__name__=\"size_bucket\", le=\"400\"}"].ShouldBe(2);
        samples["{__name__=\"size_bucket\", le=\"+Inf\"}"].ShouldBe(3);
        samples["{__name__=\"size_count\"}"].ShouldBe(3);
        samples["{__name__=\"size_sum\"}"].ShouldBe(1000);
    }

    [Fact]
    public void Routes_put_records_into_other_streams()
    {
        var pipeline = Of(new RouteConfiguration([new("retention_class", "short")]) { Where = Where(new FieldTest("status", FieldComparison.AtMost, false) { Bound = 299 }) });
        using var batch = Batch(("a", 200, "/"), ("b", 500, "/"), ("c", 200, "/"));
        pipeline.Append(batch);
        _sink.Streams.ShouldBe(["job=test retention_class=short", "job=test", "job=test retention_class=short"]);
    }

    [Fact]
    public void Pipelines_are_for_their_receivers_and_streams_and_change_while_running()
    {
        var drop = new FilterConfiguration(false) { Where = Where(new FieldTest("body", FieldComparison.Contains, false) { Texts = ["x"] }) };
        PipelineConfiguration With(string[] receivers, params LabelMatcher[] streams) => new() { Logs = [new LogPipelineConfiguration("p", receivers, streams, [drop])] };
        var pipeline = new LogPipeline(_sink, With(["loki"]), _time, _ => { });
        void Send(string receiver)
        {
            using var batch = Batch(("x", 1, "/"));
            batch.Receiver = receiver;
            pipeline.Append(batch);
        }

        Send("loki");
        Send("files");
        _sink.Lines.Count.ShouldBe(1);
        pipeline.Update(With([], new LabelMatcher(MatchType.Equal, "job", "other")));
        Send("loki");
        _sink.Lines.Count.ShouldBe(2);
        pipeline.Update(With([], new LabelMatcher(MatchType.Regex, "job", "te.*")));
        Send("loki");
        _sink.Lines.Count.ShouldBe(2);
    }

    // Loki's senders have the level in a label or in structured metadata.
    [Theory]
    [InlineData(17, "", "", "", true)]
    [InlineData(9, "level", "error", "", false)]
    [InlineData(0, "level", "error", "", true)]
    [InlineData(0, "severity", "Warning", "", true)]
    [InlineData(0, "detected_level", "info", "", false)]
    [InlineData(0, "", "", "fatal", true)]
    [InlineData(0, "", "", "", false)]
    public void Levels_are_known_by_severity_attribute_or_label(int severity, string attribute, string word, string label, bool kept)
    {
        using var batch = LogBatch.Rent();
        if (label.Length > 0)
        {
            batch.AddAttribute("level"u8, AttributeType.String, System.Text.Encoding.UTF8.GetBytes(label));
        }

        batch.EndResource(ResourceKind.Labels);
        if (attribute.Length > 0)
        {
            batch.AddAttribute(System.Text.Encoding.UTF8.GetBytes(attribute), AttributeType.String, System.Text.Encoding.UTF8.GetBytes(word));
        }

        batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, SeverityNumber = (byte)severity, BodyType = AttributeType.String, BodyBits = batch.AddText("x").Packed });
        Of(new FilterConfiguration(true) { Where = Where(new FieldTest("level", FieldComparison.AtLeast, false) { Bound = 13 }) }).Append(batch);
        _sink.Lines.Count.ShouldBe(kept ? 1 : 0);
    }

    private static LogCondition Where(FieldTest test) => new([test]);

    private LogPipeline Of(params ProcessorConfiguration[] processors) => RedactionTests.Of(_sink, processors);

    // Ending a pipeline stores its metrics.
    private Dictionary<string, double> Samples(LogPipeline pipeline)
    {
        pipeline.Start();
        pipeline.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
        return _sink.Samples;
    }

    private static LogBatch Batch(params (string Body, int Status, string Path)[] rows)
    {
        var batch = LogBatch.Rent();
        batch.AddAttribute("job"u8, AttributeType.String, "test"u8);
        batch.EndResource(ResourceKind.Labels);
        foreach (var (body, status, path) in rows)
        {
            batch.AddAttribute("status"u8, AttributeType.Int, status);
            batch.AddAttribute("path"u8, AttributeType.String, System.Text.Encoding.UTF8.GetBytes(path));
            batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(body).Packed });
        }

        return batch;
    }
}
