using System.Globalization;
using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Pipeline;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Pipeline;

public sealed class StreamLimitTests
{
    private readonly LineSink _sink = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Records_of_streams_beyond_the_limit_are_refused_and_the_others_stored()
    {
        var pipeline = Of(3);
        Append(pipeline, "a", "b", "c").ShouldBe((3, 0, null));
        Append(pipeline, "a", "d", "d", "b", "e").ShouldBe((2, 3, "too many streams: limit max_active_streams is 3"));
        pipeline.ActiveStreams.ShouldBe(3);
        _sink.Streams.ShouldBe(["job=a", "job=b", "job=c", "job=a", "job=b"]);
    }

    [Fact]
    public void A_stream_without_records_makes_room_within_two_hours_and_one_with_records_stays()
    {
        var pipeline = Of(2);
        Append(pipeline, "a", "b");
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(30));
            Append(pipeline, "a").Stored.ShouldBe(1);
        }

        Append(pipeline, "c", "a").ShouldBe((2, 0, null));
        Append(pipeline, "b").Rejected.ShouldBe(1);
    }

    [Fact]
    public void Tenants_have_limits_of_their_own()
    {
        var pipeline = Of(1);
        Append(pipeline, "a").Stored.ShouldBe(1);
        Append(pipeline, "tenant:x", "tenant:y").ShouldBe((2, 0, null));
        Append(pipeline, "b").Rejected.ShouldBe(1);
    }

    [Fact]
    public void Nought_is_without_bound_and_a_reload_changes_it()
    {
        var pipeline = Of(0);
        Append(pipeline, [.. Enumerable.Range(0, 2_000).Select(i => i.ToString(CultureInfo.InvariantCulture))]).Stored.ShouldBe(2_000);
        pipeline.Update(new PipelineConfiguration { MaxActiveStreams = 1 });
        Append(pipeline, "x", "y").ShouldBe((1, 1, "too many streams: limit max_active_streams is 1"));
    }

    [Fact]
    public void The_order_of_labels_makes_no_other_stream()
    {
        var pipeline = Of(1);
        foreach (var names in new[] { "ab", "ba" })
        {
            using var batch = LogBatch.Rent();
            foreach (var name in names)
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(name.ToString()), AttributeType.String, Encoding.UTF8.GetBytes(name + "1"));
            }

            batch.EndResource(ResourceKind.Labels);
            batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, BodyType = AttributeType.String });
            pipeline.Append(batch).Stored.ShouldBe(1);
        }
    }

    [Fact]
    public void What_was_refused_is_told_once_when_the_store_fails_in_between()
    {
        var pipeline = Of(1);
        Append(pipeline, "a");
        using var batch = Batch("a", "b");
        _sink.FailuresLeft = 1;
        Should.Throw<StorageFailedException>(() => pipeline.Append(batch));
        var result = pipeline.Append(batch);
        (result.Stored, result.Rejected).ShouldBe((1, 1));
    }

    [Fact]
    public void Refusals_are_counted_under_their_reason()
    {
        var ledger = new IngestLedger(_time);
        var intake = new LogIntake(Of(1), ledger, IngestLimits.Default, _time, _ => { });
        var source = ledger.Source("gelf", "10.0.0.1");
        using var batch = Batch("a", "b", "c");
        intake.Store(batch, new Rejections(), source).Rejected.ShouldBe(2);
        source.Rejections.Select(r => (r.Reason, r.Items, r.Example)).ShouldBe([("stream_limit", 2, "too many streams: limit max_active_streams is 1")]);
    }

    private LogPipeline Of(int most) => new(_sink, new PipelineConfiguration { MaxActiveStreams = most }, _time, _ => { });

    private static (int Stored, int Rejected, string? Reason) Append(LogPipeline pipeline, params string[] streams)
    {
        using var batch = Batch(streams);
        var result = pipeline.Append(batch);
        return (result.Stored, result.Rejected, result.FirstReason);
    }

    private static LogBatch Batch(params string[] streams)
    {
        var batch = LogBatch.Rent();
        foreach (var stream in streams)
        {
            if (stream.StartsWith("tenant:", StringComparison.Ordinal))
            {
                batch.AddAttribute("tenant"u8, AttributeType.String, Encoding.UTF8.GetBytes(stream));
            }

            batch.AddAttribute("job"u8, AttributeType.String, Encoding.UTF8.GetBytes(stream));
            var resource = batch.EndResource(ResourceKind.Labels);
            batch.AddRow(new LogRow { TimeUnixNano = 1, Scope = -1, Resource = resource, BodyType = AttributeType.String, BodyBits = batch.AddText("x").Packed });
        }

        return batch;
    }
}
