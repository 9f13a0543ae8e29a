using Sightglass.Core.Errors;
using Sightglass.Core.Limits;

namespace Sightglass.Query.Tests.TraceQL;

public sealed class TraceSearchTests
{
    // Trace 1: shop(1) -> orders(2) -> db(3), shop(1) -> pay(4, fails). Trace 2: shop(11) -> orders(12). Trace 3: a span (21) whose parent is missing.
    private static TraceWorld World() => new TraceWorld()
        .Add(
            new TestSpan(1, 1, 0, "GET /cart", "shop", 0, 500) { Kind = 2, Attributes = [("http.method", "GET"), ("http.status_code", 500), ("foo bar", "x")] },
            new TestSpan(1, 2, 1, "create", "orders", 10, 200) { Kind = 3, Attributes = [("http.status_code", 200), ("retry", true), ("zone", "us")] },
            new TestSpan(1, 3, 2, "SELECT", "db", 20, 50) { Attributes = [("rows", 12), ("ratio", 0.5)] },
            new TestSpan(1, 4, 1, "charge", "pay", 220, 250) { Status = 2, StatusMessage = "card declined", EventName = "exception" })
        .Add(
            new TestSpan(2, 11, 0, "GET /", "shop", 1000, 20) { Kind = 2, Status = 1, Attributes = [("http.method", "GET"), ("http.status_code", 200)] },
            new TestSpan(2, 12, 11, "create", "orders", 1005, 10) { Attributes = [("http.status_code", 404)] })
        .Add(new TestSpan(3, 21, 99, "orphan", "worker", 2000, 5));

    [Theory]
    [InlineData("{}", "1:1,2,3,4; 2:11,12; 3:21")]
    [InlineData("{ true }", "1:1,2,3,4; 2:11,12; 3:21")]
    [InlineData("{ false }", "")]
    [InlineData("""{ .http.method = "GET" }""", "1:1; 2:11")]
    [InlineData("""{ span.http.method = "GET" && span.http.status_code >= 500 }""", "1:1")]
    [InlineData("""{ 400 <= .http.status_code }""", "1:1; 2:12")]
    [InlineData("""{ .http.status_code != 200 }""", "1:1; 2:12")]
    [InlineData("""{ .http.status_code = "200" }""", "")]
    [InlineData("""{ resource.service.name = "db" || name = "orphan" }""", "1:3; 3:21")]
    [InlineData("""{ .service.name =~ "sh.*|pay" }""", "1:1,4; 2:11")]
    [InlineData("""{ resource.service.name !~ "s.*|o.*|d.*|w.*" }""", "1:4")]
    [InlineData("""{ .nosuch !~ "x" }""", "")]
    [InlineData("""{ .nosuch != "x" }""", "")]
    [InlineData("""{ .rows != nil }""", "1:3")]
    [InlineData("""{ .http.status_code = nil }""", "1:3,4; 3:21")]
    [InlineData("""{ .retry }""", "1:2")]
    [InlineData("""{ !.retry }""", "")]
    [InlineData("""{ .retry = true }""", "1:2")]
    [InlineData("""{ .zone = "us" }""", "1:2")]
    [InlineData("""{ resource.zone = "us" }""", "")]
    [InlineData("""{ span."foo bar" = "x" }""", "1:1")]
    [InlineData("""{ status = error }""", "1:4")]
    [InlineData("""{ status = unset && kind = internal }""", "1:3; 2:12; 3:21")]
    [InlineData("""{ status != unset }""", "1:4; 2:11")]
    [InlineData("""{ statusMessage =~ ".*declined" }""", "1:4")]
    [InlineData("""{ kind = server }""", "1:1; 2:11")]
    [InlineData("""{ duration > 100ms }""", "1:1,2,4")]
    [InlineData("""{ duration > 0.1s && duration <= 200ms }""", "1:2")]
    [InlineData("""{ traceDuration < 100ms }""", "2:11,12; 3:21")]
    [InlineData("""{ rootServiceName = "shop" && name = "create" }""", "1:2; 2:12")]
    [InlineData("""{ rootName = "GET /" }""", "2:11,12")]
    [InlineData("""{ trace:id = "00000000000000000000000000000002" }""", "2:11,12")]
    [InlineData("""{ span:id = "0000000000000003" }""", "1:3")]
    [InlineData("""{ span:parentID = "0000000000000001" }""", "1:2,4")]
    [InlineData("""{ span:childCount > 1 }""", "1:1")]
    [InlineData("""{ event:name = "exception" }""", "1:4")]
    [InlineData("""{ event:timeSinceStart >= 5ms }""", "1:4")]
    [InlineData("""{ event.code = 7 }""", "1:4")]
    [InlineData("""{ instrumentation:name = "my.lib" && instrumentation.lib = "yes" && name = "orphan" }""", "3:21")]
    [InlineData("""{ .rows * 2 + 1 = 25 }""", "1:3")]
    [InlineData("""{ .rows - 2 ^ 2 ^ 1 = 8 && -.rows = -12 && .rows / 5 = 2 && .ratio < 1 }""", "1:3")]
    [InlineData("""{ nestedSetParent = -1 }""", "1:1; 2:11; 3:21")]
    [InlineData("""{ .http.method = "GET" } && { status = error }""", "1:1,4")]
    [InlineData("""{ status = error } || { name = "orphan" }""", "1:4; 3:21")]
    [InlineData("""{ kind = server } > { name = "create" }""", "1:2; 2:12")]
    [InlineData("""{ kind = server } >> { name = "SELECT" }""", "1:3")]
    [InlineData("""{ name = "SELECT" } << { kind = server }""", "1:1")]
    [InlineData("""{ name = "create" } < { kind = server }""", "1:1; 2:11")]
    [InlineData("""{ name = "charge" } ~ { name = "create" }""", "1:2")]
    [InlineData("""{ name = "charge" } !~ { name = "create" }""", "2:12")]
    [InlineData("""{ status = error } !>> { name = "create" }""", "1:2; 2:12")]
    [InlineData("""{ kind = server } &>> { name = "SELECT" }""", "1:1,3")]
    [InlineData("""{ kind = server } | count() = 1""", "1:1; 2:11")]
    [InlineData("""{} | count() > 2""", "1:1,2,3,4")]
    [InlineData("""{ .http.status_code > 0 } | avg(.http.status_code) > 340""", "1:1,2")]
    [InlineData("""{} | max(duration) < 100ms""", "2:11,12; 3:21")]
    [InlineData("""{} | sum(.rows) = 12""", "1:1,2,3,4")]
    [InlineData("""{} | by(name) | count() = 1 | { .http.method = "GET" }""", "1:1; 2:11")]
    [InlineData("""{} | by(kind) | coalesce() | count() = 4""", "1:1,2,3,4")]
    [InlineData("""({ kind = server } | count() = 1) >> ({ name = "SELECT" })""", "1:3")]
    [InlineData("""{ status = error } | select(.http.method)""", "1:4")]
    public void Finds(string query, string want) => World().Find(query).ShouldBe(want);

