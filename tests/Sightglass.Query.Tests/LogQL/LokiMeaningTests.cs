using Sightglass.Core.Errors;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>Where the meaning of LogQL is finer than its documentation: what Loki does, case by case.</summary>
public sealed class LokiMeaningTests
{
    private static LogWorld One(string line, string labels = "app=a", string metadata = "") => new LogWorld().Line(1, labels, line, metadata);

    [Theory]
    [InlineData("""{" a ":1}""", "a=1")]
    [InlineData("""{"x":{" b ":1}}""", "x_b=1")]
    [InlineData("""{"  ":{"b":1}}""", "b=1")]
    [InlineData("""{"  ":{"2b":1}}""", "_2b=1")]
    [InlineData("""{"x":{"":1}}""", "x=1")]
    [InlineData("""{"":1}""", "")]
    [InlineData("""{"2a":{"2b":1}}""", "_2a_2b=1")]
    [InlineData("""{"a.b":{"c-d":1}}""", "a_b_c_d=1")]
    [InlineData("""{"é":{"ü":1}}""", "___=1")]
    [InlineData("""{"a":{"b":1},"a_b":2}""", "a_b=1")]
    [InlineData("""{"a":"\ud83d\ude00","b":"\ud83d","c":"\q"}""", "a=😀 b= c=")]
    [InlineData("""{"a":12abc,"b":-1e5}""", "a=12abc b=-1e5")]
    [InlineData("""{"a":1} trailing""", "a=1")]
    [InlineData("""{}""", "")]
    [InlineData("", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol")]
    [InlineData("""[1]""", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol")]
    [InlineData("""{"a":1""", "__error__=JSONParserErr __error_details__=Value looks like array, but can't find closing ']' symbol a=1")]
    [InlineData("""{"a":{"b":1""", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol")]
    [InlineData("""{"a":[1""", "__error__=JSONParserErr __error_details__=Value looks like array, but can't find closing ']' symbol")]
    [InlineData("""{"a":"x""", "__error__=JSONParserErr __error_details__=Value looks like string, but can't find closing '\"' symbol")]
    [InlineData("""{"a" 1}""", "__error__=JSONParserErr __error_details__=Malformed JSON error")]
    [InlineData("""{"a":nope}""", "__error__=JSONParserErr __error_details__=Unknown value type")]
    [InlineData("""{n}""", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol")]
    public void Json(string line, string want) => One(line).Found("{app=\"a\"} | json").ShouldBe(want);

    [Theory]
    [InlineData("""["x",{"y":[1,2]}]""", """| json a="[0]", b="[1].y[1]" """, "a=x b=2")]
    [InlineData("""{"a":1,"b":""", """| json x="a" """, "x=1")]
    [InlineData("plain", """| json x="a" """, "__error__=JSONParserErr")]
    [InlineData("""{"a":"q\"r","o":{"k": 1},"n":null,"t":true}""", """| json a, o, n, t, z="nope" """, "a=q\"r n= o={\"k\": 1} t=true z=")]
    [InlineData("""{"app":"in","m":"mm"}""", """| json app, m""", "app_extracted=in m_extracted=mm m=meta")]
    [InlineData("""{"a b":{"c":1}}""", """| json x="[\"a b\"].c" """, "x=1")]
    public void Json_with_expressions(string line, string stages, string want) =>
        Sorted(One(line, metadata: want.Contains("meta", StringComparison.Ordinal) ? "m=meta" : "").Found("{app=\"a\"} " + stages)).ShouldBe(Sorted(want));

    [Theory]
    [InlineData("a=1 a=2", "| logfmt", "a=1")]
    [InlineData("""a="x\ty" b="bad \q" c=3""", "| logfmt", "a=x\ty c=3")]
    [InlineData("""a="bad \q" b=1""", "| logfmt --strict", "__error__=LogfmtParserErr __error_details__=logfmt syntax error at pos 11 : invalid quoted value")]
    [InlineData("a==1 b=2", "| logfmt", "b=2")]
    [InlineData("a==1 b=2", "| logfmt --strict", "__error__=LogfmtParserErr __error_details__=logfmt syntax error at pos 3 : unexpected '='")]
    [InlineData("=1 b=2", "| logfmt --strict", "__error__=LogfmtParserErr __error_details__=logfmt syntax error at pos 1 : unexpected '='")]
    [InlineData("a-b.c=1 2d=3 é=4", "| logfmt", "_=4 _2d=3 a_b_c=1")]
    [InlineData("flag other=1", "| logfmt --keep-empty", "flag= other=1")]
    [InlineData("app=x m=1", "| logfmt", "app_extracted=x m_extracted=1 m=meta")]
    [InlineData("app=x", "| drop app | logfmt", "app_extracted=x")]
    [InlineData("m=1", "| drop m | logfmt", "m=1")]
    [InlineData("app=x", """| label_format app="new" | logfmt""", "app=new app_extracted=x")]
    [InlineData("a=1", "| logfmt | label_format a=a", "")]
    [InlineData("a=1 b=2", """| logfmt | label_format a="{{.b}}", b="{{.a}}" """, "a=2 b=1")]
    [InlineData("a=1 b=2", """| logfmt | label_format c=a, a="{{.c}}{{.a}}" """, "a=1 b=2 c=1")]
    [InlineData("a=1", """| label_format x="{{ .a | toDate }}" """, "__error__=TemplateFormatErr __error_details__=wrong number of args for toDate: want 2 got 1")]
    public void Labels(string line, string stages, string want)
    {
        var world = One(line, metadata: want.Contains("meta", StringComparison.Ordinal) || stages.Contains("drop m", StringComparison.Ordinal) ? "m=meta" : "");
        Sorted(world.Found("{app=\"a\"} " + stages)).ShouldBe(Sorted(want));
    }

    [Theory]
    [InlineData("\u001b[31mred\u001b[0m plain", "red plain")]
    [InlineData("\u001b[1;38;5;200mx\u001b[K", "x")]
    [InlineData("\u001b]0;title\u0007rest", "rest")]
    [InlineData("\u009b4mx", "x")]
    [InlineData("\u001b(Bx", "x")]
    [InlineData("a \u001b b", "a \u001b b")]
    public void Decolorize(string line, string want) => One(line).Texts("{app=\"a\"} | decolorize").ShouldBe([want]);

    [Theory]
    [InlineData("x=1d", "| x > 1h", "LabelFilterErr time: unknown unit \"d\" in duration \"1d\"")]
    [InlineData("x=5", "| x > 1s", "LabelFilterErr time: missing unit in duration \"5\"")]
    [InlineData("x=abc", "| x > 1s", "LabelFilterErr time: invalid duration \"abc\"")]
    [InlineData("x=1.5h", "| x == 90m", "")]
    [InlineData("x=48h", "| x == 2d", "")]
    [InlineData("x=5parsec", "| x > 1B", "LabelFilterErr unhandled size name: parsec")]
    [InlineData("x=1,500", "| x == 1500B", "")]
    [InlineData("x=99999999999999999999", "| x > 1B", "LabelFilterErr too large: 99999999999999999999")]
    [InlineData("x=0x10", "| x == 16", "LabelFilterErr strconv.ParseFloat: parsing \"0x10\": invalid syntax")]
    [InlineData("x=1e3", "| x == 1000", "")]
    [InlineData("x=-1_23.50_0_0e+1_2", "| x == -123.5e12", "")]
    [InlineData("x=1__000", "| x == 1000", "LabelFilterErr strconv.ParseFloat: parsing \"1__000\": invalid syntax")]
    [InlineData("x=1000_", "| x == 1000", "LabelFilterErr strconv.ParseFloat: parsing \"1000_\": invalid syntax")]
    [InlineData("x=+Inf", "| x > 1e300", "")]
    [InlineData("x=abc y=5", "| x > 1 | y > 3", "LabelFilterErr strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc y=oops", "| x > 1 | y > 3s", "LabelFilterErr strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc y=5", "| x > 1 or y = \"5\"", "LabelFilterErr strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc", "| x > 1 | drop __error__", " strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc", "| x > 1 | drop __error__, __error_details__", "")]
    [InlineData("x=abc", "| x > 1 | drop __error__=\"other\"", "LabelFilterErr strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc", "| x > 1 | keep y", "LabelFilterErr strconv.ParseFloat: parsing \"abc\": invalid syntax")]
    [InlineData("x=abc", "| line_format \"{{ div 1 0 }}\"", "TemplateFormatErr integer divide by zero")]
    public void Errors(string line, string stages, string want)
    {
        var labels = One(line).Lines("{app=\"a\"} | logfmt " + stages)[0].Labels;
        string Of(string name) => labels.FirstOrDefault(l => l.Name == name).Value ?? string.Empty;
        $"{Of("__error__")} {Of("__error_details__")}".ShouldBe(want.Length == 0 ? " " : want);
    }

    [Theory]
    [InlineData("from 10.1.2.3:8080", "10.1.2.3", true)]
    [InlineData("id10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("10.1.2", "10.0.0.0/8", false)]
    [InlineData("10.01.2.3", "10.0.0.0/8", false)]
    [InlineData("1.10.1.2.3", "10.1.2.3", false)]
    [InlineData("a 10.1.2.3, b", "10.1.2.1-10.1.2.5", true)]
    [InlineData("[2001:db8::1]:443", "2001:db8::/32", true)]
    [InlineData("::ffff", "::ffff", true)]
    [InlineData("12:30:45", "10.0.0.0/8", false)]
    [InlineData("", "10.0.0.1", false)]
    public void Addresses_in_lines(string line, string address, bool found) => One(line + " ").Texts($$"""{app="a"} |= ip("{{address}}")""").Length.ShouldBe(found ? 1 : 0);

    [Theory]
    [InlineData("foo bar baz", "<_> baz", true)]
    [InlineData("foo bar baz", "<_> bar", false)]
    [InlineData("foo bar baz", "foo <_>", true)]
    [InlineData("xfoo bar", "foo <_>", true)]
    [InlineData(" bar ", "<_> bar <_>", false)]
    [InlineData(" bar ", "<_>bar<_>", true)]
    [InlineData("foo", "foo", true)]
    [InlineData("foo bar", "foo", false)]
    [InlineData("foo", "<_>foo", false)]
    [InlineData("a 1 b 2", "a <_> b <_>", true)]
    public void Patterns_in_lines(string line, string pattern, bool found)
    {
        One(line).Texts($$"""{app="a"} |> "{{pattern}}" """).Length.ShouldBe(found ? 1 : 0);
        One(line).Texts($$"""{app="a"} !> "{{pattern}}" """).Length.ShouldBe(found ? 0 : 1);
    }

    [Theory]
    [InlineData("""| a="1", b="9" or c="3" """, true)]
    [InlineData("""| a="9", b="2" or c="3" """, false)]
    [InlineData("""| a="9" and b="2" or c="3" """, true)]
    [InlineData("""| c="3" or a="9", b="9" """, true)]
    [InlineData("""| a="9" or b="2" and c="9" """, false)]
    [InlineData("""| (a="9", b="2") or c="3" """, true)]
    public void A_comma_takes_all_to_its_right(string stages, bool stays) => One("a=1 b=2 c=3").Texts("{app=\"a\"} | logfmt " + stages).Length.ShouldBe(stays ? 1 : 0);

    private static LogWorld Mixed() => new LogWorld()
        .Line(1, "app=a", """{"level":"info","n":1,"z":"x"}""")
        .Line(2, "app=a", "plain text")
        .Line(3, "app=a", """{"level":"warn","n":"abc"}""")
        .Line(4, "app=a", """{"level":"warn","n":3,"broken":""");

    [Theory]
    [InlineData("""sum(count_over_time({app="a"} | json [1m]))""", "{} 4")]
    [InlineData("""sum by (detected_level) (count_over_time({app="a"} | json [1m]))""", """{detected_level="info"} 1|{detected_level="unknown"} 2|{detected_level="warn"} 1""")]
    [InlineData("""absent_over_time({app="a"} | json [1m])""", "")]
    [InlineData("""sum by (level) (count_over_time({app="a"} |= "level" | json [1m]))""", """{level="info"} 1|{level="warn"} 2""")]
    [InlineData("""sum by (__error__) (count_over_time({app="a"} | json [1m]))""", """{} 2|{__error__="JSONParserErr"} 2""")]
    [InlineData("""sum by (app) (count_over_time({app="a"} | json | __error__!="" [1m]))""", """{app="a"} 2""")]
    [InlineData("""sum(count_over_time({app="a"} | json | __error__="" [1m]))""", "{} 2")]
    [InlineData("""sum(sum_over_time({app="a"} | json | unwrap n | __error__="" [1m]))""", "{} 1")]
    [InlineData("""count_over_time({app="a"} | json | __error__="JSONParserErr" | keep app [1m])""", """{__error__="JSONParserErr", __error_details__="Malformed JSON error", __preserve_error__="true", app="a"} 1|{__error__="JSONParserErr", __error_details__="Value looks like object, but can't find closing '}' symbol", __preserve_error__="true", app="a"} 1""")]
    [InlineData("""sum(count_over_time({app="a"} | json | drop __error__, __error_details__ [1m]))""", "{} 4")]
    [InlineData("""variants(sum(count_over_time({app="a"}[1m])), sum by (level) (count_over_time({app="a"} | level="warn" [1m]))) of ({app="a"} |= "level" | json [1m])""", """{__variant__="0"} 3|{__variant__="1", level="warn"} 2""")]
    [InlineData("""topk(2, sum by (n) (count_over_time({app="a"} | json | __error__="" [1m])))""", """{n="1"} 1|{n="abc"} 1""")]
    public void Errors_in_metrics(string query, string want) => string.Join('|', Mixed().Vector(query, 30)).ShouldBe(want);

    [Theory]
    [InlineData("""count_over_time({app="a"} | json [1m])""")]
    [InlineData("""sum by (z) (count_over_time({app="a"} | json [1m]))""")]
    [InlineData("""sum without (z) (count_over_time({app="a"} | json [1m]))""")]
    [InlineData("""count(count_over_time({app="a"} | json [1m]))""")]
    [InlineData("""sum(sum_over_time({app="a"} | json | unwrap n [1m]))""")]
    [InlineData("""sum(count_over_time({app="a"} | json | n > 2 [1m]))""")]
    public void Errors_that_fail_a_metric(string query) => Should.Throw<QueryException>(() => Mixed().Vector(query, 30)).Message.ShouldContain("pipeline error");

    private static string Sorted(string labels) => string.Join(' ', labels.Split(' ').Order(StringComparer.Ordinal));
}
