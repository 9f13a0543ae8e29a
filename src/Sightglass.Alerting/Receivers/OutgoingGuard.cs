using System.Net;

namespace Sightglass.Alerting.Receivers;

/// <summary>Checks where each request goes, and follows redirects itself so that each of them is checked too. The body can be read again.</summary>
internal sealed class OutgoingGuard(OutgoingPolicy policy, bool followRedirects, bool isProxied, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxRedirects = 10;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            await CheckAsync(request.RequestUri!, cancellationToken).ConfigureAwait(false);
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (!followRedirects || Next(request.RequestUri!, response) is not { } next)
            {
                return response;
            }

            if (redirects == MaxRedirects)
            {
                response.Dispose();
                throw new DeliveryException($"more than {MaxRedirects} redirects", recoverable: false);
            }

            Redirect(request, response.StatusCode, next);
            response.Dispose();
        }
    }

    private static Uri? Next(Uri from, HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location)
        {
            return null;
        }

        var next = location.IsAbsoluteUri ? location : new Uri(from, location);
        // What began encrypted does not go on in the clear.
        return next.Scheme == Uri.UriSchemeHttps || (next.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp) ? next : null;
    }

    private static void Redirect(HttpRequestMessage request, HttpStatusCode status, Uri next)
    {
        if (status is not (HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) && request.Method != HttpMethod.Get)
        {
            (request.Method, request.Content) = (HttpMethod.Get, null);
        }

        if (!next.Host.Equals(request.RequestUri!.Host, StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Authorization = null;
        }

        request.RequestUri = next;
    }

    private async ValueTask CheckAsync(Uri uri, CancellationToken cancellation)
    {
        policy.CheckHost(uri.Host);
        if (isProxied && policy.RefusePrivate)
        {
            // The proxy makes the connection: the name is asked for here, too.
            await policy.ResolveAsync(uri.Host, cancellation).ConfigureAwait(false);
        }
    }
}
