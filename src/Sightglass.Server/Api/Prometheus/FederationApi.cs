using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>
/// <c>/federate</c>: the newest sample of every series that a <c>match[]</c> means, for another server to scrape, as text or protobuf. Native histograms
/// have no text form, those with custom buckets none at all, and are left out.
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
            var format = ExpositionFormat.Of(context.Request);
            using var writer = format.Writer(context.Response.BodyWriter);

            // Other than elsewhere a selector that matches every series is taken; one without matchers means none.
            var selectors = parameters.All("match[]").Select(PromQLParser.ParseSelector).Where(static m => m.Count > 0).ToList();
            var newest = Newest(selectors, store, limits, now, writer.HasHistograms, context.RequestAborted);
            context.Response.ContentType = format.ContentType;
            await WriteAsync(writer, newest, WithInstance(externalLabels), context.RequestAborted);
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

    private static List<Newest> Newest(List<IReadOnlyList<LabelMatcher>> selectors, IMetricStore store, QueryLimits limits, long now, bool histograms, CancellationToken cancellation)
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
                if (last < 0)
                {
                    continue;
                }

                var histogram = buffer.HasHistograms ? buffer.Histograms[last] : null;
                if (SpecialValues.IsStale(histogram?.Sum ?? buffer.Values[last]) || (histogram is not null && (!histograms || histogram.Schema == NativeHistogram.CustomBucketsSchema)))
                {
                    continue;
                }

                found.Add(new Newest(labels, buffer.TimestampsMs[last], buffer.Values[last], histogram));
            }
        }

        // By name, and as found within a name.
        return [.. found.OrderBy(n => n.Labels.Name, StringComparer.Ordinal)];
    }

    private static async Task WriteAsync(ExpositionWriter writer, List<Newest> newest, List<Label> external, CancellationToken cancellation)
    {
        var family = string.Empty;
        foreach (var (labels, timestampMs, value, histogram) in newest)
        {
            var begins = labels.Name != family;
            family = labels.Name;
            if (histogram is null)
            {
                writer.Sample(labels, external, value, timestampMs, begins);
            }
            else
            {
                writer.Histogram(labels, external, histogram, timestampMs, begins);
            }

            if (writer.Written >= FlushBytes)
            {
                await writer.FlushAsync(ends: false, cancellation);
            }
        }

        await writer.FlushAsync(ends: true, cancellation);
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

/// <summary>A series' newest sample, a histogram or a value.</summary>
internal readonly record struct Newest(LabelSet Labels, long TimestampMs, double Value, NativeHistogram? Histogram);
