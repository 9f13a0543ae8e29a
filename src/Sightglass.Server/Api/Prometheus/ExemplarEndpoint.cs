using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>query_exemplars</c>: the exemplars of all series that the selectors of a query mean.</summary>
internal sealed class ExemplarEndpoint(PromQLEngine engine, IMetricStore store)
{
    public Task Query(HttpContext context, ApiParameters parameters)
    {
        var (start, end) = parameters.TimeRange();
        if (end < start)
        {
            throw new QueryException(QueryErrorKind.BadData, "end timestamp must not be before start timestamp");
        }

        var selectors = new List<IReadOnlyList<LabelMatcher>>();
        Collect(engine.Parse(parameters.Text("query")), selectors);
        if (selectors.Count == 0)
        {
            return ApiResponse.NoContent(context);
        }

        var found = store.Exemplars(selectors, start, end, context.RequestAborted);
        return ApiResponse.Success(context, json =>
        {
            json.WriteStartArray();
            foreach (var series in found)
            {
                Write(json, series);
            }

            json.WriteEndArray();
        });
    }

    private static void Collect(PromQLExpression expression, List<IReadOnlyList<LabelMatcher>> selectors)
    {
        if (expression is VectorSelector selector)
        {
            selectors.Add(selector.Matchers);
        }

        foreach (var child in expression.Children)
        {
            Collect(child, selectors);
        }
    }

    private static void Write(Utf8JsonWriter json, ExemplarSeries series)
    {
        json.WriteStartObject();
        json.WritePropertyName("seriesLabels"u8);
        ResultJson.WriteLabels(json, series.Series);
        json.WriteStartArray("exemplars"u8);
        foreach (var exemplar in series.Exemplars)
        {
            json.WriteStartObject();
            json.WritePropertyName("labels"u8);
            ResultJson.WriteLabels(json, exemplar.Labels);
            json.WriteString("value"u8, GoFloat.Json(exemplar.Value));
            json.WritePropertyName("timestamp"u8);
            ResultJson.WriteTime(json, exemplar.TimestampMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
