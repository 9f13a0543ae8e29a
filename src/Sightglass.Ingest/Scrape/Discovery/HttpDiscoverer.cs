using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>Asks an HTTP address for a list of target groups in JSON.</summary>
internal sealed class HttpDiscoverer(HttpDiscovery configuration, DiscoveryContext context, string job) : PollingDiscoverer(configuration.RefreshInterval, context, job)
{
    private readonly HttpTransport _transport = new(configuration.Http, context.Time);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _transport.Dispose();
    }

    protected override bool IsSameSource(Discoverer other) => other is HttpDiscoverer http && http.Url == Url;

    private Uri Url => configuration.Url;

    protected override async Task<IReadOnlyList<TargetGroup>> AskAsync(CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(Interval, Context.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        KeyValuePair<string, string>[] headers =
        [
            new("User-Agent", "Sightglass"),
            new("Accept", "application/json"),
            new("X-Prometheus-Refresh-Interval-Seconds", Interval.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ];
        try
        {
            var text = await _transport.GetAsync(Url, headers, response => ReadAsync(response, linked.Token), linked.Token);
            return TargetGroups.Json(text, HttpFailure.Shown(Url), LabelSet.Of("__meta_url", HttpFailure.Shown(Url)));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"Get \"{HttpFailure.Shown(Url)}\": context deadline exceeded");
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new ScrapeFailedException($"server returned HTTP status {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());
        }

        var type = response.Content.Headers.ContentType;
        if (type?.MediaType?.ToLowerInvariant() != "application/json" || type.CharSet is { } set && !set.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw new ScrapeFailedException($"unsupported content type \"{type}\"");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > TargetGroups.MaxBytes)
            {
                throw new ScrapeFailedException($"the list of targets is larger than {TargetGroups.MaxBytes} bytes, limit TargetGroups.MaxBytes");
            }
        }

        return body.ToArray();
    }
}
