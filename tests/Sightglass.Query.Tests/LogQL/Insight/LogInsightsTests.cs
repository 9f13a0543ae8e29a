using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;

namespace Sightglass.Query.Tests.LogQL.Insight;

public sealed class LogInsightsTests
{
    private readonly LogWorld _world = new();

    private LogInsights Insights => new(_world.Store, QueryLimits.Default);

    private static LogSample Sample(string query, int lines = 1000, double from = 0, double to = 3600) => new(query, LogWorld.At(from), LogWorld.At(to), lines);

    private LogFacets Facets(string query, int values = 10, int lines = 1000) => Insights.Facets(Sample(query, lines), values, CancellationToken.None);

    private LogInsightsTests Lines(int count, Func<int, (string Labels, string Line, string Metadata)> of, double from = 0)
    {
        for (var i = 0; i < count; i++)
        {
            var (labels, line, metadata) = of(i);
            _world.Line(from + i, labels, line, metadata);
        }

        return this;
    }

    [Fact]
    public void Facets_count_values_of_streams_metadata_and_what_a_parser_finds()
    {
        Lines(10, static i => (i < 7 ? "app=a" : "app=b", $"status={(i % 2 == 0 ? 200 : 500)}", $"user=u{i % 3}"));
        var facets = Facets("{app=~\".+\"} | logfmt");
        facets.Lines.ShouldBe(10);
        facets.Exact.ShouldBeTrue();
        facets.Fields.Single(static f => f.Name == "app").ShouldSatisfyAllConditions(
            f => f.Source.ShouldBe(LogLabelSource.Stream),
            f => f.Values.ShouldBe([new LogFacetValue("a", 7), new LogFacetValue("b", 3)]));
        facets.Fields.Single(static f => f.Name == "user").ShouldSatisfyAllConditions(
            f => f.Source.ShouldBe(LogLabelSource.StructuredMetadata),
            f => f.Values[0].ShouldBe(new LogFacetValue("u0", 4)),
            f => f.Distinct.ShouldBe(3));
        facets.Fields.Single(static f => f.Name == "status").ShouldSatisfyAllConditions(
            f => f.Source.ShouldBe(LogLabelSource.Parsed),
            f => f.Values.ShouldBe([new LogFacetValue("200", 5), new LogFacetValue("500", 5)]));
        facets.Fields.ShouldContain(static f => f.Name == "detected_level");
    }

    [Fact]
    public void Facets_of_more_lines_than_are_looked_at_are_those_of_the_newest_and_say_so()
    {
        Lines(10, static i => ("app=a", "x", $"n=v{i}"));
        var facets = Facets("{app=\"a\"} | n != \"\"", values: 2, lines: 4);
        (facets.Lines, facets.Exact).ShouldBe((4, false));
        var field = facets.Fields.Single(static f => f.Name == "n");
        (field.Distinct, field.Exact, field.Values.Count).ShouldBe((4, false, 2));
        Facets("{app=\"a\"}", lines: 10).Exact.ShouldBeTrue();
    }

    [Fact]
    public void Facets_without_stages_count_all_lines_up_to_many_times_the_sample()
    {
        Lines(LogInsights.CountedPerLine * 4, static i => ("app=a", "x", $"n=v{i % 4}"));
        var facets = Facets("{app=\"a\"}", lines: 4);
        (facets.Lines, facets.Exact).ShouldBe((LogInsights.CountedPerLine * 4, true));
        facets.Fields.Single(static f => f.Name == "n").Values[0].ShouldBe(new LogFacetValue("v0", LogInsights.CountedPerLine));
        (Facets("{app=\"a\"}", lines: 3).Lines, Facets("{app=\"a\"}", lines: 3).Exact).ShouldBe((3, false));
    }

    [Theory]
    [InlineData("app=a,level=error", "user=u1,request.id=r1", "x")]
    [InlineData("app=a", "level=warn", "x")]
    [InlineData("app=a", "app=b", "level=error")]
    [InlineData("app=a", "a.b=1,a_b=2", "x")]
    [InlineData("app=a,detected_level=info", "detected_level=debug", "error: x")]
    public void Facets_are_the_same_counted_or_looked_at(string labels, string metadata, string line)
    {
        Lines(30, i => (labels, line, i % 3 == 0 ? metadata : string.Empty));
        var counted = Facets("{app=\"a\"}");
        var seen = Facets("{app=\"a\"} | app != \"\"");
        (counted.Lines, counted.Exact).ShouldBe((seen.Lines, seen.Exact));
        counted.Fields.Select(Text).ShouldBe(seen.Fields.Select(Text));

        static string Text(LogFacet f) => $"{f.Name} {f.Source} {f.Lines} {f.Distinct} {f.Exact} {string.Join(',', f.Values)}";
    }

