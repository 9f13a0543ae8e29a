using Sightglass.Core.Errors;
using Sightglass.Query.LogQL;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.Tests.LogQL;

public sealed class LogPipelineTests
{
    private static LogWorld One(string line, string labels = "app=a", string metadata = "") => new LogWorld().Line(1, labels, line, metadata);

    [Theory]
    [InlineData("""|= "err" """, "1 err|2 ERR err")]
    [InlineData("""!= "err" """, "3 ok|4 Warn")]
    [InlineData("""|= "err" |= "ERR" """, "2 ERR err")]
    [InlineData("""|= "ERR" or "Warn" """, "2 ERR err|4 Warn")]
    [InlineData("""!= "err" or "Warn" """, "3 ok")]
    [InlineData("""|~ "(?i)ERR|ok" """, "1 err|2 ERR err|3 ok")]
    [InlineData("""!~ "^[12]" """, "3 ok|4 Warn")]
    [InlineData("""|= "" """, "1 err|2 ERR err|3 ok|4 Warn")]
    [InlineData("""|> "<_> err" """, "1 err|2 ERR err")]
    [InlineData("""!> "<_> <_> err" """, "1 err|3 ok|4 Warn")]
    public void Line_filters(string stages, string want)
    {
        var world = new LogWorld();
        foreach (var (line, i) in new[] { "1 err", "2 ERR err", "3 ok", "4 Warn" }.Select((l, i) => (l, i)))
        {
            world.Line(i, "app=a", line);
        }

        string.Join('|', world.Texts("{app=\"a\"} " + stages)).ShouldBe(want);

        // The same behind a parser, where nothing can be pushed down.
        string.Join('|', world.Texts("{app=\"a\"} | logfmt " + stages)).ShouldBe(want);
    }