    [Fact]
    public void A_search_tells_about_the_trace_and_its_spans()
    {
        var trace = World().Search("""{ span.http.status_code >= 200 && status = unset } | select(resource.service.name)""", spansPerSpanset: 1).Traces.Single(static t => t.TraceId.Low == 1);
        trace.RootServiceName.ShouldBe("shop");
        trace.RootTraceName.ShouldBe("GET /cart");
        trace.DurationNano.ShouldBe(500_000_000);
        trace.StartUnixNano.ShouldBe(TraceWorld.Epoch);
        trace.Services["pay"].ShouldBe((1, 1));
        var set = trace.Spansets.Single();
        set.Matched.ShouldBe(2);
        var span = set.Spans.Single();
        span.SpanId.ShouldBe("0000000000000001");
        span.DurationNano.ShouldBe(500_000_000);
        string.Join(' ', span.Attributes.Select(static a => $"{a.Key}={a.Value}")).ShouldBe("http.status_code=500 status=unset service.name=shop");
    }

    [Fact]
    public void Newest_traces_come_first_and_the_limit_holds()
    {
        var world = new TraceWorld();
        for (var i = 1; i <= 100; i++)
        {
            world.Add(new TestSpan(i, i, 0, "x", "s", i * 10, 1));
        }

        world.Search("{}", limit: 5).Traces.Select(static t => t.TraceId.Low).ShouldBe([100UL, 99UL, 98UL, 97UL, 96UL]);
        Should.Throw<LimitExceededException>(() => world.Search("{}", limit: QueryLimits.Default.MaxTraces + 1));
    }

    [Theory]
    [InlineData("{} | rate()", 5)]
    [InlineData("({} | rate()) + ({} | rate())", 1)]
    public void Metrics_are_refused_with_the_place(string query, int position)
    {
        var error = Should.Throw<QueryException>(() => World().Search(query));
        error.Message.ShouldContain("this is a metrics query, not one of traces");
        error.Position.ShouldBe(position);
    }

    [Fact]
    public void Spans_that_are_each_others_parents_do_not_hang_a_query()
    {
        var world = new TraceWorld().Add(new TestSpan(1, 1, 2, "a", "s", 0, 1), new TestSpan(1, 2, 1, "b", "s", 0, 1), new TestSpan(1, 3, 3, "c", "s", 0, 1));
        world.Find("{ name = \"a\" } >> { name = \"b\" }").ShouldBeOneOf("", "1:2");
        world.Find("{}").ShouldBe("1:1,2,3");
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        foreach (var query in new[] { new string('(', 100_000), "{ " + new string('(', 100_000), "{ " + new string('!', 100_000) + ".a }", "{ " + new string('-', 100_000) + "1 = 1 }" })
        {
            Should.Throw<QueryException>(() => World().Search(query)).Message.ShouldContain("nests deeper");
        }
    }
}