    [Fact]
    public void Facets_bound_the_values_they_tell_apart()
    {
        Lines(LogInsights.MaxFacetValues + 5, static i => ("app=a", "x", $"n=v{i}"));
        var facets = Facets("{}", lines: 5000);
        facets.Exact.ShouldBeTrue();
        var field = facets.Fields.Single(static f => f.Name == "n");
        (field.Distinct, field.Exact).ShouldBe((LogInsights.MaxFacetValues, false));
    }

    [Theory]
    [InlineData("sum(rate({app=\"a\"}[1m]))", "want a query of log lines, got a metric query")]
    [InlineData("{app=", "parse error")]
    public void Facets_want_a_query_of_lines(string query, string error) =>
        Should.Throw<QueryException>(() => Facets(query)).Message.ShouldContain(error);

    [Fact]
    public void More_lines_to_look_at_than_the_bound_are_refused() =>
        Should.Throw<LimitExceededException>(() => Facets("{}", lines: LogInsights.MaxSampledLines + 1)).Message.ShouldContain("MaxSampledLines");

    private LogContext Context(double time, string? line, int nth = 0, int before = 2, int after = 2, string stream = "{app=\"a\",service_name=\"a\"}") =>
        Insights.Context(new LogContextRequest(stream, LogWorld.At(time), line is null ? null : LogInsights.HashOf(line), nth, before, after, 3600 * LogWorld.Second), CancellationToken.None);

    private static string Text(LogContext context) =>
        $"{string.Join(' ', context.Before.Select(static l => l.Line))} [{context.Line?.Line}] {string.Join(' ', context.After.Select(static l => l.Line))}";

    [Fact]
    public void Context_is_what_stands_around_a_line_in_its_stream_only()
    {
        Lines(9, static i => (i % 2 == 0 ? "app=a" : "app=b", $"l{i}", string.Empty));
        _world.Line(4.5, "app=a,pod=p", "other", string.Empty);
        Text(Context(4, "l4")).ShouldBe("l0 l2 [l4] l6 l8");
        Text(Context(4, "l4", before: 1, after: 0)).ShouldBe("l2 [l4] ");
        Text(Context(0, "l0")).ShouldBe(" [l0] l2 l4");
        Text(Context(3, null)).ShouldBe("l0 l2 [] l4 l6");
    }

    [Fact]
    public void Context_tells_lines_of_the_same_time_and_text_apart()
    {
        foreach (var line in (string[])["a", "same", "b", "same", "c"])
        {
            _world.Line(1, "app=a", line);
        }

        Text(Context(1, "same")).ShouldBe("a [same] b same");
        Text(Context(1, "same", nth: 1)).ShouldBe("same b [same] c");
        Should.Throw<QueryException>(() => Context(1, "same", nth: 2)).Kind.ShouldBe(QueryErrorKind.NotFound);
        Should.Throw<QueryException>(() => Context(1, "no such line")).Message.ShouldContain("line not found");
    }

    [Theory]
    [InlineData("{app=~\"a\"}")]
    [InlineData("{app!=\"a\"}")]
    public void Context_wants_a_stream_named_by_equality(string stream) =>
        Should.Throw<QueryException>(() => Context(1, "x", stream: stream)).Message.ShouldContain("a stream is named by all its labels");

    [Fact]
    public void Hashes_are_fnv_1a() => LogInsights.HashOf("foobar").ShouldBe("85944171f73967e8");

    private LogPatterns Patterns(string query, (double From, double To)? earlier = null, double from = 0) =>
        Insights.Patterns(Sample(query, from: from), 60 * LogWorld.Second, earlier is { } e ? (LogWorld.At(e.From), LogWorld.At(e.To)) : null, CancellationToken.None);

    [Fact]
    public void Patterns_put_lines_together_that_differ_in_their_variable_parts()
    {
        Lines(100, static i => ("app=a", i % 4 == 0 ? $"disk /dev/sd{(char)('a' + (i % 5))} is {i}% full" : $"GET /api/items/{i} took {i}ms user={(i % 2 == 0 ? "ann" : "bob")}", string.Empty));
        var patterns = Patterns("{app=\"a\"}");
        patterns.Patterns.Select(static p => $"{p.Lines} {p.Pattern}").ShouldBe(
        [
            "75 GET /api/items/<_> took <_> user=<_>",
            "25 disk /dev/<_> is <_> full",
        ]);
        patterns.Exact.ShouldBeTrue();
        patterns.Patterns[0].Samples.ShouldBe([(LogWorld.Epoch, 45L), (LogWorld.At(60), 30L)]);

        // A pattern is what the line filter takes, and finds its lines.
        foreach (var pattern in patterns.Patterns)
        {
            _world.Lines($"{{app=\"a\"}} |> `{pattern.Pattern}`").Count.ShouldBe((int)pattern.Lines);
        }
    }

