using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.TraceQL;
using Sightglass.Query.TraceQL.Metrics;

namespace Sightglass.Query.Tests.TraceQL;

public sealed class TraceMetricsTests
{
    private const long Second = 1_000_000_000;

    // Six spans of two services; times in seconds after the epoch: 1, 10, 11, 19.5, 20, 35.
    private static readonly TraceWorld World = new TraceWorld()
        .Add(
            Span(1, "a", "get", 1, 100, 2, ("http.code", 200), ("size", 1.5)),
            Span(2, "a", "get", 10, 200, 0, ("http.code", 500), ("zone", "us")),
            Span(3, "b", "put", 11, 400, 2, ("http.code", "none")),
            Span(4, "b", "put", 19.5, 800, 0, ("http.code", 200), ("ok", true), ("size", 6.0)),
            Span(5, "b", "", 20, 1600, 1, ("size", 40)),
            Span(6, "a", "get", 35, 50, 0, ("http.code", 404)));

    [Theory]
    // Intervals are (start, end]: a span at 10 is of the one that ends there; the first is one step before the range.
    [InlineData("{} | count_over_time()", "{__name__=\"count_over_time\"} 0:0 10:2 20:3 30:0 40:1")]
    [InlineData("{} | rate()", "{__name__=\"rate\"} 0:0 10:0.2 20:0.3 30:0 40:0.1")]
    [InlineData("{name=`nothing`} | rate()", "{__name__=\"rate\"} 0:0 10:0 20:0 30:0 40:0")]
    [InlineData("{name=`nothing`} | rate() by (name)", "")]
    [InlineData("{} | count_over_time() by (resource.service.name)", "{\"resource.service.name\"=\"a\"} 0:0 10:2 20:0 30:0 40:1; {\"resource.service.name\"=\"b\"} 0:0 10:0 20:3 30:0 40:0")]
    [InlineData("{span.size != nil} | count_over_time() by (name, span.ok)", "{name=\"<empty>\"} 0:0 10:0 20:1 30:0 40:0; {name=\"get\"} 0:0 10:1 20:0 30:0 40:0; {name=\"put\", \"span.ok\"=\"true\"} 0:0 10:0 20:1 30:0 40:0")]
    [InlineData("{resource.service.name=`a`} | count_over_time() by (span.ok)", "{\"span.ok\"=\"<nil>\"} 0:0 10:2 20:0 30:0 40:1")]
    [InlineData("{} | count_over_time() by (.zone)", "{\".zone\"=\"eu\"} 0:0 10:1 20:3 30:0 40:1; {\".zone\"=\"us\"} 0:0 10:1 20:0 30:0 40:0")]
    [InlineData("{kind=server} | count_over_time() by (status, kind)", "{kind=\"server\", status=\"error\"} 0:0 10:1 20:1 30:0 40:0; {kind=\"server\", status=\"ok\"} 0:0 10:0 20:1 30:0 40:0; {kind=\"server\", status=\"unset\"} 0:0 10:1 20:1 30:0 40:1")]
    [InlineData("{} | count_over_time() by (instrumentation.lib)", "{\"instrumentation.lib\"=\"yes\"} 0:0 10:2 20:3 30:0 40:1")]
    [InlineData("{span.http.code=200} | count_over_time() by (span.http.code)", "{\"span.http.code\"=\"200\"} 0:0 10:1 20:1 30:0 40:0")]
    [InlineData("{} | min_over_time(duration)", "{__name__=\"min_over_time\"} 10:0.1 20:0.4 40:0.05")]
    [InlineData("{} | max_over_time(duration)", "{__name__=\"max_over_time\"} 10:0.2 20:1.6 40:0.05")]
    [InlineData("{} | sum_over_time(duration)", "{__name__=\"sum_over_time\"} 10:0.3 20:2.8 40:0.05")]
    [InlineData("{} | avg_over_time(duration)", "{__name__=\"avg_over_time\"} 10:0.15 20:0.933333 40:0.05")]
    [InlineData("{} | max_over_time(span.size) by (resource.service.name)", "{\"resource.service.name\"=\"a\"} 10:1.5; {\"resource.service.name\"=\"b\"} 20:40")]
    [InlineData("{} | sum_over_time(span.http.code)", "{__name__=\"sum_over_time\"} 10:700 20:200 40:404")]
    [InlineData("{} | avg_over_time(span.nothing)", "")]
    [InlineData("{} | histogram_over_time(span.http.code)", "{__bucket=\"256\"} 0:0 10:1 20:1 30:0 40:0; {__bucket=\"512\"} 0:0 10:1 20:0 30:0 40:1")]
    [InlineData("{name=`put`} | histogram_over_time(duration)", "{__bucket=\"0.536870912\"} 0:0 10:0 20:1 30:0 40:0; {__bucket=\"1.073741824\"} 0:0 10:0 20:1 30:0 40:0")]
    [InlineData("{} | quantile_over_time(span.http.code, 0, 1)", "{p=\"0\"} 0:0 10:256 20:256 30:0 40:512; {p=\"1\"} 0:0 10:512 20:256 30:0 40:512")]
    // Two of three are in the lower buckets; half of the way up is read between powers of two.
    [InlineData("{} | quantile_over_time(span.size, .5) by (name)", "{name=\"<empty>\", p=\"0.5\"} 0:0 10:0 20:64 30:0 40:0; {name=\"get\", p=\"0.5\"} 0:0 10:2 20:0 30:0 40:0; {name=\"put\", p=\"0.5\"} 0:0 10:0 20:8 30:0 40:0")]
    [InlineData("{} | count_over_time() > 1", "{__name__=\"count_over_time\"} 10:2 20:3")]
    [InlineData("{} | max_over_time(duration) by (name) >= 800ms", "{name=\"<empty>\"} 20:1.6; {name=\"put\"} 20:0.8")]
    [InlineData("{} | count_over_time() by (name) | topk(1)", "{name=\"<empty>\"} 0:0 30:0; {name=\"get\"} 10:2 40:1; {name=\"put\"} 20:2")]
    [InlineData("{} | max_over_time(duration) by (name) | bottomk(1)", "{name=\"get\"} 10:0.2 40:0.05; {name=\"put\"} 20:0.8")]
    [InlineData("{} | count_over_time() by (name) | topk(1) > 1", "{name=\"get\"} 10:2; {name=\"put\"} 20:2")]
    [InlineData("({status=error} | count_over_time()) / ({} | count_over_time())", "{} 10:0.5 20:0.333333 40:0")]
    [InlineData("({} | count_over_time() by (name)) - ({status=error} | count_over_time() by (name))", "{name=\"get\"} 0:0 10:1 20:0 30:0 40:1; {name=\"put\"} 0:0 10:0 20:1 30:0 40:0")]
    [InlineData("({} | count_over_time()) * 2", "{__name__=\"count_over_time\"} 0:0 10:4 20:6 30:0 40:2")]
    // What one span does not say: the trace is read.
    [InlineData("{} | count_over_time() by (rootServiceName)", "{rootServiceName=\"a\"} 0:0 10:2 20:3 30:0 40:1")]
    [InlineData("{name=`get`} >> {name=`put`} | count_over_time()", "{__name__=\"count_over_time\"} 0:0 10:0 20:2 30:0 40:0")]
    [InlineData("{} | by(resource.service.name) | count() > 2 | rate() by (resource.service.name)", "{\"resource.service.name\"=\"a\"} 0:0 10:0.2 20:0 30:0 40:0.1; {\"resource.service.name\"=\"b\"} 0:0 10:0 20:0.3 30:0 40:0")]
    [InlineData("{nestedSetParent<0} | max_over_time(traceDuration)", "{__name__=\"max_over_time\"} 10:34.05")]
    [InlineData("{span.size * 2 > 10} | sum_over_time(span.size)", "{__name__=\"sum_over_time\"} 20:46")]
    public void A_query_answers_by_interval(string query, string expected) => Answer(query, 5, 32, 10).ShouldBe(expected);

