using System.Net.Http.Headers;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>Answer to a POST.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Content type without parameters, lower case; empty when there is none.</param>
/// <param name="Body">The body, at most as much as was asked for.</param>
public sealed record PostAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>Sends POST requests with the credentials, TLS and proxy of an <see cref="HttpClientSettings"/>. Thread-safe.</summary>
public sealed class HttpPoster(HttpClientSettings settings, TimeProvider time) : IDisposable
{
    private readonly HttpTransport _transport = new(settings, time);

    /// <summary>Sends; the answer, whatever its status.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="headers">Headers besides those of the settings and the content's type.</param>
    /// <param name="contentType">The content's type.</param>
    /// <param name="contentEncoding">Its encoding, or null.</param>
    /// <param name="body">The content.</param>
    /// <param name="maxAnswerBytes">Longer answers are an error.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HttpRequestException">There was no answer, or one that is too long.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task<PostAnswer> PostAsync(
        Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, string contentType, string? contentEncoding, ReadOnlyMemory<byte> body, int maxAnswerBytes, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(url);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await _transport.PostAsync(url, headers, Content, response => ReadAsync(response, maxAnswerBytes, linked.Token), linked.Token);
        }
        catch (ScrapeFailedException e)
        {
            throw new HttpRequestException(e.Message.StartsWith("Get ", StringComparison.Ordinal) ? $"Post{e.Message[3..]}" : e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"Post \"{HttpFailure.Shown(url)}\": context deadline exceeded");
        }

        HttpContent Content()
        {
            var content = new ReadOnlyMemoryContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
            if (contentEncoding is not null)
            {
                content.Headers.ContentEncoding.Add(contentEncoding);
            }

            return content;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static async Task<PostAnswer> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > maxBytes)
            {
                throw new ScrapeFailedException($"the answer is larger than {maxBytes} bytes");
            }
        }

        return new PostAnswer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? string.Empty, body.ToArray());
    }
}
