using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Query.LogQL;

namespace Sightglass.Query.Tests.LogQL;

public sealed class LogMetricTests
{
    // Two streams; a: a line each 10 s from 10 to 100, b: one each 30 s.
    private static LogWorld World()
    {
        var world = new LogWorld();
        for (var i = 1; i <= 10; i++)
        {
            world.Line(i * 10, "app=a,env=p", $"level={(i % 2 == 0 ? "error" : "info")} ms={i} took={i}ms size={i}KB");
        }

        for (var i = 1; i <= 3; i++)
        {
            world.Line(i * 30, "app=b,env=p", "level=info");
        }

        return world;
    }

    [Theory]
    [InlineData("""count_over_time({app="a"}[1m])""", 100, """{app="a", detected_level="error", env="p", service_name="a"} 3|{app="a", detected_level="info", env="p", service_name="a"} 3""")]
    [InlineData("""sum(count_over_time({app="a"}[1m]))""", 100, "{} 6")]
    [InlineData("""sum(count_over_time({app="a"}[1m] offset 30s))""", 100, "{} 6")]
    [InlineData("""sum(count_over_time({app="a"}[1m]))""", 70, "{} 6")]
    [InlineData("""sum(count_over_time({app="a"}[10s]))""", 20, "{} 1")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""sum without (app, detected_level, service_name) (count_over_time({env="p"}[100s]))""", 100, """{env="p"} 13""")]
    [InlineData("""sum by (level) (count_over_time({env="p"} | logfmt [100s]))""", 100, """{level="error"} 5|{level="info"} 8""")]
    [InlineData("""sum by (detected_level) (rate({env="p"}[100s]))""", 100, """{detected_level="error"} 0.05|{detected_level="info"} 0.08""")]
    [InlineData("""sum(bytes_over_time({app="b"}[100s]))""", 100, "{} 30")]
    [InlineData("""sum(bytes_rate({app="b"}[100s]))""", 100, "{} 0.3")]
    [InlineData("""sum(count_over_time({env="p"} |= "error" [100s]))""", 100, "{} 5")]
    [InlineData("""topk(1, sum by (app) (rate({env="p"}[100s])))""", 100, """{app="a"} 0.1""")]
    [InlineData("""approx_topk(1, sum by (app) (rate({env="p"}[100s])))""", 100, """{app="a"} 0.1""")]
    [InlineData("""bottomk(1, sum by (app) (rate({env="p"}[100s])))""", 100, """{app="b"} 0.03""")]
    [InlineData("""sort(sum by (app) (rate({env="p"}[100s])))""", 100, """{app="b"} 0.03|{app="a"} 0.1""")]
    [InlineData("""count(sum by (app) (rate({env="p"}[100s])))""", 100, "{} 2")]
    [InlineData("""avg(sum by (app) (count_over_time({env="p"}[100s])))""", 100, "{} 6.5")]
    [InlineData("""stddev(sum by (app) (count_over_time({env="p"}[100s])))""", 100, "{} 3.5")]
    [InlineData("""absent_over_time({app="zz", env=~"p"}[100s])""", 100, """{app="zz"} 1""")]
    [InlineData("""absent_over_time({app="a"}[100s])""", 100, "")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap ms [50s]))""", 100, "{} 40")]
    [InlineData("""sum(rate({app="a"} | logfmt | unwrap ms [50s]))""", 100, "{} 0.8")]
    [InlineData("""avg_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 8""")]
    [InlineData("""max_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 10""")]
    [InlineData("""min_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 6""")]
    [InlineData("""first_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 6""")]
    [InlineData("""last_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 10""")]
    [InlineData("""stddev_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 1.414214""")]
    [InlineData("""stdvar_over_time({app="a"} | logfmt | unwrap ms [50s]) by (app)""", 100, """{app="a"} 2""")]
    [InlineData("""quantile_over_time(0.5, {app="a"} | logfmt | unwrap ms [40s]) by (app)""", 100, """{app="a"} 8.5""")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap duration(took) [50s]))""", 100, "{} 0.04")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap bytes(size) [50s]))""", 100, "{} 40000")]
    [InlineData("""sum(sum_over_time({env="p"} | logfmt | unwrap ms [50s]))""", 100, "{} 40")]
    [InlineData("""sum by (level) (sum_over_time({app="a"} | logfmt | unwrap ms | level="error" [100s]))""", 100, """{level="error"} 30""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) > 5""", 100, """{app="a"} 10""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) > bool 5""", 100, """{app="a"} 1|{app="b"} 0""")]
    [InlineData("""sum by (app) (count_over_time({env="p"} |= "error" [100s])) / sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 0.5""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) / ignoring(app) group_left sum(count_over_time({env="p"}[100s]))""", 100, """{app="a"} 0.769231|{app="b"} 0.230769""")]
    [InlineData("""sum by (app) (count_over_time({app="a"}[100s])) or sum by (app) (count_over_time({app="b"}[100s]))""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) unless sum by (app) (count_over_time({app="b"}[100s]))""", 100, """{app="a"} 10""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) and sum by (app) (count_over_time({app="b"}[100s]))""", 100, """{app="b"} 3""")]
    [InlineData("""2 * sum(count_over_time({app="b"}[100s])) - 1""", 100, "{} 5")]
    [InlineData("""label_replace(sum by (app) (count_over_time({app="b"}[100s])), "x", "<$1>", "app", "(.*)")""", 100, """{app="b", x="<b>"} 3""")]
    [InlineData("""label_replace(sum by (app) (count_over_time({app="b"}[100s])), "app", "", "app", ".*")""", 100, """{} 3""")]
    [InlineData("""label_replace(sum by (app) (count_over_time({app="b"}[100s])), "x", "y", "app", "c")""", 100, """{app="b"} 3""")]
    [InlineData("""label_replace(sum by (app) (count_over_time({app="b"}[100s])), "x", "${n}$2", "app", "(?P<n>.)(.*)")""", 100, """{app="b", x="b"} 3""")]
    [InlineData("""sum(count_over_time({env="p"}[100s])) / ignoring(app) group_right sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 1.3|{app="b"} 4.333333""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) * on(app) group_left(level) sum by (app, level) (count_over_time({env="p"} | logfmt | level="info" [100s]))""", 100, """{app="a", level="info"} 50|{app="b", level="info"} 9""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) % 4""", 100, """{app="a"} 2|{app="b"} 3""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) ^ 2""", 100, """{app="a"} 100|{app="b"} 9""")]
    [InlineData("""sum(count_over_time({env="p"}[100s])) / 0""", 100, "{} NaN")]
    [InlineData("""2 < sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""5 < bool sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 1|{app="b"} 0""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) > sum by (app) (count_over_time({env="p"} |= "error" [100s]))""", 100, """{app="a"} 10""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) == bool on(app) sum by (app) (count_over_time({env="p"}[100s]))""", 100, """{app="a"} 1|{app="b"} 1""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) and on() vector(1)""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""sum by (app) (count_over_time({env="p"}[100s])) unless on() vector(1)""", 100, "")]
    [InlineData("""sum(count_over_time({app="none"}[100s])) or vector(0)""", 100, "{} 0")]
    [InlineData("""sort_desc(sum by (app) (count_over_time({env="p"}[100s])))""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""bottomk by (env) (1, sum by (env, app) (count_over_time({env="p"}[100s])))""", 100, """{app="b", env="p"} 3""")]
    [InlineData("""topk(2, sum by (app) (count_over_time({env="p"}[100s])))""", 100, """{app="a"} 10|{app="b"} 3""")]
    [InlineData("""sort(topk(2, sum by (app) (count_over_time({env="p"}[100s]))))""", 100, """{app="b"} 3|{app="a"} 10""")]
    [InlineData("""min(sum by (app) (count_over_time({env="p"}[100s])))""", 100, "{} 3")]
    [InlineData("""max without (app) (sum by (app, env) (count_over_time({env="p"}[100s])))""", 100, """{env="p"} 10""")]
    [InlineData("""stdvar(sum by (app) (count_over_time({env="p"}[100s])))""", 100, "{} 12.25")]
    [InlineData("""rate_counter({app="a"} | logfmt | keep ms | unwrap ms [100s])""", 100, "{} 0.1")]
    [InlineData("""quantile_over_time(0, {app="a"} | logfmt | unwrap ms [50s]) by ()""", 100, "{} 6")]
    [InlineData("""quantile_over_time(1, {app="a"} | logfmt | unwrap ms [50s]) by ()""", 100, "{} 10")]
    [InlineData("""quantile_over_time(2, {app="a"} | logfmt | unwrap ms [50s]) by ()""", 100, "{} Infinity")]
    [InlineData("""sum(count_over_time({app="a"}[20s] offset -20s))""", 80, "{} 2")]
    [InlineData("""sum by (level) (count_over_time({app="a"} | logfmt | label_format level="{{.level | upper}}" [100s]))""", 100, """{level="ERROR"} 5|{level="INFO"} 5""")]
    [InlineData("""sum by (level) (count_over_time({app="a"} | line_format "level={{if eq .detected_level `error`}}bad{{else}}good{{end}}" | logfmt [100s]))""", 100, """{level="bad"} 5|{level="good"} 5""")]
    [InlineData("""sum(bytes_over_time({app="b"} | line_format "1234" [100s]))""", 100, "{} 12")]
    [InlineData("""sum by (app) (sum_over_time({app="a"} | logfmt | unwrap duration_seconds(took) | level="error" [100s]))""", 100, """{app="a"} 0.03""")]
    [InlineData("""count(count_over_time({app="a"} | logfmt | drop took, size [100s]))""", 100, "{} 10")]
    [InlineData("""count(count_over_time({app="a"} | logfmt | keep level [100s]))""", 100, "{} 2")]
    [InlineData("vector(3)", 0, "{} 3")]
    [InlineData("1 + 2 ^ 3 * 2 > 1", 0, "1")]
    public void Instant(string query, double at, string want) => string.Join('|', World().Vector(query, at)).ShouldBe(want);

    [Theory]
    [InlineData("""sum(count_over_time({app="b"}[30s]))""", 0, 120, 30, "{} 30:1 60:1 90:1")]
    [InlineData("""sum(count_over_time({app="b"}[60s]))""", 0, 150, 30, "{} 30:1 60:2 90:2 120:1")]
    [InlineData("""sum(count_over_time({app="a"}[15s]))""", 5, 45, 20, "{} 25:1 45:1")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap ms [20s]))""", 0, 60, 20, "{} 20:3 40:7 60:11")]
    [InlineData("""absent_over_time({app="b"}[20s])""", 0, 60, 10, """{app="b"} 0:1 10:1 20:1 50:1""")]
    [InlineData("1 + 1", 0, 20, 10, "{} 0:2 10:2 20:2")]
    public void Range(string query, double start, double end, double step, string want) =>
        string.Join('|', World().Matrix(query, start, end, step)).ShouldBe(want);

    [Fact]
    public void Every_step_of_a_range_is_what_an_instant_query_gives_there()
    {
        var world = new LogWorld();
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            world.Line(random.Next(0, 600_000) / 1000.0, $"app={(char)('a' + random.Next(3))}", $"v={random.Next(100)}");
        }

        string[] queries =
        [
            """sum by (app) (count_over_time({app=~".+"}[37s]))""",
            """sum by (app) (bytes_rate({app=~".+"}[91s]))""",
            """quantile_over_time(0.9, {app=~".+"} | logfmt | unwrap v [53s]) by (app)""",
            """max by (app) (max_over_time({app=~".+"} | logfmt | unwrap v [53s]))""",
        ];
        foreach (var query in queries)
        {
            var matrix = world.Engine.QueryRange(new LogQLRange(query, LogWorld.At(0), LogWorld.At(600)) { StepNano = 13 * LogWorld.Second }, default).Series;
            for (var at = 0; at <= 600; at += 13)
            {
                var vector = world.Engine.Query(query, LogWorld.At(at), default).Series;
                foreach (var series in matrix)
                {
                    var index = ((List<long>)series.TimesUnixNano).IndexOf(LogWorld.At(at));
                    var one = vector.FirstOrDefault(s => s.Labels == series.Labels);
                    (index >= 0).ShouldBe(one is not null);
                    if (index >= 0)
                    {
                        series.Values[index].ShouldBe(one!.Values[0], 1e-9, query);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("""sum by (x) (count_over_time({app="a"} | json [1m]))""", "JSONParserErr")]
    [InlineData("""max by (x) (max_over_time({app="a"} | logfmt | json | unwrap ms [1m]))""", "JSONParserErr")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap level [1m]))""", "SampleExtractionErr")]
    public void An_error_in_the_pipeline_fails_the_query(string query, string error) =>
        Should.Throw<QueryException>(() => World().Vector(query, 100)).Message.ShouldContain(error);

    [Theory]
    [InlineData("""sum(count_over_time({app="a"} | json | __error__="" [1m]))""")]
    [InlineData("""sum(sum_over_time({app="a"} | logfmt | unwrap level | __error__="" [1m]))""")]
    public void Unless_the_query_leaves_such_lines_out(string query) => World().Vector(query, 100).ShouldBeEmpty();

    [Fact]
    public void Line_filters_before_a_parser_and_ids_go_down_to_the_store()
    {
        var world = World();
        world.Lines("""{app="a"} |= "error" != "x" | trace_id="0af7651916cd43dd8448eb211c80319c" | logfmt |= "y" """).ShouldBeEmpty();
        var leaves = Leaves(world.Store.Plans[^1].Where).ToList();
        leaves.OfType<ContainsPredicate>().Select(static c => c.Needle).ShouldBe(["error", "x"]);
        leaves.OfType<ComparePredicate>().ShouldContain(static c => c.Column == ColumnRef.Field(EventFields.TraceId));
    }

    private static IEnumerable<EventPredicate> Leaves(EventPredicate predicate) => predicate switch
    {
        AndPredicate and => and.Terms.SelectMany(Leaves),
        OrPredicate or => or.Terms.SelectMany(Leaves),
        NotPredicate not => Leaves(not.Term),
        _ => [predicate],
    };

    [Fact]
    public void A_count_by_stream_asks_for_no_columns()
    {
        var world = World();
        world.Vector("""sum by (app) (count_over_time({env="p"} |= "info" [100s]))""", 100).Length.ShouldBe(2);
        var plan = world.Store.Plans[^1];
        plan.Columns.ShouldBeEmpty();
        plan.AllAttributes.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""sum(count_over_time({env="p"} | json | logfmt | drop __error__ |= "info" [100s]))""", "{} 8")]
    [InlineData("""sum by (detected_level) (count_over_time({env="p"} | json | logfmt | drop __error__, __error_details__ [100s]))""", """{detected_level="error"} 5|{detected_level="info"} 8""")]
    public void A_count_that_needs_nothing_of_a_parser_is_folded(string query, string want)
    {
        var world = World();
        string.Join('|', world.Vector(query, 100)).ShouldBe(want);
        world.Store.Plans.ShouldContain(static p => p.Fold != null);
    }

    [Fact]
    public void Duplicate_matches_are_refused()
    {
        var query = """sum by (app) (count_over_time({env="p"}[100s])) / on () sum by (app) (count_over_time({env="p"}[100s]))""";
        Should.Throw<QueryException>(() => World().Vector(query, 100)).Message.ShouldContain("duplicate series");
    }
}
