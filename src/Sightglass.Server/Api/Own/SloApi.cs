using System.Text.Json;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Own;

/// <summary>Our own API of objectives: how each stands, how fast its budget burns, when it will be gone and what used it up.</summary>
internal sealed class SloApi(Func<IReadOnlyList<SloDefinition>> slos, IRuleQueryEngine engine, TimeProvider time)
{
    private static readonly TimeSpan DefaultQueryWindow = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestQueryWindow = TimeSpan.FromSeconds(1);

    private readonly SloEvaluator _evaluator = new(engine);

    public static void Map(RouteTable routes, Func<IReadOnlyList<SloDefinition>> slos, IRuleQueryEngine engine, TimeProvider time)
    {
        var api = new SloApi(slos, engine, time);
        routes.MapMethods("/sightglass/v1/slos", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.All));
        routes.MapMethods("/sightglass/v1/slos/{name}", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.One));
        routes.MapMethods("/sightglass/v1/slos/{name}/queries", PrometheusRoutes.GetOnly, context => PrometheusRoutes.Answer(context, api.Queries));
    }

    private async Task All(HttpContext context, ApiParameters parameters)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(parameters.OptionalTime("time", time.GetUtcNow().ToUnixTimeMilliseconds()));
        var service = parameters.Text("service");
        var aborted = context.RequestAborted;
        var all = slos().Where(s => service.Length == 0 || s.Service == service).ToArray();
        var statuses = await Task.Run(() => all.Select(s => Status(s, at, aborted)).ToArray(), aborted);
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("slos");
            for (var i = 0; i < all.Length; i++)
            {
                json.WriteStartObject();
                Write(json, all[i], statuses[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task One(HttpContext context, ApiParameters parameters)
    {
        var slo = Named(context);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(parameters.OptionalTime("time", time.GetUtcNow().ToUnixTimeMilliseconds()));
        var by = parameters.Text("by");
        var (status, culprits) = await Task.Run(
            () => (Status(slo, at, context.RequestAborted), _evaluator.Culprits(slo, at, by.Length > 0 ? by : null, context.RequestAborted)), context.RequestAborted);
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            Write(json, slo, status);
            json.WriteStartArray("culprits");
            foreach (var label in culprits)
            {
                json.WriteStartObject();
                json.WriteString("label", label.Label);
                json.WriteStartArray("values");
                foreach (var value in label.Values)
                {
                    json.WriteStartObject();
                    json.WriteString("value", value.Value);
                    json.WriteNumber("errors", value.Errors);
                    json.WriteNumber("share", value.Share);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    // What a chart of the objective asks: the rates are of indicators that count events.
    private async Task Queries(HttpContext context, ApiParameters parameters)
    {
        var slo = Named(context);
        var indicator = slo.Indicator is EventIndicator { Language: not RuleLanguage.TraceQL } asked ? asked : SloRules.OverMetrics(slo);
        var over = parameters.Duration("window") ?? DefaultQueryWindow;
        if (over < ShortestQueryWindow || over > SloLimits.MaxWindow)
        {
            throw ApiParameters.Invalid("window", $"got {over}, want {ShortestQueryWindow} to {nameof(SloLimits.MaxWindow)}, {SloLimits.MaxWindow}");
        }

        var window = over < indicator.MinWindow ? indicator.MinWindow : over;
        context.Response.ContentType = "application/json";
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("language", indicator.Language.Name());
            json.WriteNumber("windowSeconds", window.TotalSeconds);
            json.WriteString("errorRatio", indicator.ErrorRatio(window));
            json.WriteString("errorRate", (indicator as EventIndicator)?.ErrorRate(window));
            json.WriteString("totalRate", (indicator as EventIndicator)?.TotalRate(window));
            json.WriteEndObject();
        });
    }

    private SloDefinition Named(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        return slos().FirstOrDefault(s => s.Name == name) ?? throw new QueryException(QueryErrorKind.NotFound, $"there is no slo \"{name}\"");
    }

    // One objective that cannot be evaluated does not hide the others.
    private (SloStatus? Status, string? Error) Status(SloDefinition slo, DateTimeOffset at, CancellationToken cancellation)
    {
        try
        {
            return (_evaluator.Status(slo, at, cancellation), null);
        }
        catch (Exception e) when (e is LimitExceededException or CorruptDataException or QueryException { Kind: not QueryErrorKind.Canceled })
        {
            return (null, e.Message);
        }
    }

    private static void Write(Utf8JsonWriter json, SloDefinition slo, (SloStatus? Status, string? Error) outcome)
    {
        json.WriteString("name", slo.Name);
        json.WriteString("service", slo.Service);
        json.WriteString("displayName", slo.DisplayName);
        json.WriteString("description", slo.Description);
        json.WriteString("file", slo.File);
        json.WriteNumber("line", slo.Line);
        json.WriteNumber("objective", slo.Target);
        json.WriteStartObject("window");
        json.WriteString("name", slo.Window.Name);
        json.WriteBoolean("calendar", slo.Window.IsCalendar);
        json.WriteNumber("seconds", (long)slo.Window.Length.TotalSeconds);
        if (outcome.Status is { } shown)
        {
            json.WriteString("start", shown.WindowStart.UtcDateTime);
            if (shown.WindowEnd is { } end)
            {
                json.WriteString("end", end.UtcDateTime);
            }
        }

        json.WriteEndObject();
        json.WriteStartObject("labels");
        foreach (var label in slo.Labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
        if (outcome.Status is not { } status)
        {
            json.WriteString("state", "error");
            json.WriteString("error", outcome.Error);
            return;
        }

        json.WriteString("state", status.State switch { SloState.Ok => "ok", SloState.Burning => "burning", SloState.Exhausted => "exhausted", _ => "no_data" });
        json.WriteNumber("sli", status.Indicator);
        Number(json, "sliNow", status.IndicatorNow);
        json.WriteNumber("budgetRemaining", status.BudgetRemaining);
        json.WriteStartArray("burnRates");
        foreach (var burn in status.Burns)
        {
            json.WriteStartObject();
            json.WriteNumber("longSeconds", (long)burn.Pair.Long.TotalSeconds);
            json.WriteNumber("shortSeconds", (long)burn.Pair.Short.TotalSeconds);
            json.WriteNumber("factor", burn.Pair.Factor);
            json.WriteString("alert", burn.Pair.Pages ? "page" : "ticket");
            Number(json, "long", burn.Long);
            Number(json, "short", burn.Short);
            json.WriteBoolean("tooFast", burn.IsTooFast);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (status.ExhaustedAt is { } gone)
        {
            json.WriteString("exhaustedAt", gone.UtcDateTime);
        }
        else
        {
            json.WriteNull("exhaustedAt");
        }
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
