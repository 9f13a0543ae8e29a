using System.Net;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Forward;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Forward;

public sealed class ForwarderTests : IBatchSink, IDisposedAsync
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpListener _listener;
    private readonly List<double> _arrived = [];
    private readonly List<string> _reports = [];
    private readonly Queue<(int Status, string? RetryAfter)> _answers = [];
    private readonly Uri _url;
    private readonly Task _serving;
    private double? _poison;
    private string? _contentType;

    public ForwarderTests()
    {
        (_listener, var url) = FreePort.Listen();
        _url = new Uri(url + "api/v1/write");
        _serving = ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
        _folder.Dispose();
    }

    [Fact]
    public async Task Samples_arrive_in_order_through_429_and_5xx()
    {
        _answers.Enqueue((503, null));
        _answers.Enqueue((429, "0"));
        _answers.Enqueue((500, null));
        await using var forwarder = Open(Target);
        forwarder.Start();
        for (var i = 1; i <= 20; i++)
        {
            Send(forwarder, i);
        }

        await UntilAsync(() => Arrived.Length == 20);
        Arrived.ShouldBe([.. Enumerable.Range(1, 20).Select(static i => (double)i)]);
        var figures = forwarder.Figures.Single();
        await UntilAsync(() => (figures = forwarder.Figures.Single()).Pending == 0);
        (figures.Sent, figures.Refused, figures.Dropped, figures.Retries, figures.LastError).ShouldBe((20L, 0L, 0L, 3L, null));
        _contentType.ShouldBe("application/x-protobuf");
    }

    [Fact]
    public async Task A_refused_record_costs_only_itself()
    {
        _poison = 3;
        await using var forwarder = Open(Target);
        for (var i = 1; i <= 5; i++)
        {
            Send(forwarder, i);
        }

        forwarder.Start();
        await UntilAsync(() => forwarder.Figures.Single().Pending == 0);
        Arrived.ShouldBe([1.0, 2, 4, 5]);
        var figures = forwarder.Figures.Single();
        (figures.Sent, figures.Refused, figures.Retries).ShouldBe((4L, 1L, 0L));
    }

    [Fact]
    public async Task What_waits_is_sent_after_a_restart()
    {
        await using (var first = Open(Target))
        {
            Send(first, 1);
            Send(first, 2);
        }

        await using var second = Open(Target);
        second.Figures.Single().Pending.ShouldBe(2);
        Send(second, 3);
        second.Start();
        await UntilAsync(() => Arrived.Length == 3);
        Arrived.ShouldBe([1.0, 2, 3]);
    }

    [Fact]
    public async Task What_is_too_old_when_its_turn_comes_is_dropped()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await using var forwarder = Open(Target with { SampleAgeLimit = TimeSpan.FromHours(1) });
        Send(forwarder, now - 7_200_000);
        Send(forwarder, now);
        Send(forwarder, 1);
        forwarder.Start();
        await UntilAsync(() => forwarder.Figures.Single().Pending == 0);
        Arrived.ShouldBe([(double)now]);
        (forwarder.Figures.Single().Sent, forwarder.Figures.Single().Dropped).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Version_2_is_sent_as_such()
    {
        await using var forwarder = Open(Target with { Version2 = true });
        forwarder.Start();
        Send(forwarder, 7);
        await UntilAsync(() => Arrived.Length == 1);
        _contentType.ShouldBe("application/x-protobuf; proto=io.prometheus.write.v2.Request");
    }

    [Fact]
    public async Task New_targets_take_over_while_samples_come_in()
    {
        await using var forwarder = Open(Target);
        forwarder.Start();
        Send(forwarder, 1);
        await forwarder.UpdateAsync([Target with { Version2 = true }]);
        Send(forwarder, 2);

        // What was on its way at the change may arrive twice: nobody heard the answer.
        await UntilAsync(() => Arrived.Contains(2));
        await forwarder.UpdateAsync([]);
        Send(forwarder, 3);
        forwarder.Figures.ShouldBeEmpty();
        Arrived.Distinct().ShouldBe([1.0, 2]);
    }

    public AppendResult Append(MetricBatch batch) => AppendResult.All(batch.SampleCount);

    public AppendResult Append(LogBatch batch) => default;

    public AppendResult Append(SpanBatch batch) => default;

    private RemoteWriteTarget Target => new() { Name = "t", Url = _url, BatchSendDeadline = TimeSpan.Zero, MinBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(5) };

    private double[] Arrived
    {
        get
        {
            lock (_arrived)
            {
                return [.. _arrived];
            }
        }
    }

    private Forwarder Open(RemoteWriteTarget target) => new(this, [target], _folder.FullPath, TimeProvider.System, _reports.Add);

    private static void Send(Forwarder forwarder, double value)
    {
        using var batch = new MetricBatch();
        batch.AddSample(batch.AddSeries(LabelSet.Of("__name__", "up")), (long)value, value);
        forwarder.Append(batch);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        condition().ShouldBeTrue();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Answer(context, body.ToArray());
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private void Answer(HttpListenerContext context, byte[] compressed)
    {
        if (_answers.TryDequeue(out var answer))
        {
            context.Response.StatusCode = answer.Status;
            if (answer.RetryAfter is { } wait)
            {
                context.Response.Headers["Retry-After"] = wait;
            }

            return;
        }

        _contentType = context.Request.ContentType;
        using var message = new ByteWriter();
        Snappy.TryDecompress(compressed, message, 1 << 20).ShouldBeTrue();
        using var batch = new MetricBatch();
        using var histograms = new MetricBatch();
        if (_contentType!.Contains("v2", StringComparison.Ordinal))
        {
            using var decoder = new RemoteWrite2Decoder(batch, histograms, new Rejections(), IngestLimits.Default, new SeenFamilies());
            decoder.Decode(message.Written);
        }
        else
        {
            RemoteWriteDecoder.Decode(message.Written, batch, new Rejections(), IngestLimits.Default);
        }

        if (_poison is { } poison && batch.SampleValues.Contains(poison))
        {
            context.Response.StatusCode = 400;
            return;
        }

        context.Response.StatusCode = 204;
        lock (_arrived)
        {
            _arrived.AddRange(batch.SampleValues);
        }
    }
}
