using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.RemoteWrite;
using Sightglass.Ingest.Scrape.Http;
using Sightglass.Server.Api.Prometheus.RemoteRead;
using Sightglass.Server.Configuration;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.RemoteRead;

/// <summary>A remote read did not answer as it has to.</summary>
internal sealed class RemoteReadFailedException(string message) : Exception(message);

/// <summary>Asks one server for the samples of a selection by Prometheus' remote read. Thread-safe.</summary>
internal sealed class RemoteReadClient(RemoteReadTarget target, QueryLimits limits, TimeProvider time) : IDisposable
{
    /// <summary>Bytes of an answer that is not streamed, packed and unpacked.</summary>
    private const int MaxAnswerBytes = 256 << 20;

    private const int Samples = 0;

    private const int StreamedChunks = 1;

    private const string StreamedType = "application/x-streamed-protobuf";

    private readonly HttpPoster _poster = new(target.Http, time);
    private readonly KeyValuePair<string, string>[] _headers =
    [
        .. target.Headers, new("User-Agent", "Sightglass"), new("X-Prometheus-Remote-Read-Version", "0.1.0"), new("Accept-Encoding", "snappy"),
    ];

    private readonly IngestLimits _limits = IngestLimits.Default with { MaxItemsPerRequest = (int)Math.Min(int.MaxValue, limits.MaxSamples) };

    public RemoteReadTarget Target { get; } = target;

    /// <summary>Whether a selection concerns that server at all.</summary>
    public bool Wants(IReadOnlyList<LabelMatcher> matchers) =>
        Target.Required.All(r => matchers.Any(m => m.Type == MatchType.Equal && m.Name == r.Key && m.Value == r.Value));

    /// <summary>The series with their samples, by labels; times are milliseconds, inclusive.</summary>
    /// <exception cref="RemoteReadFailedException">There was no usable answer.</exception>
    public SortedDictionary<LabelSet, RemoteSeries> Read(IReadOnlyList<LabelMatcher> matchers, long startMs, long endMs, CancellationToken cancellation)
    {
        using var request = new ByteWriter();
        Write(request, matchers, startMs, endMs, out var added);
        using var packed = new ByteWriter();
        SnappyEncoder.Compress(request.Written, packed);
        try
        {
            // The caller brings the thread, as for every selection.
            return _poster.PostAsync(Target.Url, _headers, "application/x-protobuf", "snappy", packed.Written.ToArray(), answer => TakeAsync(answer, added, startMs, endMs, cancellation), Target.Timeout, cancellation)
                .GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or MalformedInputException or LimitExceededException)
        {
            throw new RemoteReadFailedException(e.Message);
        }
    }

    public void Dispose() => _poster.Dispose();

    private async Task<SortedDictionary<LabelSet, RemoteSeries>> TakeAsync(StreamedAnswer answer, string[] added, long startMs, long endMs, CancellationToken cancellation)
    {
        if (answer.Status / 100 != 2)
        {
            var text = new byte[512];
            var length = await answer.Body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellation);
            throw new RemoteReadFailedException($"server returned HTTP status {answer.Status}: {System.Text.Encoding.UTF8.GetString(text.AsSpan(0, length)).Trim()}");
        }

        if (answer.ContentType == StreamedType)
        {
            return await new ChunkedAnswer(added, startMs, endMs, limits.MaxSamples, Target.MaxFrameBytes).ReadAsync(answer.Body, cancellation);
        }

        if (answer.ContentType != "application/x-protobuf")
        {
            throw new RemoteReadFailedException($"not supported remote read content type: {answer.ContentType}");
        }

        var packed = await answer.ReadAllAsync(MaxAnswerBytes, cancellation);
        using var body = new ByteWriter();
        using var batch = MetricBatch.Rent();
        if (!Snappy.TryDecompress(packed.Span, body, MaxAnswerBytes))
        {
            throw new RemoteReadFailedException("the answer is not packed with snappy, or too large");
        }

        ReadResponseDecoder.Decode(body.Written, batch, _limits);
        return Collect(batch, added, startMs, endMs);
    }

    private void Write(ByteWriter request, IReadOnlyList<LabelMatcher> matchers, long startMs, long endMs, out string[] added)
    {
        using var query = new ByteWriter();
        using var matcher = new ByteWriter();
        query.WriteInt64(1, startMs);
        query.WriteInt64(2, endMs);
        var own = Target.ExternalLabels.Where(l => !matchers.Any(m => m.Name == l.Name)).ToArray();
        foreach (var one in matchers.Concat(own.Select(l => new LabelMatcher(MatchType.Equal, l.Name, l.Value))))
        {
            matcher.Clear();
            matcher.WriteInt64(1, one.Type switch { MatchType.Equal => 0, MatchType.NotEqual => 1, MatchType.Regex => 2, _ => 3 });
            matcher.WriteText(2, one.Name);
            matcher.WriteText(3, one.Value);
            query.WriteMessage(3, matcher.Written);
        }

        request.WriteMessage(1, query.Written);
        request.WriteVarint(2 << 3);
        request.WriteVarint(StreamedChunks);
        request.WriteVarint(2 << 3);
        request.WriteVarint(Samples);
        added = [.. own.Select(l => l.Name)];
    }

    private static SortedDictionary<LabelSet, RemoteSeries> Collect(MetricBatch batch, string[] added, long startMs, long endMs)
    {
        var labels = new LabelSet[batch.SeriesCount];
        var found = new SortedDictionary<LabelSet, RemoteSeries>();
        RemoteSeries Of(int series)
        {
            labels[series] ??= LabelSet.FromKey(batch.SeriesKey(series)).Without(added);
            if (!found.TryGetValue(labels[series], out var buffer))
            {
                found.Add(labels[series], buffer = new RemoteSeries(startMs, endMs));
            }

            return buffer;
        }

        for (var i = 0; i < batch.SampleCount; i++)
        {
            Of(batch.SampleSeries[i]).Add(batch.SampleTimestampsMs[i], batch.SampleValues[i]);
        }

        foreach (var (series, at, histogram) in batch.Histograms)
        {
            Of(series).Add(at, histogram);
        }

        return found;
    }
}
