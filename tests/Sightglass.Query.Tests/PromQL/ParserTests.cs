using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.PromQL;

namespace Sightglass.Query.Tests.PromQL;

public class ParserTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("0x1F", "31")]
    [InlineData("010", "8")]
    [InlineData("1_000", "1000")]
    [InlineData("1e-7", "1e-07")]
    [InlineData("5m", "5m")]
    [InlineData("+Inf", "+Inf")]
    [InlineData("-nan", "NaN")]
    [InlineData("a+b", "a + b")]
    [InlineData("a + b * c ^ d ^ e", "a + b * c ^ d ^ e")]
    [InlineData("-a^2", "-a ^ 2")]
    [InlineData("a == bool on (x,y) group_left (z) b", "a == bool on (x, y) group_left (z) b")]
    [InlineData("a and ignoring(x) b", "a and ignoring (x) b")]
    [InlineData("a / on() b", "a / on () b")]
    [InlineData("sum(a) by (b)", "sum by (b) (a)")]
    [InlineData("SUM without (b) (a)", "sum without (b) (a)")]
    [InlineData("topk(3, a)", "topk(3, a)")]
    [InlineData("count_values('v', a)", "count_values(\"v\", a)")]
    [InlineData("a{b='c',d=~\"e\",f!~`g`,}", "a{b=\"c\",d=~\"e\",f!~\"g\"}")]
    [InlineData("{\"with.dots\", \"label name\"=\"x\"}", "{\"label name\"=\"x\",__name__=\"with.dots\"}")]
    [InlineData("sum(:) + a:", "sum(:) + a:")]
    [InlineData("{__name__=~\"a.*\"}", "{__name__=~\"a.*\"}")]
    [InlineData("a:b:c[5m] offset -1h", "a:b:c[5m] offset -1h")]
    [InlineData("a @ 1.5 offset 1m", "a @ 1.500 offset 1m")]
    [InlineData("a offset 1m @ start()", "a @ start() offset 1m")]
    [InlineData("rate(a[5m])[1h:] @ end()", "rate(a[5m])[1h:] @ end()")]
    [InlineData("max_over_time(a[90s:30s])", "max_over_time(a[1m30s:30s])")]
    [InlineData("a[300]", "a[5m]")]
    [InlineData("a # comment\n + # another\n b", "a + b")]
    [InlineData("sum + offset + by + without", "sum + offset + by + without")]
    [InlineData("start + end{on='a'}", "start + end{on=\"a\"}")]
    [InlineData("a{sum='x',by='y'}", "a{by=\"y\",sum=\"x\"}")]
    [InlineData("sum by (sum, by) (a)", "sum by (sum, by) (a)")]
    [InlineData("'a\\n\\x41\\u00e9'", "\"a\\nAé\"")]
    [InlineData("((a))", "((a))")]
    [InlineData("hour()", "hour()")]
    [InlineData("a </ 5 >/ 2", "a </ 5 >/ 2")]
    public void An_expression_prints_in_canonical_form(string query, string printed)
    {
        PromQLParser.Parse(query).ToString().ShouldBe(printed);
        PromQLParser.Parse(printed).ToString().ShouldBe(printed);
    }

    [Theory]
    [InlineData(" ", 0, "no expression found in input")]
    [InlineData("a +", 3, "unexpected end of input")]
    [InlineData("sum(", 4, "unclosed left parenthesis")]
    [InlineData("a{b=\"c\"", 7, "unexpected end of input inside braces")]
    [InlineData("a[5m", 4, "unclosed left bracket")]
    [InlineData("sum(a[5m", 8, "unclosed left parenthesis")]
    [InlineData("a[", 2, "unexpected end of input in duration expression")]
    [InlineData("a[x5m]", 2, "unexpected character in duration expression: 'x'")]
    [InlineData("a)", 2, "unexpected right parenthesis ')'")]
    [InlineData("a{b~\"c\"}", 3, "unexpected character inside braces: '~'")]
    [InlineData("{}", 0, "vector selector must contain at least one non-empty matcher")]
    [InlineData("{a=~\".*\"}", 0, "vector selector must contain at least one non-empty matcher")]
    [InlineData("foo(a)", 0, "unknown function with name \"foo\"")]
    [InlineData("rate(a)", 5, "expected type range vector in call to function \"rate\", got instant vector")]
    [InlineData("abs(a, b)", 0, "expected 1 argument(s) in call to \"abs\", got 2")]
    [InlineData("round()", 0, "expected at least 1 argument(s) in call to \"round\", got 0")]
    [InlineData("round(a, 1, 2)", 0, "expected at most 2 argument(s) in call to \"round\", got 3")]
    [InlineData("1 == 1", 2, "comparisons between scalars must use BOOL modifier")]
    [InlineData("a and 1", 0, "set operator \"and\" not allowed in binary scalar expression")]
    [InlineData("a + bool b", 2, "bool modifier can only be used on comparison operators")]
    [InlineData("a + on(x) group_left(x) b", 2, "label \"x\" must not occur in ON and GROUP clause at once")]
    [InlineData("a and on(x) group_left b", 0, "no grouping allowed for \"and\" operation")]
    [InlineData("a + on(x) 1", 0, "vector matching only allowed between instant vectors")]
    [InlineData("\"a\" + 1", 0, "binary expression must contain only scalar and instant vector types")]
    [InlineData("-\"a\"", 0, "unary expression only allowed on expressions of type scalar or instant vector, got \"string\"")]
    [InlineData("sum(a, b)", 0, "wrong number of arguments for aggregate expression provided, expected 1, got 2")]
    [InlineData("topk(a, b)", 5, "expected type scalar in aggregation parameter, got instant vector")]
    [InlineData("a offset 1m offset 1m", 0, "offset may not be set multiple times")]
    [InlineData("1 offset 1m", 0, "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")]
    [InlineData("sum(a)[5m]", 6, "ranges only allowed for vector selectors")]
    [InlineData("a + on(x) group_left * b", 21, "unexpected <op:*> in grouping opts, expected \"(\"")]
    [InlineData("a and on(x) group_right", 23, "unexpected end of input in grouping opts, expected \"(\"")]
    [InlineData("up[5m][5m:]", 0, "subquery is only allowed on instant vector, got matrix instead")]
    [InlineData("(scalar(up))[5m:] offset, 1m", 24, "unexpected \",\" in offset, expected number, duration, step(), or range()")]
    [InlineData("x offset -((1m))", 12, "experimental duration expression is not enabled")]
    [InlineData("x[1m + (2m * 3)]", 8, "experimental duration expression is not enabled")]
    [InlineData("stddev (without (instance) (x))", 16, "unexpected \"(\" in aggregation")]
    [InlineData("unless(x)", 6, "unexpected \"(\"")]
    [InlineData("1[5m:]", 0, "subquery is only allowed on instant vector, got scalar instead")]
    [InlineData("a[0s]", 2, "duration must be greater than 0")]
    [InlineData("a[1.5m]", 2, "unknown unit \".\" in duration \"1.5m\"")]
    [InlineData("a[5m:1_0m]", 5, "unknown unit \"_\" in duration \"1_0m\"")]
    [InlineData("a offset 1e3s", 9, "unknown unit \"e\" in duration \"1e3s\"")]
    [InlineData("a[30s5m]", 2, "not a valid duration string: \"30s5m\"")]
    [InlineData("a[99999999999999999999s]", 2, "not a valid duration string: \"99999999999999999999s\"")]
    [InlineData("a[9223372037s]", 2, "duration out of range")]
    [InlineData("a @ Inf", 0, "timestamp out of bounds for @ modifier: +Inf")]
    [InlineData("a{__name__=~\"b\"}", 0, "metric name must not be set twice: \"a\" or \"b\"")]
    [InlineData("a{\"b\"}", 0, "metric name must not be set twice: \"a\" or \"b\"")]
    [InlineData("{job=x\"} + (", 5, "unexpected identifier \"x\" in label matching, expected string")]
    [InlineData("a{b\"c\"}", 3, "unexpected string \"\\\"c\\\"\" in label matching, expected label matching operator")]
    [InlineData("a{b=\"c\"by}", 7, "unexpected identifier \"by\" in label matching, expected \",\" or \"}\"")]
    [InlineData("sum(rate(a=b[5m]))", 10, "unexpected \"=\" in aggregation")]
    [InlineData("rate(a[5m] b)", 11, "unexpected identifier \"b\"")]
    [InlineData("rate(a[5m)", 9, "unexpected \")\" in subquery or range, expected \":\" or \"]\"")]
    [InlineData("{\"a\"b}", 4, "unexpected identifier \"b\" in label matching, expected \",\" or \"}\"")]
    [InlineData("a{\"b\"} + )", 10, "unexpected right parenthesis ')'")]
    [InlineData("a !", 2, "unexpected character after '!': '\uFFFD'")]
    [InlineData("sum(a @ start(", 14, "unclosed left parenthesis")]
    [InlineData("a @ start(1)", 10, "unexpected number \"1\" in @, expected timestamp")]
    [InlineData("rate(a[5m{b])", 9, "unexpected \"{\" in subquery or range, expected \":\" or \"]\"")]
    [InlineData("rate(a[1[0m])", 8, "unexpected left bracket '['")]
    [InlineData("rate(a[5m:1m,])", 12, "unexpected \",\" in subquery selector, expected \"]\"")]
    [InlineData("-a[5m], 1", 6, "unexpected \",\"")]
    [InlineData("{-a}", 1, "unexpected character inside braces: '-'")]
    [InlineData("a \\", 2, "unexpected character: '\\\\'")]
    [InlineData("a{b{c}}", 3, "unexpected left brace '{'")]
    [InlineData("a nan", 2, "unexpected number \"nan\"")]
    [InlineData("nothing(a) + (", 0, "unknown function with name \"nothing\"")]
    [InlineData("clamp(a,= 1, 2)", 7, "trailing commas not allowed in function call args")]
    [InlineData("sum by (a (b)", 10, "unexpected \"(\" in grouping opts, expected \",\" or \")\"")]
    [InlineData("a{__name__=\"b\"}", 0, "metric name must not be set twice: \"a\" or \"b\"")]
    [InlineData("\"abc", 0, "unterminated quoted string")]
    [InlineData("1a", 0, "bad number or duration syntax: \"1\"")]
    [InlineData("5mm", 0, "bad number or duration syntax: \"5mm\"")]
    [InlineData("1h30m5", 0, "bad number or duration syntax: \"1h30m5\"")]
    [InlineData("0x", 0, "error parsing number: strconv.ParseFloat: parsing \"0x\": invalid syntax")]
    [InlineData("1e", 0, "error parsing number: strconv.ParseFloat: parsing \"1e\": invalid syntax")]
    [InlineData("a[999999999999y]", 2, "duration out of range")]
    [InlineData("bool", 0, "unexpected <bool>")]
    [InlineData("a > bool", 8, "unexpected end of input")]
    [InlineData("sum(a) by (b) by (c)", 14, "unexpected <by>")]
    [InlineData("sum by a (b)", 7, "unexpected identifier \"a\" in grouping opts, expected \"(\"")]
    [InlineData("a @ start", 9, "unexpected end of input in @, expected timestamp")]
    [InlineData("a =~ \"x\"", 2, "unexpected character after '=': '~'")]
    [InlineData("a{b:c=\"d\"}", 3, "unexpected character inside braces: ':'")]
    [InlineData("info(a, b{c=\"d\"})", 0, "function \"info\" is not enabled")]
    [InlineData("a ~ b", 2, "unexpected character: '~'")]
    [InlineData("a b", 2, "unexpected identifier \"b\"")]
    [InlineData("limitk(1, a)", 0, "limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions")]
    [InlineData("mad_over_time(a[5m])", 0, "function \"mad_over_time\" is not enabled")]
    [InlineData("ts_of_first_over_time(a[5m])", 0, "function \"ts_of_first_over_time\" is not enabled")]
    [InlineData("a[5m+1m]", 2, "experimental duration expression is not enabled")]
    [InlineData("rate(a[5m] smoothed)", 5, "smoothed modifier is experimental and not enabled")]
    public void What_is_wrong_is_said_with_its_place(string query, int position, string message)
    {
        var error = Should.Throw<QueryException>(() => PromQLParser.Parse(query));
        error.Kind.ShouldBe(QueryErrorKind.BadData);
        error.Message.ShouldBe($"1:{position + 1}: parse error: {message}");
        error.Position.ShouldBe(position);
    }

    [Fact]
    public void Of_nothing_at_all_the_place_is_unknown() =>
        Should.Throw<QueryException>(() => PromQLParser.Parse("")).Message.ShouldBe("unknown position: parse error: no expression found in input");

    [Fact]
    public void First_over_time_is_stable() => PromQLParser.Parse("first_over_time(a[5m])").ToString().ShouldBe("first_over_time(a[5m])");

    [Theory]
    [InlineData("info(a, b{c=\"d\"})", 8, "expected label selectors only, got vector selector instead")]
    [InlineData("info(a, sum(b))", 8, "expected label selectors only")]
    [InlineData("info(a, 1)", 8, "expected type instant vector in call to function \"info\", got scalar")]
    [InlineData("a anchored smoothed", 0, "anchored and smoothed modifiers cannot be used together")]
    [InlineData("a[5m:1m] anchored", 0, "anchored modifier is not supported for subqueries")]
    [InlineData("(a + b) smoothed", 0, "smoothed modifier not implemented")]
    [InlineData("a[5m/0]", 4, "division by zero")]
    [InlineData("a offset (5m%0s)", 12, "modulo by zero")]
    [InlineData("a + fill(b) c", 9, "unexpected identifier \"b\" in fill modifier")]
    public void Experimental_parts_have_their_errors_too(string query, int position, string message) =>
        Should.Throw<QueryException>(() => PromQLParser.Parse(query, PromQLOptions.AllExperimental)).Message.ShouldBe($"1:{position + 1}: parse error: {message}");

    [Theory]
    [InlineData("rate(a[5m] anchored @ 1 offset 2s)", "rate(a[5m] anchored @ 1.000 offset 2s)")]
    [InlineData("a offset 1m smoothed", "a smoothed offset 1m")]
    [InlineData("info(a, {})", "info(a, {})")]
    [InlineData("a + fill (1) b", "a + fill (1) b")]
    [InlineData("limit_ratio(-0.5, a)", "limit_ratio(-0.5, a)")]
    [InlineData("a[5m*2:min(1,30s)]", "a[5m * 2:min_of(1, 30s)]")]
    [InlineData("a offset +(step()/0.5)", "a offset (step() / 0.5)")]
    [InlineData("a offset -(90)", "a offset -(90)")]
    [InlineData("a[90:0.0016] offset 0.0016", "a[1m30s:1ms] offset 1ms")]
    public void Experimental_parts_print_in_canonical_form(string query, string printed) =>
        PromQLParser.Parse(query, PromQLOptions.AllExperimental).ToString().ShouldBe(printed);

    [Fact]
    public void Lines_are_counted() =>
        Should.Throw<QueryException>(() => PromQLParser.Parse("a +\n  foo(b)")).Message.ShouldStartWith("2:3: parse error: unknown function");

    [Theory]
    [InlineData("(", ")")]
    [InlineData("-", "")]
    [InlineData("abs(", ")")]
    [InlineData("a^", "")]
    public void Deep_nesting_is_refused_by_its_limit(string open, string close)
    {
        var query = string.Concat(Enumerable.Repeat(open, 10_000)) + "a" + string.Concat(Enumerable.Repeat(close, 10_000));
        Should.Throw<LimitExceededException>(() => PromQLParser.Parse(query)).Setting.ShouldBe(nameof(QueryLimits.MaxExpressionDepth));
    }

    [Fact]
    public void A_query_over_the_length_limit_is_refused() =>
        Should.Throw<LimitExceededException>(() => PromQLParser.Parse(new string('a', QueryLimits.Default.MaxQueryBytes + 1))).Setting.ShouldBe(nameof(QueryLimits.MaxQueryBytes));

    [Fact]
    public void A_long_expression_is_laid_out_over_lines() =>
        PromQLFormatter.Format(PromQLParser.Parse("sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05"))
            .ShouldBe("""
                    sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))
                  /
                    sum by (job) (rate(http_requests_total[5m]))
                >
                  0.05
                """.ReplaceLineEndings("\n"));
}
