using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>
/// <c>/federate</c>: the newest sample of every series that a <c>match[]</c> means, for another server to scrape. Native histograms
/// have no text form and are left out, as Prometheus does.
/// </summary>
internal static class FederationApi
{
    private const int FlushBytes = 256 << 10;

    /// <summary>Adds the routes; <paramref name="externalLabels"/> are those of the configuration in force.</summary>
    public static void Map(RouteTable routes, IMetricStore store, QueryLimits limits, TimeProvider time, Func<LabelSet> externalLabels)
    {
        foreach (var root in PrometheusRoutes.Roots)
        {
            routes.MapGet($"{root}/federate", context => Answer(context, store, limits, time, externalLabels()));
        }
    }

    private static async Task Answer(HttpContext context, IMetricStore store, QueryLimits limits, TimeProvider time, LabelSet externalLabels)
    {
        try
        {
            var parameters = await ApiParameters.ReadAsync(context.Request);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var newest = Newest(parameters.Selectors(), store, limits, now, context.RequestAborted);
            await WriteAsync(context, newest, externalLabels);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (Exception e) when (PrometheusRoutes.StatusOf(e).Status > 0 && !context.Response.HasStarted)
        {
            context.Response.StatusCode = PrometheusRoutes.StatusOf(e).Status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(e.Message + "\n", context.RequestAborted);
        }
    }

    private static List<Newest> Newest(List<IReadOnlyList<LabelMatcher>> selectors, IMetricStore store, QueryLimits limits, long now, CancellationToken cancellation)
    {
        var found = new List<Newest>();
        var seen = selectors.Count > 1 ? new HashSet<LabelSet>() : null;
        var buffer = new SampleBuffer();
        foreach (var matchers in selectors)
        {
            using var selection = store.Select(new MetricSelection(matchers, now - (long)limits.LookbackDelta.TotalMilliseconds, now), cancellation);
            if (selection.Count > limits.MaxSeries)
            {
                throw new Core.Errors.LimitExceededException(nameof(QueryLimits.MaxSeries), limits.MaxSeries, selection.Count, "federation touches too many series");
            }

            for (var i = 0; i < selection.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var labels = selection.Labels(i);
                if (labels.Name.Length == 0 || seen?.Add(labels) == false)
                {
                    continue;
                }

                selection.Read(i, buffer);
                var last = buffer.Count - 1;
                if (last < 0 || (buffer.HasHistograms && buffer.Histograms[last] is not null) || SpecialValues.IsStale(buffer.Values[last]))
                {
                    continue;
                }

                found.Add(new Newest(labels, buffer.TimestampsMs[last], buffer.Values[last]));
            }
        }

        // By name, and as found within a name.
        return [.. found.OrderBy(n => n.Labels.Name, StringComparer.Ordinal)];
    }

    private static async Task WriteAsync(HttpContext context, List<Newest> newest, LabelSet externalLabels)
    {
        var utf8Names = context.Request.Headers.Accept.ToString().Contains("escaping=allow-utf-8", StringComparison.OrdinalIgnoreCase);
        context.Response.ContentType = $"text/plain; version={(utf8Names ? "1.0.0" : "0.0.4")}; charset=utf-8; escaping={(utf8Names ? "allow-utf-8" : "underscores")}";
        var external = WithInstance(externalLabels);
        var text = new ExpositionText(context.Response.BodyWriter, utf8Names);
        var family = string.Empty;
        foreach (var (labels, timestampMs, value) in newest)
        {
            if (labels.Name != family)
            {
                family = labels.Name;
                text.Type(family, "untyped");
            }

            text.Sample(labels, external, value, timestampMs);
            if (text.Written >= FlushBytes)
            {
                await text.FlushAsync(context.RequestAborted);
            }
        }

        await text.FlushAsync(context.RequestAborted);
    }

    // A series without an instance gets an empty one, so that the scraping server does not put its own there.
    private static List<Label> WithInstance(LabelSet externalLabels)
    {
        var labels = new List<Label>(externalLabels);
        if (externalLabels["instance"].Length == 0)
        {
            labels.Add(new Label("instance", string.Empty));
            labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        return labels;
    }
}

/// <summary>A series' newest sample.</summary>
internal readonly record struct Newest(LabelSet Labels, long TimestampMs, double Value);