    [Theory]
    [InlineData("""{"a":"x","b":1.50,"c":true,"d":null,"e":[1],"f":{"g-h":"y"},"1z":"q"}""", "| json", "_1z=q a=x b=1.50 c=true f_g_h=y")]
    [InlineData("""{"a":"x\n\u0041\"","app":"inner"}""", "| json", "a=x\nA\" app_extracted=inner")]
    [InlineData("""{"a":1,"a":2}""", "| json", "a=1")]
    [InlineData("""{"a":"x",""", "| json", "__error__=JSONParserErr __error_details__=Value looks like array, but can't find closing ']' symbol a=x")]
    [InlineData("plain", "| json", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol")]
    [InlineData("""{"a":{"b":[1,{"c":"d"}]}}""", """| json x="a.b[1].c", y="a.b", z="a.q", w="a[\"b\"][0]" """, """w=1 x=d y=[1,{"c":"d"}] z=""")]
    [InlineData("""a=1 b="two words" c= d "e" f="x\"y" app=z""", "| logfmt", "a=1 app_extracted=z b=two words f=x\"y")]
    [InlineData("""a=1 c= d""", "| logfmt --keep-empty", "a=1 c= d=")]
    [InlineData("""a=1 b="x""", "| logfmt", "a=1")]
    [InlineData("""a=1 b="x""", "| logfmt --strict", "__error__=LogfmtParserErr __error_details__=logfmt syntax error at pos 9 : unterminated quoted value a=1")]
    [InlineData("a=1 b=2", """| logfmt x="b", c""", "c= x=2")]
    [InlineData("10.0.0.1 - GET /x HTTP", """| pattern "<ip> - <method> <_> <proto>" """, "ip=10.0.0.1 method=GET proto=HTTP")]
    [InlineData("a b", """| pattern "<x> b <y>" """, "x=a b")]
    [InlineData("a b", """| pattern "q<x>" """, "")]
    [InlineData("POST 200 12ms", """| regexp "(?P<m>\\w+) (?P<s>\\d+) (.*)" """, "m=POST s=200")]
    [InlineData("none", """| regexp "(?P<s>\\d+)" """, "")]
    [InlineData("""{"_entry":"line","pod":"p"}""", "| unpack", "pod=p")]
    [InlineData("a=1 b=2", "| logfmt | drop a", "b=2")]
    [InlineData("a=1 b=2", """| logfmt | drop a="2", b=~"2" """, "a=1")]
    [InlineData("a=1 b=2", "| logfmt | keep a", "a=1")]
    [InlineData("a=1 b=2", "| logfmt | label_format c=a", "b=2 c=1")]
    [InlineData("a=1 b=2", """| logfmt | label_format c="{{.a}}-{{.b}}" """, "a=1 b=2 c=1-2")]
    [InlineData("a=1", """| label_format n="" """, "n=")]
    [InlineData("a=1", "| logfmt | json", "__error__=JSONParserErr __error_details__=Value looks like object, but can't find closing '}' symbol a=1")]
    public void Parsers_and_formatters_make_labels(string line, string stages, string want) => One(line).Found("{app=\"a\"} " + stages).ShouldBe(want);

    [Theory]
    [InlineData("""| n = "5" """, true)]
    [InlineData("""| n != "5" """, false)]
    [InlineData("""| n =~ "[0-9]" """, true)]
    [InlineData("""| n > 4""", true)]
    [InlineData("""| n > 5""", false)]
    [InlineData("""| n >= 5""", true)]
    [InlineData("""| n == 5.0""", true)]
    [InlineData("""| d > 100ms""", true)]
    [InlineData("""| d < 1s""", false)]
    [InlineData("""| s > 1KB""", true)]
    [InlineData("""| s = 2KiB""", true)]
    [InlineData("""| missing = "" """, true)]
    [InlineData("""| missing > 1""", false)]
    [InlineData("""| missing != "x" """, true)]
    [InlineData("""| n=5 and d>1h or s>1KB""", true)]
    [InlineData("""| n=5 and (d>1h or s>1MB)""", false)]
    [InlineData("""| n=5, d>1h""", false)]
    [InlineData("""| n=5 d>1s""", true)]
    [InlineData("""| app="a" """, true)]
    [InlineData("""| ip=ip("10.0.0.0/8")""", true)]
    [InlineData("""| ip=ip("10.0.0.2-10.0.0.9")""", false)]
    [InlineData("""| ip!=ip("10.0.0.2")""", true)]
    public void Label_filters(string stages, bool stays) =>
        One("n=5 d=1m30s s=2KiB ip=10.0.0.1").Lines("{app=\"a\"} | logfmt " + stages).Count.ShouldBe(stays ? 1 : 0);

    [Theory]
    [InlineData("""| n > 1""", true, "LabelFilterErr")]
    [InlineData("""| n > 1 | __error__="" """, false, "")]
    [InlineData("""| n > 1 | __error__="LabelFilterErr" """, true, "LabelFilterErr")]
    [InlineData("""| n > 1 | drop __error__""", true, "")]
    [InlineData("""| d > 1s""", true, "LabelFilterErr")]
    public void What_does_not_read_as_a_number_is_marked(string stages, bool stays, string error)
    {
        var lines = One("n=abc d=xyz").Lines("{app=\"a\"} | logfmt " + stages);
        lines.Count.ShouldBe(stays ? 1 : 0);
        (lines.Count > 0 ? lines[0].Labels.FirstOrDefault(static l => l.Name == "__error__").Value ?? "" : "").ShouldBe(error);
    }

    [Theory]
    [InlineData("{{.a}} {{ .b | upper }}", "1 TWO")]
    [InlineData("{{.missing}}", "")]
    [InlineData("{{__line__}}!", "a=1 b=two!")]
    [InlineData("{{ if eq .a \"1\" }}one{{ else if .b }}b{{ else }}none{{ end }}", "one")]
    [InlineData("{{ $x := .b }}{{ with .a }}{{.}}{{ end }}{{ $x }}", "1two")]
    [InlineData("{{ printf \"%-5s|%05d|%.2f\" .b (int .a) (float64 .a) }}", "two  |00001|1.00")]
    [InlineData("{{ add .a 2 | mul 3 }} {{ div 7 2 }} {{ divf 7 2 }}", "9 3 3.5")]
    [InlineData("{{ trunc 2 .b }}{{ substr 1 3 .b }}{{ replace \"t\" \"T\" .b }}", "twwoTwo")]
    [InlineData("{{ regexReplaceAll \"(t)(w)\" .b \"${2}$1\" }}", "wto")]
    [InlineData("{{ regexReplaceAll \"(?P<x>t)(w)\" .b \"$x$1x${2}$$$9\" }}", "tw$o")]
    [InlineData("{{ alignRight 5 .b }}{{ alignLeft 2 .b }}", "  twotw")]
    [InlineData("{{ default \"x\" .missing }}{{ .b | default \"x\" }}", "xtwo")]
    [InlineData("{{ __timestamp__ | date \"2006-01-02T15:04:05.000Z07:00\" }}", "2026-01-01T00:00:01.000Z")]
    [InlineData("{{- .a -}}  x", "1x")]
    [InlineData("{{ if and .a (not .missing) }}y{{ end }}", "y")]
    [InlineData("{{ duration \"1m30s\" }} {{ bytes \"2KB\" }}", "90 2000")]
    [InlineData("{{ . }}", "map[a:1 app:a b:two detected_level:unknown service_name:a]")]
    [InlineData("{{ range $i, $x := fromJson `[{\"n\":\"q\"},{\"n\":\"r\"}]` }}{{ $i }}{{ $x.n }},{{ end }}", "0q,1r,")]
    [InlineData("{{ range fromJson `[1,2.5,true,null]` }}<{{ . }}>{{ end }}", "<1><2.5><true><<no value>>")]
    [InlineData("{{ range $k, $v := fromJson `{\"z\":1,\"y\":[2]}` }}{{ $k }}={{ $v }};{{ end }}", "y=[2];z=1;")]
    [InlineData("{{ range fromJson `[]` }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ range fromJson `[1,2,3,4]` }}{{ if eq . 3.0 }}{{ break }}{{ end }}{{ if eq . 1.0 }}{{ continue }}{{ end }}{{ . }}{{ $.a }}{{ end }}", "21")]
    [InlineData("{{ (fromJson `{\"p\":{\"q\":[5,6]}}`).p.q }} {{ index (fromJson `{\"p\":[5,6]}`) \"p\" 1 }}", "[5 6] 6")]
    [InlineData("{{ fromJson `{\"a\":null}` }}{{ fromJson `nope` }}", "map[a:<nil>]<no value>")]
    [InlineData("{{ $x := 1 }}{{ if .a }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2")]
    [InlineData("{{ with $y := .b }}{{ $y }}{{ . }}{{ $.a }}{{ end }}", "twotwo1")]
    [InlineData("{{ len .b }} {{ slice .b 1 }} {{ index .b 0 }}", "3 wo 116")]
    [InlineData("{{ title \"hello wORLD a-b\" }}|{{ urlencode \"a b&c\" }}|{{ urldecode \"a%20b+c\" }}", "Hello WORLD A-B|a+b%26c|a b c")]
    [InlineData("{{ b64enc .b }} {{ b64dec \"dHdv\" }} {{ b64dec \"d?\" }}", "dHdv two illegal base64 data at input byte 1")]
    [InlineData("{{ int \"1.5\" }} {{ int \"7\" }} {{ int \"0x1f\" }} {{ int 2.9 }} {{ float64 \"1.50\" }}", "0 7 31 2 1.5")]
    [InlineData("{{ addf 0.1 0.2 }} {{ subf 1 0.9 }} {{ mulf 1.1 1.1 }} {{ divf 1 3 }} {{ mod 7 4 }} {{ sub 3 5 }}", "0.3 0.1 1.21 0.3333333333333333 3 -2")]
    [InlineData("{{ max 1 3 2 }} {{ min 4 2 }} {{ maxf 1.5 2 }} {{ minf 1.5 2 }} {{ ceil 1.2 }} {{ floor 1.9 }} {{ round 3.14159 2 }} {{ round -3.2 0 }}", "3 2 2 1.5 2 1 3.14 -4")]
    [InlineData("{{ \"2024-02-03 04:05\" | toDate \"2006-01-02 15:04\" | unixEpoch }} {{ unixToTime \"1700000000\" | date \"Mon Jan _2 3:04PM 06\" }}", "1706933100 Tue Nov 14 10:13PM 23")]
    [InlineData("{{ toDateInZone \"2006-01-02 15:04\" \"Europe/Berlin\" \"2024-07-01 12:00\" | unixEpochMillis }} {{ __timestamp__ | unixEpochNanos }}", "1719828000000 1767225601000000000")]
    [InlineData("{{ __timestamp__ }} {{ toDate \"2006\" \"x\" | date \"2006\" }}", "2026-01-01 00:00:01 +0000 UTC 0001")]
    [InlineData("{{ count \"[ao]\" \"banana o\" }} {{ regexReplaceAllLiteral \"t\" .b \"$1\" }} {{ Replace .b \"o\" \"0\" -1 }} {{ replace \"\" \"-\" \"ab\" }}", "4 $1wo tw0 -a-b-")]
    [InlineData("{{ trimAll \"t\" .b }}{{ trimPrefix \"t\" .b }}{{ trimSuffix \"o\" .b }}{{ TrimLeft .b \"tw\" }}{{ trim \" x \" }}", "wowotwox")]
    [InlineData("{{ contains \"w\" .b }} {{ hasPrefix \"t\" .b }} {{ hasSuffix \"t\" .b }} {{ repeat 3 .a }} {{ nindent 2 .a }}", "true true false 111 \n  1")]
    [InlineData("{{ printf \"%6.2f|%x|%q|%v|%t|%c|%+d|%s|%d\" 3.14159 255 .b true false 65 5 .a .a }}", "  3.14|ff|\"two\"|true|false|A|+5|1|%!d(string=1)")]
    [InlineData("{{ print 1 2 \"x\" 3 }}|{{ println .a }}|{{ html \"<&>\" }}", "1 2x3|1\n|&lt;&amp;&gt;")]
    [InlineData("{{/* nothing */}}{{ eq .a \"2\" \"1\" }} {{ ne .a .b }} {{ lt 1 2 }} {{ and .a .b }} {{ or .missing .b }} {{ not .a }}", "true true true two two false")]
    [InlineData("{{ define \"p\" }}<{{ . }}>{{ end }}{{ template \"p\" .a }}{{ template \"p\" .b }}", "<1><two>")]
    [InlineData("{{ define \"all\" }}{{ .a }}{{ $.b }}{{ end }}{{ template \"all\" . }}{{ with .b }}{{ template \"all\" $ }}{{ end }}", "1two1two")]
    [InlineData("{{ block \"b\" .a }}[{{ . }}]{{ end }}{{ template \"b\" 2 }}", "[1][2]")]
    [InlineData("{{ template \"late\" }}{{ define \"late\" }}{{ . }}!{{ end }}", "<no value>!")]
    [InlineData("{{ define \"n\" }}{{ if . }}{{ . }}{{ template \"n\" (sub . 1) }}{{ end }}{{ end }}{{ template \"n\" 5 }}", "54321")]
    [InlineData("{{ $x := \"out\" }}{{ define \"v\" }}{{ $x := . }}{{ $x }}{{ end }}{{ template \"v\" \"in\" }}{{ $x }}", "inout")]
    [InlineData("{{ if .missing }}x{{ else if eq .a \"2\" }}y{{ else if .b }}z{{ end }}", "z")]
    [InlineData("{{ with .missing }}x{{ else with .b }}{{ . }}{{ end }}", "two")]
    [InlineData("{{ range $i, $c := fromJson `[[1,2],[3]]` }}{{ range $c }}{{ if eq . 2.0 }}{{ continue }}{{ end }}{{ $i }}{{ . }} {{ end }}{{ end }}", "01 13 ")]
    [InlineData("{{ range 3 }}{{ . }}{{ end }}{{ $n := 0 }}{{ range $x := fromJson `[4,5]` }}{{ $n = $x }}{{ end }}{{ $n }}", "0125")]
    [InlineData("a  {{- /* gone */ -}}  b {{- 3 -}} c", "ab3c")]
    [InlineData("{{ 0x10 }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 1e3 }} {{ '\\n' }} {{ -.5 }}", "16 3 15 15 1000 1000 10 -0.5")]
    [InlineData("{{ (__timestamp__).Format \"2006-01-02\" }} {{ __timestamp__.Unix }} {{ ($t := __timestamp__).Year }} {{ $t.Month }} {{ $t.Weekday }}", "2026-01-01 1767225601 2026 January Thursday")]
    [InlineData("{{ $d := (unixToTime \"1767225611\").Sub __timestamp__ }}{{ $d }} {{ $d.Seconds }} {{ (__timestamp__.Add $d).Unix }} {{ __timestamp__.Before (unixToTime \"1767225611\") }}", "10s 10 1767225611 true")]
    [InlineData("{{ printf \"%[2]s %[1]s\" .a .b }}|{{ printf \"%-5s|%05d|%+.2e|%8.3f|%X|%U|%T|%v|%%|%d\" \"x\" 42 12345.678 3.14159 255 65 1.5 (fromJson `[1,\"a\"]`) }}", "two 1|x    |00042|+1.23e+04|   3.142|FF|U+0041|float64|[1 a]|%|%!d(MISSING)")]
    [InlineData("{{ printf \"%s\" 1 }} {{ printf \"x\" .a }} {{ printf \"%q\" (fromJson `[\"a\"]`) }} {{ .b | printf \"%s=%s\" .a }}", "%!s(int64=1) x%!(EXTRA string=1) [\"a\"] 1=two")]
    [InlineData("{{ trunc -3 `Hello, 世界` }}|{{ trunc 1 `Hello` }}|{{ trunc 0 .b }}|{{ trunc 10 `Hello, 世界` }}|{{ trunc -20 .b }}|{{ trunc 3 .b }}", "界|H||Hello, 世|two|two")]
    [InlineData("{{ substr 1 3 `blip` }}|{{ substr 1 10 `Hello, 世界` }}|{{ substr -1 2 .b }}|{{ substr 1 -1 .b }}|{{ substr 1 99 .b }}", "li|ello, 世|tw|wo|wo")]
    [InlineData("{{ add .a 1 | sub 3 | mul 10 | div 20 }} {{ addf 1.5 1.5 | subf 5 1.5 | mulf 10.5 | divf 20.2 }} {{ round (addf 1.5 1.5 | subf 3.5 | mulf 10.5 | divf 20.4) 5 .2 }}", "2 3.8476190476190477 3.88572")]
    [InlineData("{{ \"2.5\" | float64 | int | add 10 }} {{ div (unixEpoch now) (unixEpoch now) }} {{ .missing | default \"-\" }} {{ __timestamp__ | date \"2006-01-02T15:04:05.00Z00:00\" }}", "12 1 - 2026-01-01T00:00:01.00Z00:00")]
    [InlineData("{{ .b | ToUpper | printf \"%s-%s\" (.a | printf \"%03s\") }}", "  1-TWO")]
    public void Line_format(string template, string want) =>
        One("a=1 b=two").Texts($$"""{app="a"} | logfmt | line_format {{QuotedText.Quote(template)}}""").ShouldBe([want]);

    [Theory]
    [InlineData("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}", "templates call each other deeper than 200")]
    [InlineData("{{ define \"r\" }}{{ template \"s\" . }}{{ template \"s\" . }}{{ end }}{{ define \"s\" }}{{ range 100 }}{{ range 2000 }}{{ end }}{{ end }}{{ end }}{{ template \"r\" . }}", "loops go more than 100000 rounds")]
    [InlineData("{{ if .a }}{{ template \"nope\" }}{{ end }}", "template \"nope\" not defined")]
    [InlineData("{{ .a.b }}", "can't evaluate field b in type string")]
    [InlineData("{{ .a 1 }}", "a is not a method but has arguments")]
    [InlineData("{{ .a Replace \"x\" }}", "wrong number of args for Replace: want 4 got 0")]
    [InlineData("{{ .a | ToUpper | .a }}", "a is not a method but has arguments")]
    [InlineData("{{ ToUpper }}", "wrong number of args for ToUpper: want 1 got 0")]
    [InlineData("{{ \"x\" .a }}", "can't give argument to non-function")]
    [InlineData("{{ substr 5 9 .a }}", "slice bounds out of range")]
    [InlineData("{{ substr -1 9 .a }}", "slice bounds out of range")]
    [InlineData("{{ printf \"%99999999d\" 1 }}", "MaxPrintfWidth")]
    public void A_template_fails_on_a_line(string template, string want) =>
        One("a=1").Lines($$"""{app="a"} | logfmt | line_format {{QuotedText.Quote(template)}}""")[0].Labels.ShouldContain(l => l.Name == "__error_details__" && l.Value.Contains(want, StringComparison.Ordinal));

    [Theory]
    [InlineData("{{ define \"a\" }}", "unexpected EOF")]
    [InlineData("{{ define a }}{{ end }}", "in define clause")]
    [InlineData("{{ break }}", "outside {{range}}")]
    [InlineData("{{ $x }}", "undefined variable \"$x\"")]
    [InlineData("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "undefined variable \"$x\"")]
    [InlineData("{{ nope }}", "function \"nope\" not defined")]
    [InlineData("{{ 1 | 2 }}", "non executable command")]
    [InlineData("{{ }}", "missing value for command")]
    [InlineData("{{/* a }}", "unclosed comment")]
    [InlineData("{{ .a", "unclosed action")]
    public void A_template_is_refused(string template, string want) =>
        Should.Throw<QueryException>(() => One("a=1").Lines($$"""{app="a"} | line_format {{QuotedText.Quote(template)}}""")).Message.ShouldContain(want);

    [Fact]
    public void Blocks_times_calls_do_not_exhaust_the_stack()
    {
        var body = string.Concat(Enumerable.Repeat("{{ if true }}", 95)) + "{{ template \"r\" }}" + string.Concat(Enumerable.Repeat("{{ end }}", 95));
        var template = $"{{{{ define \"r\" }}}}{body}{{{{ end }}}}{{{{ template \"r\" }}}}";
        One("a=1").Lines($$"""{app="a"} | line_format {{QuotedText.Quote(template)}}""")[0].Labels.ShouldContain(static l => l.Name == "__error__");
    }

    [Fact]
    public void A_template_that_fails_marks_the_line()
    {
        var lines = One("a=1").Lines("""{app="a"} | logfmt | line_format "{{ div 1 0 }}" """);
        lines[0].Line.ShouldBe("a=1");
        lines[0].Labels.ShouldContain(static l => l.Name == "__error__" && l.Value == "TemplateFormatErr");
    }

    [Fact]
    public void Decolorize_takes_colours_out() => One("\u001b[31mred\u001b[0m x").Texts("""{app="a"} | decolorize""").ShouldBe(["red x"]);

    [Fact]
    public void Unpack_puts_the_entry_back() => One("""{"_entry":"the \"line\"","pod":"p"}""").Texts("""{app="a"} | unpack""").ShouldBe(["the \"line\""]);

    [Fact]
    public void Direction_limit_and_interval()
    {
        var world = new LogWorld();
        for (var i = 0; i < 20; i++)
        {
            world.Line(i, "app=a", $"{i}");
        }

        world.Lines("""{app="a"}""", 3, LogDirection.Backward).Select(static l => l.Line).ShouldBe(["19", "18", "17"]);
        world.Lines("""{app="a"} | logfmt""", 2).Select(static l => l.Line).ShouldBe(["0", "1"]);
        world.Engine.QueryRange(new LogQLRange("""{app="a"}""", LogWorld.At(2), LogWorld.At(9)) { Direction = LogDirection.Forward, IntervalNano = 3 * LogWorld.Second }, default)
            .Lines.Select(static l => l.Line).ShouldBe(["2", "5", "8"]);
    }

    [Fact]
    public void A_matcher_on_metadata_does_not_find_streams_but_a_filter_does()
    {
        var world = One("x", metadata: "user=joe");
        world.Lines("""{app="a", user="joe"}""").ShouldBeEmpty();
        world.Lines("""{app="a"} | user="joe" """).Count.ShouldBe(1);
    }
}