    [Theory]
    [InlineData("{} | count_over_time()", "{__name__=\"count_over_time\"} 20:4")]
    [InlineData("{} | rate()", "{__name__=\"rate\"} 20:0.210526")]
    [InlineData("{} | avg_over_time(duration) by (name)", "{name=\"<empty>\"} 20:1.6; {name=\"get\"} 20:0.2; {name=\"put\"} 20:0.6")]
    public void An_instant_query_has_one_interval(string query, string expected) => Answer(query, 1, 20, 0).ShouldBe(expected);

    [Theory]
    [InlineData("{span.http.code=~`non.`}", 1)]
    [InlineData("{span.http.code!~`non.`}", 0)]
    [InlineData("{span.http.code=~`2..`}", 0)]
    [InlineData("{span.http.code!=200}", 2)]
    [InlineData("{span.http.code=nil}", 1)]
    [InlineData("{span.http.code!=nil}", 5)]
    [InlineData("{200=span.http.code}", 2)]
    [InlineData("{500<=span.http.code}", 1)]
    [InlineData("{span.http.code>200.5}", 2)]
    [InlineData("{!(span.http.code=200)}", 4)]
    [InlineData("{span.ok}", 1)]
    [InlineData("{!span.ok}", 0)]
    [InlineData("{span.ok!=false}", 1)]
    [InlineData("{name=``}", 1)]
    [InlineData("{name!=``}", 5)]
    [InlineData("{name=~`g.*|`}", 4)]
    [InlineData("{name!~`g.*`}", 3)]
    [InlineData("{status=unset}", 3)]
    [InlineData("{status!=error}", 4)]
    [InlineData("{status!=unset && duration>100ms}", 2)]
    [InlineData("{duration=400ms || duration>=1.6s}", 2)]
    [InlineData("{kind!=server}", 0)]
    [InlineData("{instrumentation:name=`my.lib`}", 6)]
    [InlineData("{resource.zone=`eu` && .zone=`us`}", 1)]
    [InlineData("{true}", 6)]
    [InlineData("{false}", 0)]
    public void Conditions_mean_what_they_mean_to_a_search(string filter, int spans)
    {
        var result = World.Engine.Metrics(new TraceMetricsQuery(filter + " | count_over_time()", TraceWorld.Epoch, TraceWorld.Epoch + (60 * Second), 0), CancellationToken.None);
        result.Series[0].Values[0].ShouldBe(spans);
        World.Search(filter).Traces.Sum(static t => t.Spansets.Sum(static s => s.Matched)).ShouldBe(spans);
    }

