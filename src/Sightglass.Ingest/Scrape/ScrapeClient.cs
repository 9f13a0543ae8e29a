using System.IO.Compression;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Scrape;

/// <summary>Fetches metrics over HTTP, bounded in time and size. Thread-safe.</summary>
internal sealed class ScrapeClient : IDisposable
{
    private const string Accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        MaxAutomaticRedirections = 10,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Reads the answer into <paramref name="body"/>; true when it is OpenMetrics.</summary>
    /// <exception cref="TimeoutException">It took longer than allowed.</exception>
    /// <exception cref="HttpRequestException">The target did not answer, or not with 200.</exception>
    /// <exception cref="LimitExceededException">The answer is too large.</exception>
    public async Task<bool> FetchAsync(Uri url, Func<string>? authorization, TimeSpan timeout, int maxBytes, ByteWriter body, TimeProvider time, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        request.Headers.TryAddWithoutValidation("User-Agent", "Sightglass");
        request.Headers.TryAddWithoutValidation("X-Prometheus-Scrape-Timeout-Seconds", timeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization());
        }

        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if (response.StatusCode != System.Net.HttpStatusCode.OK)
            {
                throw new HttpRequestException($"server returned HTTP status {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            await using var raw = await response.Content.ReadAsStreamAsync(linked.Token);
            await using var stream = response.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(raw, CompressionMode.Decompress) : raw;
            while (true)
            {
                var read = await stream.ReadAsync(body.GetMemory(16 << 10), linked.Token);
                if (read == 0)
                {
                    break;
                }

                body.Advance(read);
                if (body.Length > maxBytes)
                {
                    throw new LimitExceededException("body_size_limit", maxBytes, body.Length, "bytes of the answer");
                }
            }

            return response.Content.Headers.ContentType?.MediaType == "application/openmetrics-text";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"context deadline exceeded: no answer within {timeout.TotalSeconds}s");
        }
    }

    public void Dispose() => _http.Dispose();
}
