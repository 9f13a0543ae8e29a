using System.Net.Http.Headers;

namespace Sightglass.Ingest.Scrape.Http;

/// <summary>Answer to a POST.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Content type without parameters, lower case; empty when there is none.</param>
/// <param name="Body">The body, at most as much as was asked for.</param>
public sealed record PostAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>Answer to a POST whose body has not been read yet.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Content type without parameters, lower case; empty when there is none.</param>
/// <param name="Body">The body.</param>
public sealed record StreamedAnswer(int Status, string ContentType, Stream Body)
{
    /// <summary>All of the body.</summary>
    /// <exception cref="HttpRequestException">It is longer than <paramref name="maxBytes"/>.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAllAsync(int maxBytes, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await Body.ReadAsync(buffer, cancellation)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > maxBytes)
            {
                throw new HttpRequestException($"the answer is larger than {maxBytes} bytes");
            }
        }

        return all.ToArray();
    }
}

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
    public Task<PostAnswer> PostAsync(
        Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, string contentType, string? contentEncoding, ReadOnlyMemory<byte> body, int maxAnswerBytes, TimeSpan timeout, CancellationToken cancellation) =>
        PostAsync(url, headers, contentType, contentEncoding, body, async answer => new PostAnswer(answer.Status, answer.ContentType, await answer.ReadAllAsync(maxAnswerBytes, cancellation)), timeout, cancellation);

    /// <summary>Sends; what <paramref name="read"/> makes of the answer, whatever its status, while it comes.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="headers">Headers besides those of the settings and the content's type.</param>
    /// <param name="contentType">The content's type.</param>
    /// <param name="contentEncoding">Its encoding, or null.</param>
    /// <param name="body">The content.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="timeout">How long it may take, the reading included.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task<T> PostAsync<T>(
        Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, string contentType, string? contentEncoding, ReadOnlyMemory<byte> body, Func<StreamedAnswer, Task<T>> read, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(read);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await _transport.PostAsync(url, headers, Content, async response =>
            {
                await using var stream = await response.Content.ReadAsStreamAsync(linked.Token);

                // A deadline ends the reading of a body, whoever reads it.
                await using var ends = linked.Token.UnsafeRegister(static s => ((Stream)s!).Dispose(), stream);
                return await read(new StreamedAnswer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? string.Empty, stream));
            }, linked.Token);
        }
        catch (ScrapeFailedException e)
        {
            throw new HttpRequestException(e.Message.StartsWith("Get ", StringComparison.Ordinal) ? $"Post{e.Message[3..]}" : e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException && linked.IsCancellationRequested && !cancellation.IsCancellationRequested)
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
}