    [Theory]
    [InlineData("{} ", 0, 60, 10, "1:1: not a metrics query")]
    [InlineData("{} | rate()", 60, 60, 10, "end must be greater than start")]
    [InlineData("{} | rate()", 0, 11001, 1, "exceeded maximum resolution of 11000 points per series")]
    [InlineData("{} >> {} | compare({status=error})", 0, 60, 10, "not supported yet: compare() of spans")]
    [InlineData("{} | compare({nestedSetParent<0})", 0, 60, 10, "not supported yet: compare() of spans")]
    public void What_cannot_be_answered_is_refused(string query, long start, long end, long step, string expected) =>
        Should.Throw<QueryException>(() => Answer(query, start, end, step)).Message.ShouldContain(expected);

    [Fact]
    public void A_comparison_counts_values_of_both_sides()
    {
        var lines = Answer("{} | compare({status=error})", 0, 40, 0).Split("; ");
        lines.ShouldContain("{__meta_type=\"selection\", name=\"get\"} 40:1");
        lines.ShouldContain("{__meta_type=\"selection\", name=\"put\"} 40:1");
        lines.ShouldContain("{__meta_type=\"selection\", status=\"error\"} 40:2");
        lines.ShouldContain("{__meta_type=\"baseline\", name=\"get\"} 40:2");
        lines.ShouldContain("{__meta_type=\"baseline\", \"resource.service.name\"=\"b\"} 40:2");
        lines.ShouldContain("{__meta_type=\"baseline\", kind=\"server\"} 40:4");
        lines.ShouldContain("{__meta_type=\"baseline\", \"span.http.code\"=\"200\"} 40:1");
        lines.ShouldContain("{__meta_type=\"baseline_total\", \"span.http.code\"=\"<nil>\"} 40:3");
        lines.ShouldContain("{__meta_type=\"selection_total\", \"resource.zone\"=\"<nil>\"} 40:2");
        Answer("{} | compare({true}, 1)", 0, 40, 0).Split("; ").Count(static l => l.Contains("\"selection\", name", StringComparison.Ordinal)).ShouldBe(1);

        // Only what is selected between two times.
        var (start, end) = (TraceWorld.Epoch + (5 * Second), TraceWorld.Epoch + (12 * Second));
        var between = Answer($"{{}} | compare({{status=error}}, 10, {start}, {end})", 0, 40, 0).Split("; ");
        between.ShouldContain("{__meta_type=\"selection\", name=\"put\"} 40:1");
        between.ShouldNotContain(static l => l.StartsWith("{__meta_type=\"selection\", name=\"get\"}", StringComparison.Ordinal));
        between.ShouldContain("{__meta_type=\"baseline\", name=\"get\"} 40:3");
    }

