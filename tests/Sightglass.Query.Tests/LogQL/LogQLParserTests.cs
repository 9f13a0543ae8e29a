using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL.Syntax;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.LogQL;

public sealed class LogQLParserTests
{
    [Theory]
    [InlineData("""{app="a"}""")]
    [InlineData("""{app="a",env=~"p.+"} |= "x" or "y" != "z" |~ `a.b` !~ "(?i)c" """)]
    [InlineData("""({app="a"} | json)""")]
    [InlineData("""{app="a"} |> "<_> error <_>" !> "x<_>" """)]
    [InlineData("""{app="a"} | json | logfmt --strict --keep-empty | unpack | decolorize""")]
    [InlineData("""{app="a"} | json a="x.y[0]", b | logfmt c="d", e""")]
    [InlineData("""{app="a"} | pattern "<ip> - <_>" | regexp "(?P<x>\\d+)" """)]
    [InlineData("""{app="a"} | x="1" and y>5 or (z<=10ms, w!=5KB) q=~"a" """)]
    [InlineData("""{app="a"} | x > +5 | x = 5 | by="x" | sum="y" | unwrap="z" """)]
    [InlineData("""{app="a"} | x > -5 | y == 1.5e3 | addr = ip("10.0.0.0/8") |= ip("::1")""")]
    [InlineData("""{app="a"} | line_format "{{.x}}" | label_format a=b, c="{{.d | lower}}" | drop a, b="c" | keep d""")]
    [InlineData("""{app="a"} | json="x" | drop="y" """)]
    [InlineData("""rate({app="a"}[5m])""")]
    [InlineData("""rate({app="a"}[5m] |= "x")""")]
    [InlineData("""rate(({app="a"} |= "x")[5m] offset 1h)""")]
    [InlineData("""sum by (a, b) (count_over_time({app="a"} | json [1h30m]))""")]
    [InlineData("""sum(count_over_time({app="a"}[5m])) by (a)""")]
    [InlineData("""topk(3, sum without (a) (bytes_rate({app="a"}[1d])))""")]
    [InlineData("""quantile_over_time(0.99, {app="a"} | json | unwrap duration(d) | __error__="" [5m]) by (x)""")]
    [InlineData("""sum(rate({a="b"}[1m])) / on (x) group_left (y) sum(rate({c="d"}[1m])) > bool 0.5""")]
    [InlineData("""1 + 2 * 3 ^ 2 - -1""")]
    [InlineData("""vector(1) or label_replace(rate({a="b"}[1m]), "x", "$1", "y", "(.*)")""")]
    [InlineData("""sort_desc(absent_over_time({a="b"}[1m] offset -5m)) # comment""")]
    public void Accepts(string query) => Should.NotThrow(() => LogQLParser.Parse(query, QueryLimits.Default));

    [Theory]
    [InlineData("", 0)]
    [InlineData("{", 1)]
    [InlineData("{}", 0)]
    [InlineData("""{app=~".*"}""", 0)]
    [InlineData("""{app="a"} |= """, 13)]
    [InlineData("""{app="a"} | """, 12)]
    [InlineData("""{app="a"} |~ "(" """, 13)]
    [InlineData("""{app=~"("}""", 6)]
    [InlineData("""{app="a"} | json x""", 18, false)]
    [InlineData("""{app="a"} | json x="a..b" """, 19)]
    [InlineData("""{app="a"} | pattern "abc" """, 20)]
    [InlineData("""{app="a"} | pattern "<a><b>" """, 20)]
    [InlineData("""{app="a"} | regexp "(a)" """, 19)]
    [InlineData("""{app="a"} | unwrap x""", 12)]
    [InlineData("""{app="a"} | x > "5" """, 16)]
    [InlineData("""{app="a"} | x =~ 5""", 17)]
    [InlineData("""{app="a"} | line_format "{{.x" """, 24)]
    [InlineData("""{app="a"} | line_format "{{ nosuch .x }}" """, 24)]
    [InlineData("""{app="a"} | label_format a=b, a=c""", 30)]
    [InlineData("""rate({app="a"})""", 14)]
    [InlineData("""nosuch({app="a"}[5m])""", 0)]
    [InlineData("""sum_over_time({app="a"}[5m])""", 0)]
    [InlineData("""count_over_time({app="a"} | unwrap x [5m])""", 0)]
    [InlineData("""rate({app="a"}[5m]) by (x)""", 0)]
    [InlineData("""topk(0, rate({app="a"}[5m]))""", 5)]
    [InlineData("""1 and rate({app="a"}[5m])""", 2)]
    [InlineData("""rate({app="a"}[5m]) @ 5""", 20)]
    [InlineData("""rate({app="a"}[5m] @ 5)""", 19)]
    [InlineData("""approx_topk by (a) (3, rate({app="a"}[5m]))""", 0)]
    [InlineData("""approx_topk(0, rate({app="a"}[5m]))""", 12)]
    [InlineData("""variants(rate({app="a"}[5m])) ({app="a"}[5m])""", 30)]
    [InlineData("""variants() of ({app="a"}[5m])""", 9)]
    [InlineData("""variants(rate({app="a"}[5m])) of ({app="a"} | unwrap x [5m])""", 34)]
    [InlineData("""1 + variants(rate({app="a"}[5m])) of ({app="a"}[5m])""", 4)]
    [InlineData("""{app="a",}""", 9)]
    [InlineData("""sum by a (rate({app="a"}[5m]))""", 7)]
    [InlineData("""{app="a"} | x = ip("10.0.0")""", 19)]
    [InlineData("""{app="a"} |= "x" or""", 19)]
    [InlineData("""{app="a"} | logfmt --nosuch""", 19)]
    [InlineData("""{app="a"} | x > 5parsecs""", 16)]
    [InlineData("""{app="a" """, 9)]
    [InlineData("""{app="a} """, 5)]
    public void Refuses_with_the_place(string query, int position, bool refused = true)
    {
        if (!refused)
        {
            Should.NotThrow(() => LogQLParser.Parse(query, QueryLimits.Default));
            return;
        }

        var error = Should.Throw<QueryException>(() => LogQLParser.Parse(query, QueryLimits.Default));
        error.Kind.ShouldBe(QueryErrorKind.BadData);
        error.Position.ShouldBe(position, error.Message);
    }

    [Fact]
    public void Nesting_has_a_bound()
    {
        var deep = new string('(', 100_000) + "1" + new string(')', 100_000);
        Should.Throw<QueryException>(() => LogQLParser.Parse(deep, QueryLimits.Default)).Message.ShouldContain("nests deeper");
    }

    [SharedFact]
    public void The_queries_of_the_conformance_files_parse()
    {
        var count = 0;
        foreach (var file in Directory.GetFiles(SharedInput.PathOf("conformance/logql"), "*.yaml"))
        {
            foreach (Match match in Regex.Matches(File.ReadAllText(file), @"^\s+query: (.*)$", RegexOptions.Multiline))
            {
                var query = match.Groups[1].Value.Trim().Trim('\'')
                    .Replace("${SELECTOR}", """{service_name="a"}""", StringComparison.Ordinal)
                    .Replace("${RANGE}", "5m", StringComparison.Ordinal)
                    .Replace("${LABEL_NAME}", "namespace", StringComparison.Ordinal)
                    .Replace("${LABEL_VALUE}", "x", StringComparison.Ordinal);
                Should.NotThrow(() => LogQLParser.Parse(query, QueryLimits.Default), query);
                count++;
            }
        }

        count.ShouldBeGreaterThan(50);
    }
}
