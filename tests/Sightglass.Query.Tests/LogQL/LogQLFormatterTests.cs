using Sightglass.Core.Limits;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.Tests.LogQL;

public sealed class LogQLFormatterTests
{
    [Theory]
    [InlineData("""{ a = "b" ,c=~`x\d`}""", """{a="b", c=~"x\\d"}""")]
    [InlineData("""{a="b"}|="x"!="y"|~`z`or"q" |> "<_> a" !> "b<_>"|=ip("10.0.0.0/8")""", """{a="b"} |= "x" != "y" |~ "z" or "q" |> "<_> a" !> "b<_>" |= ip("10.0.0.0/8")""")]
    [InlineData("""{a="b"}|json|json x="y[0]",z|logfmt --strict --keep-empty|logfmt q|unpack|decolorize""", """{a="b"} | json | json x="y[0]",z="z" | logfmt --strict --keep-empty | logfmt q="q" | unpack | decolorize""")]
    [InlineData("""{a="b"}|pattern "<x> -"|regexp `(?P<y>\w)`""", """{a="b"} | pattern "<x> -" | regexp "(?P<y>\\w)" """)]
    [InlineData("""{a="b"}|line_format "{{.x}}"|label_format c=d,e="{{.f}}"|drop g,h="i"|keep j""", """{a="b"} | line_format "{{.x}}" | label_format c=d,e="{{.f}}" | drop g,h="i" | keep j""")]
    [InlineData("""{a="b"}| x=1 and y>1.50h or z!=5KB, q=~"r"|w=ip("::1")""", """{a="b"} | ( ( x==1 , y>1h30m0s ) or ( z!=5KB , q=~"r" ) ) | w=ip("::1")""")]
    [InlineData("""{a="b"}| x="1", y="2" or z="3" """, """{a="b"} | ( x="1" , ( y="2" or z="3" ) )""")]
    [InlineData("""count_over_time({a="b"}[90s] offset 1h)""", """count_over_time({a="b"}[1m30s] offset 1h)""")]
    [InlineData("""quantile_over_time(.99,{a="b"}|json|unwrap duration(x)|__error__=""[5m])by(c,d)""", """quantile_over_time(0.99,{a="b"} | json | unwrap duration(x) | __error__=""[5m]) by (c,d)""")]
    [InlineData("""sum(rate({a="b"}[1m]))without(c)""", """sum without (c)(rate({a="b"}[1m]))""")]
    [InlineData("""topk(3,rate({a="b"}[1m]))""", """topk(3,rate({a="b"}[1m]))""")]
    [InlineData("""approx_topk(3,rate({a="b"}[1m]))""", """approx_topk(3,rate({a="b"}[1m]))""")]
    [InlineData("""rate({a="b"}[1m])+2*3/rate({a="b"}[1m])""", """(rate({a="b"}[1m]) + (6 / rate({a="b"}[1m])))""")]
    [InlineData("""rate({a="b"}[1m])>bool on(x)group_left(y)rate({a="c"}[1m])""", """(rate({a="b"}[1m]) > bool on (x) group_left (y) rate({a="c"}[1m]))""")]
    [InlineData("""label_replace(vector(1),"a","$1","b","(.*)")""", """label_replace(vector(1),"a","$1","b","(.*)")""")]
    [InlineData("""variants(rate({a="b"}[1m]),bytes_rate({a="b"}[1m]))of({a="b"}|json[1m])""", """variants(rate({a="b"}[1m]), bytes_rate({a="b"}[1m])) of ({a="b"} | json[1m])""")]
    public void One_line(string query, string want) => OneLine(query).ShouldBe(want.Trim());

    [Theory]
    [InlineData("""{shop="berlin", pod="p1"}|logfmt|level="warn" """, """
        {shop="berlin", pod="p1"}
          | logfmt
          | level="warn"
        """)]
    [InlineData("""count_over_time({shop="berlin", pod="p1"}|= "till" != "x" |logfmt[5m] offset 20m)""", """
        count_over_time(
          {shop="berlin", pod="p1"}
            |= "till" != "x"
            | logfmt [5m] offset 20m
        )
        """)]
    [InlineData("""quantile_over_time(0.9,{shop="berlin", pod="p1"}|json|unwrap took|__error__=""[1m]) by (till)""", """
        quantile_over_time(
          0.9,
          {shop="berlin", pod="p1"}
            | json
            | unwrap took
            | __error__="" [1m]
        ) by (till)
        """)]
    [InlineData("""topk(5, sum(rate({shop="berlin1"}[5m])) by (till, pod))""", """
        topk(
          5,
          sum by (till, pod)(
            rate(
              {shop="berlin1"} [5m]
            )
          )
        )
        """)]
    [InlineData("""(sum(rate({a="b"}[5m])) + sum(rate({c="d"}[5m]))) / on (x) group_left sum(rate({e="f"}[5m]))""", """
          (
              sum(
                rate({a="b"}[5m])
              )
            +
              sum(
                rate({c="d"}[5m])
              )
          )
        / on (x) group_left
          sum(
            rate({e="f"}[5m])
          )
        """)]
    public void Long_queries_are_broken(string query, string want) =>
        LogQLFormatter.Pretty(LogQLParser.Parse(query, QueryLimits.Default), 20).ShouldBe(want.ReplaceLineEndings("\n"));

    [Fact]
    public void What_is_written_reads_as_the_same()
    {
        var random = new Random(20260101);
        for (var i = 0; i < 3000; i++)
        {
            var query = new RandomLogQL(random).Query();
            var once = OneLine(query);
            OneLine(once).ShouldBe(once, query);
            foreach (var width in (int[])[1, 20, 60])
            {
                OneLine(LogQLFormatter.Pretty(LogQLParser.Parse(query, QueryLimits.Default), width)).ShouldBe(once, query);
            }
        }
    }

    private static string OneLine(string query)
    {
        try
        {
            return LogQLFormatter.OneLine(LogQLParser.Parse(query, QueryLimits.Default));
        }
        catch (Core.Errors.QueryException e)
        {
            throw new InvalidOperationException($"{query}: {e.Message}", e);
        }
    }
}
