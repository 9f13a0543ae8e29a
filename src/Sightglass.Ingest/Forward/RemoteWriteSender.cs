using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// Sends samples on to one other server: what is taken in goes into a queue on disk first and is sent from there by one request at a time, so that the
/// samples of a series stay in order. What cannot be delivered now (no connection, 429, 5xx) is tried again for as long as the queue has room; what
/// the other side refuses (other 4xx) is dropped and counted.
/// </summary>
internal sealed class RemoteWriteSender : IDisposable
{
    /// <summary>Records of one request at most: after a restart that many are sent one by one, as nobody knows which of them had arrived.</summary>
    private const int MaxRecordsPerRequest = 64;

    private const int MaxAnswerBytes = 1024;

    // Longest pause that another server may ask for.
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    private readonly RemoteWriteTarget _target;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly DiskQueue _queue;
    private readonly HttpTransport _http;
    private readonly WriteRequestEncoder _encoder;
    private readonly WriteRequest2Encoder _encoder2 = new();
    private readonly OtlpMetricsEncoder _otlp = new();
    private readonly SampleAgeFilter _age = new();
    private readonly ByteWriter _young = new();
    private readonly ByteWriter _request = new(64 << 10);
    private readonly ByteWriter _translated = new(64 << 10);
    private readonly ByteWriter _body = new(64 << 10);
    private readonly Lock _encoding = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private int _alone = MaxRecordsPerRequest;
    private long _sent;
    private long _refused;
    private long _aged;
    private long _retries;
    private string? _lastError;

    public RemoteWriteSender(RemoteWriteTarget target, string folder, TimeProvider time, Action<string> report)
    {
        _target = target;
        _time = time;
        _report = report;
        _queue = DiskQueue.Open(folder, target.MaxDiskBytes, report);
        _http = new HttpTransport(target.Http, time);
        _encoder = new WriteRequestEncoder(target);
    }

    /// <summary>The figures of this moment.</summary>
    public ForwardFigures Figures => new(
        _target.Name, Interlocked.Read(ref _sent), _queue.PendingItems, Interlocked.Read(ref _refused), _queue.DroppedItems + Interlocked.Read(ref _aged), Interlocked.Read(ref _retries), _queue.Bytes, Volatile.Read(ref _lastError));

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Queues a batch. A queue that cannot be written costs its samples here and nothing elsewhere.</summary>
    public void Enqueue(MetricBatch batch)
    {
        lock (_encoding)
        {
            try
            {
                _encoder.Encode(batch, (message, items) =>
                {
                    _body.Clear();
                    SnappyEncoder.Compress(message, _body);
                    _queue.Append(_body.Written, items);
                });
            }
            catch (StorageFailedException e)
            {
                Fail(e.Message);
            }
        }
    }