    [Fact]
    public void Patterns_know_what_is_new_against_an_earlier_time()
    {
        Lines(20, static i => ("app=a", $"login of user{i} ok", string.Empty));
        Lines(20, static i => ("app=a", i < 15 ? $"login of user{i} ok" : $"cannot reach db-{i}: timeout", string.Empty), from: 1000);
        var patterns = Patterns("{app=\"a\"}", (0, 1000), from: 1000);
        patterns.Patterns.Select(static p => $"{p.Lines} {p.EarlierLines} {p.IsNew} {p.Pattern}").ShouldBe(["15 20 False login of <_> ok", "5 0 True cannot reach <_>: timeout"]);
        (patterns.Lines, patterns.EarlierLines).ShouldBe((20, 20));
        patterns.Patterns[1].Example.ShouldBe("cannot reach db-19: timeout");
    }

    [Fact]
    public void Patterns_are_bounded()
    {
        Lines(PatternMiner.MaxPatterns + 50, static i => ("app=a", new string('x', (i % 40) + 1) + new string('-', (i / 40) + 1), string.Empty));
        var patterns = Insights.Patterns(Sample("{app=\"a\"}", 5000), 3600 * LogWorld.Second, null, CancellationToken.None);
        patterns.Patterns.Count.ShouldBe(PatternMiner.MaxPatterns);
        patterns.Exact.ShouldBeFalse();
    }

    [Fact]
    public void Volume_is_bytes_by_labels_of_the_selector_or_by_name()
    {
        Lines(4, static i => (i < 3 ? "app=a,env=x" : "app=b,env=x", "12345", string.Empty));
        string Of(string selector, string[] targets, bool names, double step = 3600) => string.Join(
            ' ',
            Insights.Volume(selector, LogWorld.Epoch, LogWorld.At(3600), (long)(step * LogWorld.Second), targets, names, 10, CancellationToken.None)
                .Select(static s => $"{s.Labels}={string.Join(',', s.Values)}@{string.Join(',', s.TimesUnixNano.Select(static t => (t - LogWorld.Epoch) / LogWorld.Second))}"));

        Of("{app=~\".+\"}", [], names: false).ShouldBe("{app=\"a\"}=15@3600 {app=\"b\"}=5@3600");
        Of("{app=~\".+\"}", ["env"], names: false).ShouldBe("{env=\"x\"}=20@3600");
        Of("{app=~\".+\"}", ["env", "app"], names: true).ShouldBe("{app=\"\"}=20@3600 {env=\"\"}=20@3600");
        Of("{app=\"a\"}", [], names: false, step: 2).ShouldBe("{app=\"a\"}=10,5@2,4");
        Should.Throw<QueryException>(() => Of("{app=\"a\"} |= \"x\"", [], names: false)).Message.ShouldBe("only label matchers are supported");
    }

    [Fact]
    public void Fields_have_types_and_parsers()
    {
        _world.Line(1, "app=a", """{"n":1,"took":"12ms","ok":true,"size":"3KB","deep":{"x":"y"}}""", "user=ann");
        _world.Line(2, "app=a", "n=2.5 name=bob", "user=bob");
        var fields = Insights.Fields(Sample("{app=\"a\"}"), 100, CancellationToken.None);
        fields.Where(static f => f.Name != "detected_level").Select(static f => $"{f.Name} {f.Type} {f.Cardinality} {string.Join('+', f.Parsers)}").ShouldBe(
        [
            "deep_x string 1 json", "n float 2 logfmt", "name string 1 logfmt", "ok boolean 1 json", "size bytes 1 json", "took duration 1 json", "user string 2 ",
        ]);
        Insights.FieldValues(Sample("{app=\"a\"}"), "user", 10, CancellationToken.None).ShouldBe(["ann", "bob"]);
        Insights.FieldValues(Sample("{app=\"a\"}"), "nothing", 10, CancellationToken.None).ShouldBeEmpty();
        Insights.Fields(Sample("{app=\"a\"}"), 2, CancellationToken.None).Count.ShouldBe(2);
    }

    [Fact]
    public void Labels_leave_out_what_has_only_ids()
    {
        Lines(3, static i => ($"app=a,request={i},pod=1", "x", string.Empty));
        Insights.Labels("{app=\"a\"}", LogWorld.Epoch, LogWorld.At(3600), CancellationToken.None).ShouldBe([("app", 1), ("pod", 1), ("service_name", 1)]);
    }
}
