using Sightglass.Alerting.Sla;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Own;

/// <summary>Our own API of agreements: what was promised and what was achieved over a period of the calendar, as JSON and as a page to print.</summary>
internal sealed class SlaApi(Func<IReadOnlyList<SlaDefinition>> slas, SlaEvaluator evaluator, TimeProvider time)
{
    public static void Map(RouteTable routes, Func<IReadOnlyList<SlaDefinition>> slas, SlaEvaluator evaluator, TimeProvider time)
    {
        var api = new SlaApi(slas, evaluator, time);
        routes.MapMethods("/sightglass/v1/slas", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.All));
        routes.MapMethods("/sightglass/v1/slas/{name}", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.One));
        routes.MapMethods("/sightglass/v1/slas/{name}/report.html", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.Page));
    }

    private async Task All(HttpContext context, ApiParameters parameters)
    {
        var service = parameters.Text("service");
        var (now, aborted) = (time.GetUtcNow(), context.RequestAborted);
        var reports = await Task.Run(
            () => slas().Where(s => service.Length == 0 || s.Service == service).Select(s => evaluator.Report(s, s.Calendar.Of(now), now, aborted)).ToArray(), aborted);
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("slas");
            foreach (var report in reports)
            {
                json.WriteStartObject();
                SlaJson.Summary(json, report);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task One(HttpContext context, ApiParameters parameters)
    {
        var report = await ReportAsync(context, parameters);
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            SlaJson.Report(json, report);
            json.WriteEndObject();
        });
    }

    private async Task Page(HttpContext context, ApiParameters parameters)
    {
        var report = await ReportAsync(context, parameters);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = SlaPage.SecurityPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        await context.Response.WriteAsync(SlaPage.Render(report, time.GetUtcNow()), context.RequestAborted);
    }

    private Task<SlaReport> ReportAsync(HttpContext context, ApiParameters parameters)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        var sla = slas().FirstOrDefault(s => s.Name == name) ?? throw new QueryException(QueryErrorKind.NotFound, $"there is no sla \"{name}\"");
        var now = time.GetUtcNow();
        var period = parameters.Text("period") is { Length: > 0 } text ? sla.Calendar.Named(text) : sla.Calendar.Of(now);
        return Task.Run(() => evaluator.Report(sla, period, now, context.RequestAborted), context.RequestAborted);
    }
}