    /// <summary>Stops sending; what is taken in is still queued.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    /// <summary>Closes the queue, after <see cref="StopAsync"/>.</summary>
    public void Dispose()
    {
        _stop.Dispose();
        _http.Dispose();
        _queue.Dispose();
        _encoder.Dispose();
        _encoder2.Dispose();
        _otlp.Dispose();
        _age.Dispose();
        _young.Dispose();
        _request.Dispose();
        _translated.Dispose();
        _body.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var records = _queue.Read(_target.MaxSamplesPerSend, _alone > 0 ? 1 : MaxRecordsPerRequest);
                if (records.Count == 0)
                {
                    _alone = 0;
                    await _queue.WaitAsync(Timeout.InfiniteTimeSpan, _stop.Token);
                    if (_queue.PendingItems < _target.MaxSamplesPerSend)
                    {
                        await Task.Delay(_target.BatchSendDeadline, _time, _stop.Token);
                    }

                    continue;
                }

                await DeliverAsync(records);
                _queue.Commit(records);
                _alone = Math.Max(0, _alone - 1);
            }
        }
        catch (OperationCanceledException)
        {
            // What was not delivered waits on disk.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail($"the queue cannot be read, nothing is sent any more: {e.Message}");
        }
    }

    private async Task DeliverAsync(IReadOnlyList<QueueRecord> records)
    {
        var (refusal, aged) = await SendAsync(records);
        if (refusal is null)
        {
            Interlocked.Add(ref _aged, aged);
            Interlocked.Add(ref _sent, records.Sum(static r => r.Items) - aged);
            return;
        }

        if (records.Count == 1)
        {
            Interlocked.Add(ref _refused, records[0].Items);
            Fail($"{records[0].Items} samples were refused: {refusal}");
            return;
        }

        // Some servers take nothing of a request in which one sample is bad: a bad record shall cost only itself.
        foreach (var record in records)
        {
            await DeliverAsync([record]);
        }
    }

    /// <summary>Sends until there is a final answer: null when it was taken, else why not; and how many samples were too old to be sent.</summary>
    private async Task<(string? Refusal, int Aged)> SendAsync(IReadOnlyList<QueueRecord> records)
    {
        if (!MakeBody(records, out var content, out var aged))
        {
            return ("the queue's record does not decompress", 0);
        }

        var pause = _target.MinBackoff;
        while (content.Length > 0)
        {
            TimeSpan? asked = null;
            try
            {
                using var timeout = new CancellationTokenSource(_target.Timeout, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
                var (status, retryAfter, text) = await _http.PostAsync(_target.Url, Headers(), () => Content(content), ReadAsync, either.Token);
                if ((int)status is >= 200 and < 300)
                {
                    Volatile.Write(ref _lastError, null);
                    return (null, aged);
                }

                var message = $"server returned HTTP status {(int)status}: {text}";
                if (status != HttpStatusCode.TooManyRequests && (int)status is >= 300 and < 500)
                {
                    return (message, 0);
                }

                asked = retryAfter;
                Fail(message);
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                Fail($"no answer within {_target.Timeout.TotalSeconds} s");
            }
            catch (ScrapeFailedException e)
            {
                Fail(e.Message);
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(asked is { } wait && wait > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Min(wait.Ticks, MaxRetryAfter.Ticks)) : pause, _time, _stop.Token);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _target.MaxBackoff.Ticks));
            if (_target.SampleAgeLimit > TimeSpan.Zero)
            {
                // They have aged while they waited.
                MakeBody(records, out content, out aged);
            }
        }

        return (null, aged);
    }

    /// <summary>The body of a request; empty when everything in it is too old.</summary>
    private bool MakeBody(IReadOnlyList<QueueRecord> records, out byte[] content, out int aged)
    {
        aged = 0;
        content = records[0].Payload;
        if (records.Count == 1 && !_target.Version2 && !_target.Otlp && _target.SampleAgeLimit <= TimeSpan.Zero)
        {
            return true;
        }

        _request.Clear();
        foreach (var record in records)
        {
            if (!Snappy.TryDecompress(record.Payload, _request, DiskQueue.MaxRecordBytes))
            {
                return false;
            }
        }

        var request = _request;
        if (_target.SampleAgeLimit > TimeSpan.Zero)
        {
            _young.Clear();
            aged = _age.Copy(_request.Written, (_time.GetUtcNow() - _target.SampleAgeLimit).ToUnixTimeMilliseconds(), _young);
            request = _young;
            if (request.Length == 0)
            {
                content = [];
                return true;
            }
        }

        if (_target.Otlp)
        {
            _translated.Clear();
            _otlp.Encode(request.Written, _translated);
            using var gzipped = new MemoryStream();
            using (var gzip = new GZipStream(gzipped, CompressionLevel.Fastest))
            {
                gzip.Write(_translated.Written);
            }

            content = gzipped.ToArray();
            return true;
        }

        var message = request;
        if (_target.Version2)
        {
            _translated.Clear();
            _encoder2.Encode(request.Written, _translated);
            message = _translated;
        }

        using var compressed = new ByteWriter(message.Length);
        SnappyEncoder.Compress(message.Written, compressed);
        content = compressed.Written.ToArray();
        return true;
    }

    private ByteArrayContent Content(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(_target.Version2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf");
        content.Headers.ContentEncoding.Add(_target.Otlp ? "gzip" : "snappy");
        return content;
    }

    private KeyValuePair<string, string>[] Headers() =>
    [
        .. _target.Otlp ? [] : new[] { KeyValuePair.Create("X-Prometheus-Remote-Write-Version", _target.Version2 ? "2.0.0" : "0.1.0") },
        KeyValuePair.Create("User-Agent", "Sightglass"),
        .. _target.Headers,
    ];

    private async Task<(HttpStatusCode Status, TimeSpan? RetryAfter, string Text)> ReadAsync(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        using var stream = await response.Content.ReadAsStreamAsync(_stop.Token);
        var bytes = new byte[MaxAnswerBytes];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, _stop.Token);
        return (response.StatusCode, after, System.Text.Encoding.UTF8.GetString(bytes, 0, read).Split('\n')[0].Trim());
    }

    private void Fail(string message)
    {
        // Said once for as long as it stays the same.
        if (Interlocked.Exchange(ref _lastError, message) != message)
        {
            _report($"sending on to {_target.Name}: {message}");
        }
    }
}

/// <summary>Figures of one forwarding.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sent">Samples that the other side took.</param>
/// <param name="Pending">Samples that wait on disk.</param>
/// <param name="Refused">Samples that the other side refused; they are dropped.</param>
/// <param name="Dropped">Samples that were dropped because the queue was full or damaged, or they were too old.</param>
/// <param name="Retries">Requests that were tried again.</param>
/// <param name="QueueBytes">Bytes on disk.</param>
/// <param name="LastError">What went wrong last; null when the last request went well.</param>
public sealed record ForwardFigures(string Name, long Sent, long Pending, long Refused, long Dropped, long Retries, long QueueBytes, string? LastError);
