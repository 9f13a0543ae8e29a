using System.Globalization;
using System.IO.Compression;
using System.Net;
using Sightglass.Core.Bytes;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Ingest.Scrape;

/// <summary>Fetches the metrics of one job's targets over HTTP, bounded in time and size. Thread-safe.</summary>
internal sealed class ScrapeClient(HttpClientSettings settings, TimeProvider time) : IDisposable
{
    private readonly HttpTransport _transport = new(settings, time);

    /// <summary>Reads the answer into <paramref name="body"/>; gives its Content-Type, or null.</summary>
    /// <exception cref="TimeoutException">It took longer than allowed.</exception>
    /// <exception cref="ScrapeFailedException">The target did not answer, not with 200, or with too much.</exception>
    public async Task<string?> FetchAsync(ScrapeConfiguration configuration, Uri url, TimeSpan timeout, int maxBytes, ByteWriter body, TimeProvider clock, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        KeyValuePair<string, string>[] headers =
        [
            new("Accept", ScrapeProtocols.Accept(configuration.Protocols, configuration.NameEscaping)),
            new("Accept-Encoding", configuration.EnableCompression ? "gzip" : "identity"),
            new("User-Agent", "Sightglass"),
            new("X-Prometheus-Scrape-Timeout-Seconds", timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
        ];
        try
        {
            return await _transport.GetAsync(url, headers, response => ReadAsync(response, configuration.Limits.BodySize, maxBytes, body, linked.Token), linked.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"Get \"{HttpFailure.Shown(url)}\": context deadline exceeded");
        }
    }

    public void Dispose() => _transport.Dispose();

    private static async Task<string?> ReadAsync(HttpResponseMessage response, long limit, int maxBytes, ByteWriter body, CancellationToken cancellation)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new ScrapeFailedException($"server returned HTTP status {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());
        }

        await using var raw = await response.Content.ReadAsStreamAsync(cancellation);
        await using var stream = response.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(raw, CompressionMode.Decompress) : raw;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(body.GetMemory(16 << 10), cancellation);
                if (read == 0)
                {
                    break;
                }

                body.Advance(read);
                if (limit > 0 && body.Length >= limit)
                {
                    throw new BodyTooLargeException(limit);
                }

                if (body.Length > maxBytes)
                {
                    throw new BodyTooLargeException(maxBytes);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new ScrapeFailedException($"gzip: {e.Message}");
        }

        return response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : null;
    }
}