    [Fact]
    public void Too_many_series_are_refused()
    {
        var engine = new TraceQLEngine(World.Store, QueryLimits.Default with { MaxMetricSeries = 2 });
        Should.Throw<LimitExceededException>(() => engine.Metrics(new TraceMetricsQuery("{} | rate() by (name)", TraceWorld.Epoch, TraceWorld.Epoch + (60 * Second), 0), CancellationToken.None))
            .Message.ShouldContain("MaxMetricSeries");
    }

    [Theory]
    [InlineData("{} | rate()", 0, 0)]
    [InlineData("{} | rate()", 10, 1)]
    [InlineData("{} | rate() with(exemplars=true)", 10, 1)]
    [InlineData("{} | rate() with(exemplars=false)", 10, 0)]
    [InlineData("{} | rate() with(exemplars=5, sample=true)", 0, 1)]
    [InlineData("{} | quantile_over_time(duration, .9)", 10, 1)]
    [InlineData("{} >> {} | rate()", 10, 1)]
    public void Exemplars_are_one_of_each_trace(string query, int wanted, int expected)
    {
        var result = World.Engine.Metrics(new TraceMetricsQuery(query, TraceWorld.Epoch, TraceWorld.Epoch + (60 * Second), 10 * Second) { Exemplars = wanted }, CancellationToken.None);
        var exemplars = result.Series.SelectMany(static s => s.Exemplars).ToArray();
        exemplars.Length.ShouldBe(expected);
        exemplars.ShouldAllBe(static e => e.TraceId.Low == 1 && e.SpanId.Length == 16 && e.Value > 0);
    }

    [Fact]
    public void A_window_is_a_hint()
    {
        TraceQLRules.WindowOf("{} | rate() with(window=5m)").ShouldBe(TimeSpan.FromMinutes(5));
        TraceQLRules.WindowOf("{} | rate()").ShouldBeNull();
        Should.Throw<QueryException>(() => TraceQLRules.WindowOf("{} | rate() with(window=5)"));
    }

    // Times are seconds after the epoch, of points without a value there is none.
    private static string Answer(string query, long start, long end, long step)
    {
        var result = World.Engine.Metrics(new TraceMetricsQuery(query, TraceWorld.Epoch + (start * Second), TraceWorld.Epoch + (end * Second), step * Second), CancellationToken.None);
        return string.Join("; ", result.Series.Select(s => s.Text + string.Concat(
            s.Values.Select((v, i) => (Value: v, Time: (result.TimesUnixNano[i] - TraceWorld.Epoch) / Second)).Where(static p => !double.IsNaN(p.Value))
                .Select(static p => string.Create(CultureInfo.InvariantCulture, $" {p.Time}:{p.Value:0.######}")))));
    }

    private static TestSpan Span(int id, string service, string name, double start, long duration, int status, params (string, object)[] attributes) =>
        new(1, id, id == 1 ? 0 : 1, name, service, (long)(start * 1000), duration) { Kind = 2, Status = status, Attributes = attributes };
}
