using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Server.Api.Push;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>Prometheus' remote read: <c>POST /api/v1/read</c>, as one message of samples or as a stream of chunks.</summary>
internal sealed class RemoteReadApi(IMetricStore store, PushRequests requests, QueryLimits limits, Func<LabelSet> externalLabels, SemaphoreSlim gate)
{
    /// <summary>Requests answered at the same time; the others wait. Prometheus' default.</summary>
    private const int MaxConcurrent = 10;

    public static void Map(RouteTable routes, IMetricStore store, PushRequests requests, QueryLimits limits, Func<LabelSet> externalLabels)
    {
        var api = new RemoteReadApi(store, requests, limits, externalLabels, new SemaphoreSlim(MaxConcurrent));
        foreach (var prefix in PrometheusRoutes.Prefixes)
        {
            routes.MapPost($"{prefix}/read", api.Answer);
        }
    }

    private async Task Answer(HttpContext context)
    {
        try
        {
            ReadRequest request;
            using (var body = await requests.Read(context, "snappy"))
            {
                request = ReadRequest.Decode(body.Bytes);
            }

            await gate.WaitAsync(context.RequestAborted);
            try
            {
                await (request.Streamed ? Stream(context, request) : Samples(context, request));
            }
            finally
            {
                gate.Release();
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (Exception e) when (StatusOf(e) > 0)
        {
            if (context.Response.HasStarted)
            {
                // A stream that ends in the middle of nothing is the only way to say that it is not whole.
                context.Abort();
                return;
            }

            context.Response.StatusCode = StatusOf(e);
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(e.Message + "\n", context.RequestAborted);
        }
    }

    private static int StatusOf(Exception error) => error switch
    {
        LimitExceededException or QueryException => StatusCodes.Status400BadRequest,
        _ => PushRequests.StatusOf(error) is var status and > 0 ? status : PrometheusRoutes.StatusOf(error).Status,
    };

    private async Task Samples(HttpContext context, ReadRequest request)
    {
        var external = externalLabels();
        var buffer = new SampleBuffer();
        long samples = 0;
        using var answer = new SampledAnswer();
        foreach (var query in request.Queries)
        {
            answer.BeginQuery();
            using (var selection = Select(query, external, context.RequestAborted))
            {
                for (var i = 0; i < selection.Count; i++)
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    selection.Read(i, buffer);
                    samples += buffer.Count;
                    if (samples > limits.MaxSamples)
                    {
                        throw new LimitExceededException(nameof(QueryLimits.MaxSamples), limits.MaxSamples, samples, "exceeded sample limit");
                    }

                    if (buffer.Count > 0)
                    {
                        answer.Add(selection.Labels(i), external, buffer);
                    }
                }
            }

            answer.EndQuery();
        }

        using var packed = new ByteWriter(answer.Written.Length / 2);
        SnappyEncoder.Compress(answer.Written, packed);
        context.Response.ContentType = "application/x-protobuf";
        context.Response.Headers.ContentEncoding = "snappy";
        context.Response.ContentLength = packed.Length;
        await context.Response.Body.WriteAsync(packed.WrittenMemory, context.RequestAborted);
    }

    private async Task Stream(HttpContext context, ReadRequest request)
    {
        var external = externalLabels();
        var buffer = new SampleBuffer();
        context.Response.ContentType = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
        using var frames = new ChunkedFrames(context.Response.BodyWriter);
        for (var q = 0; q < request.Queries.Count; q++)
        {
            using var selection = Select(request.Queries[q], external, context.RequestAborted);
            for (var i = 0; i < selection.Count; i++)
            {
                selection.Read(i, buffer);
                await frames.WriteAsync(q, selection.Labels(i), external, buffer, context.RequestAborted);
            }
        }
    }

    private ISeriesSelection Select(ReadQuery query, LabelSet external, CancellationToken cancellation)
    {
        // What asks for an external label by its value asks for this server: the label is not in the store.
        var matchers = query.Matchers.Where(m => m.Type != Core.Model.MatchType.Equal || m.Value.Length == 0 || external[m.Name] != m.Value).ToArray();
        var selection = store.Select(new MetricSelection(matchers, query.StartMs, query.EndMs), cancellation);
        if (selection.Count > limits.MaxSeries)
        {
            var count = selection.Count;
            selection.Dispose();
            throw new LimitExceededException(nameof(QueryLimits.MaxSeries), limits.MaxSeries, count, "remote read touches too many series");
        }

        return selection;
    }
}
