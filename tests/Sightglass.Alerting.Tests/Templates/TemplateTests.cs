using FsCheck.Fluent;
using Sightglass.Alerting.Templates;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Templates;

public sealed class TemplateTests
{
    private static readonly LabelSet Labels = LabelSet.Of("instance", "web-1:9100", "job", "web", "mode", "idle");

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{ 1 }} {{ -2 }} {{ 0x1F }} {{ 1.5 }} {{ 1e3 }} {{ 'a' }} {{ true }} {{ \"q\\n\" }} {{ `r` }}", "1 -2 31 1.5 1000 97 true q\n r")]
    [InlineData("a {{- /* gone */ -}} b", "ab")]
    [InlineData("a {{/* gone */}} b", "a  b")]
    [InlineData("a  {{- 1 -}}  b", "a1b")]
    [InlineData("{{ if false }}x{{ else if true }}y{{ else }}z{{ end }}", "y")]
    [InlineData("{{ with .Labels.nothing }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ with .Labels.job }}{{ . }}{{ end }}", "web")]
    [InlineData("{{ with \"\" }}x{{ else with \"y\" }}{{ . }}{{ end }}", "y")]
    [InlineData("{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}", "instance=web-1:9100;job=web;mode=idle;")]
    [InlineData("{{ range .Labels }}{{ if eq . \"web\" }}{{ break }}{{ end }}{{ . }};{{ end }}", "web-1:9100;")]
    [InlineData("{{ range .Labels }}{{ if eq . \"web\" }}{{ continue }}{{ end }}{{ . }};{{ end }}", "web-1:9100;idle;")]
    [InlineData("{{ range 3 }}{{ . }}{{ else }}e{{ end }}{{ range 0 }}x{{ else }}e{{ end }}", "012e")]
    [InlineData("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2")]
    [InlineData("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1")]
    [InlineData("{{ define \"u\" }}<{{ . }}>{{ end }}{{ template \"u\" \"a\" }}{{ template \"u\" 1 }}", "<a><1>")]
    [InlineData("{{ block \"b\" .Value }}v={{ . }}{{ end }}", "v=1234.5")]
    [InlineData("{{ (index .Labels \"job\") | printf \"%q\" }}", "\"web\"")]
    [InlineData("{{ $labels.missing }}|{{ .Labels.missing }}", "|")]
    [InlineData("{{ and 1 0 2 }} {{ or 0 \"x\" }} {{ not 0 }} {{ len \"äb\" }} {{ slice \"abc\" 1 }} {{ slice \"abc\" 0 2 }}", "0 x true 3 bc ab")]
    [InlineData("{{ eq 1 2 1 }} {{ ne \"a\" \"b\" }} {{ lt 1 2 }} {{ le 2.0 2.0 }} {{ gt \"b\" \"a\" }} {{ ge 1 2 }}", "true true true true true false")]
    [InlineData("{{ print 1 2 \"x\" 3 }} {{ println \"a\" 1 }}", "1 2x3 a 1\n")]
    [InlineData("{{ html \"<a&'\\\">\" }} {{ js \"it's\" }} {{ urlquery \"a b&c/ü\" }}", "&lt;a&amp;&#39;&#34;&gt; it\\'s a+b%26c%2F%C3%BC")]
    [InlineData("{{ $value }} {{ .Value | printf \"%.2f\" }} {{ 1234567.0 }} {{ 0.00001 }} {{ 100000.0 }}", "1234.5 1234.50 1.234567e+06 1e-05 100000")]
    [InlineData("{{ humanize 1234567.0 }} {{ humanize 0.00123 }} {{ humanize 0.0 }} {{ humanize1024 1048576.0 }}", "1.235M 1.23m 0 1Mi")]
    [InlineData("{{ humanizeDuration 0.0 }} {{ humanizeDuration 1.5 }} {{ humanizeDuration 3661.0 }} {{ humanizeDuration 90061.0 }} {{ humanizeDuration 0.25 }}", "0s 1.5s 1h 1m 1s 1d 1h 1m 1s 250ms")]
    [InlineData("{{ humanizePercentage 0.12345 }} {{ humanizeTimestamp 1435065584.128 }}", "12.35% 2015-06-23 13:19:44.128 +0000 UTC")]
    [InlineData("{{ (toTime 1435065584.128).Format \"2006-01-02 Mon 15:04:05\" }}", "2015-06-23 Tue 13:19:44")]
    [InlineData("{{ title \"hello big world\" }} {{ toUpper \"a\" }} {{ toLower \"B\" }} {{ match \"^w\" \"web\" }} {{ reReplaceAll \"(.)e\" \"$1-\" \"web\" }}", "Hello Big World A b true w-b")]
    [InlineData("{{ title \"o'neil hELLO a-b c_d 3d é–x y\u2003z\" }}", "O'neil HELLO A-B C_d 3d É–X Y\u2003Z")]
    [InlineData("{{ stripPort \"a.b.c:80\" }} {{ stripDomain \"a.b.c:80\" }} {{ stripDomain \"10.0.0.1\" }} {{ stripPort \"[::1]:80\" }}", "a.b.c a:80 10.0.0.1 ::1")]
    [InlineData("{{ parseDuration \"1h30m\" }} {{ pathPrefix }} {{ externalURL }}", "5400 /s http://sight/s")]
    [InlineData("{{ graphLink \"up > 1\" }} {{ tableLink \"up\" }}", "/graph?g0.expr=up+%3E+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1")]
    [InlineData("{{ range query \"up\" }}{{ label \"instance\" . }}={{ value . }};{{ end }}", "b=2;a=1;")]
    [InlineData("{{ with query \"up\" }}{{ . | first | value }}{{ end }}{{ range sortByLabel \"instance\" (query \"up\") }} {{ .Labels.instance }}{{ end }}", "2 a b")]
    [InlineData("{{ define \"x\" }}{{ .arg0 }}-{{ .arg1 }}{{ end }}{{ template \"x\" (args 1 \"b\") }} {{ tmpl \"x\" (args 2 3) }}", "1-b 2-3")]
    [InlineData("{{ $externalLabels.region }} {{ $externalURL }}", "eu http://sight/s")]
    [InlineData("{{ $labels }}", "map[instance:web-1:9100 job:web mode:idle]")]
    public void Renders(string source, string expected) => Render(source).ShouldBe(expected);

    [Theory]
    [InlineData("{{ printf \"%d %5d|%-5d|%05d %x %X %o %b %c %U %+d\" 1 2 3 4 255 255 8 5 65 65 7 }}", "1     2|3    |00004 ff FF 10 101 A U+0041 +7")]
    [InlineData("{{ printf \"%s %10s|%-10s|%.2s %q %x %v %T %t %%\" \"a\" \"b\" \"c\" \"def\" \"g\" \"hi\" true 1.5 false }}", "a          b|c         |de \"g\" 6869 true float64 false %")]
    [InlineData("{{ printf \"%f %.1f %8.3f|%e %g %G %v %.3g\" 1.5 1.25 3.14159 1500.0 1e21 1e-7 2.0 1234.5 }}", "1.500000 1.2    3.142|1.500000e+03 1e+21 1E-07 2 1.23e+03")]
    [InlineData("{{ printf \"%d\" \"x\" }} {{ printf \"%s\" 1 }} {{ printf \"%d\" }} {{ printf \"a\" 1 }} {{ printf \"%\" }}", "%!d(string=x) %!s(int=1) %!d(MISSING) a%!(EXTRA int=1) %!(NOVERB)")]
    [InlineData("{{ printf \"%[2]s %[1]s\" \"a\" \"b\" }} {{ printf \"%*d\" 5 7 }}", "b a     7")]
    public void Prints_as_Sprintf(string source, string expected) => Render(source).ShouldBe(expected);

    [Theory]
    [InlineData("{{ .Labels.job", "unclosed action")]
    [InlineData("{{ nope }}", "function \"nope\" not defined")]
    [InlineData("{{ $nope }}", "undefined variable \"$nope\"")]
    [InlineData("{{ if true }}", "unexpected EOF")]
    [InlineData("{{ end }}", "unexpected {{end}}")]
    [InlineData("{{ break }}", "outside {{range}}")]
    [InlineData("{{ \"a }}", "unterminated quoted string")]
    [InlineData("{{ /* a }}", "unexpected character")]
    [InlineData("{{/* a }}", "unclosed comment")]
    [InlineData("{{ 1 | 2 }}", "non executable command")]
    [InlineData("{{ }}", "missing value for command")]
    [InlineData("a\n{{ if }}x{{ end }}", ":2:")]
    public void Refuses_what_does_not_parse(string source, string part) => RuleTemplate.Check("t", source).ShouldNotBeNull().Message.ShouldContain(part);

    [Theory]
    [InlineData("{{ .Nope }}", "can't evaluate field Nope")]
    [InlineData("{{ gt $value 1 }}", "incompatible types for comparison")]
    [InlineData("{{ template \"x\" }}", "not defined")]
    [InlineData("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}", "MaxCallDepth")]
    [InlineData("{{ range 100000000 }}{{ end }}", "MaxSteps")]
    [InlineData("{{ range 100000 }}{{ printf \"%1000d\" 1 }}{{ end }}", "MaxOutputLength")]
    [InlineData("{{ printf \"%99999999d\" 1 }}", "MaxPrintfWidth")]
    [InlineData("{{ index .Labels 1 }}", "expected string")]
    [InlineData("{{ first (query \"none\") }}", "no elements")]
    [InlineData("{{ humanize \"x\" }}", "invalid syntax")]
    [InlineData("{{ .Labels.job.x }}", "can't evaluate field x in type string")]
    [InlineData("{{ len 3 }}", "len of type int")]
    public void Fails_with_a_reason(string source, string part) => Should.Throw<TemplateException>(() => Render(source)).Message.ShouldContain(part);

    [Fact]
    public void Blocks_times_calls_do_not_exhaust_the_stack()
    {
        var body = string.Concat(Enumerable.Repeat("{{ if true }}", 95)) + "{{ template \"r\" }}" + string.Concat(Enumerable.Repeat("{{ end }}", 95));
        Should.Throw<TemplateException>(() => Render($"{{{{ define \"r\" }}}}{body}{{{{ end }}}}{{{{ template \"r\" }}}}"));
    }

    [Fact]
    public void Html_output_is_escaped_and_addresses_are_checked()
    {
        var set = new NotificationTemplates([], TimeProvider.System);
        var data = TemplateValue.Of(new TemplateRecord("x", ("T", TemplateValue.Of("<b>&\"")), ("U", TemplateValue.Of("javascript:alert(1)"))));
        set.Html("<i>{{ .T }}</i>{{ safeHtml \"<p>\" }}<a href=\"{{ .U }}\"><a href=\"{{ \"http://a/?b=c&d\" }}\">", data)
            .ShouldBe("<i>&lt;b&gt;&amp;&#34;</i><p><a href=\"#ZgotmplZ\"><a href=\"http://a/?b=c&amp;d\">");
        set.Text("{{ .T }}", data).ShouldBe("<b>&\"");
    }

    [Theory]
    [InlineData(0L, "0s")]
    [InlineData(1L, "1ns")]
    [InlineData(1_500L, "1.5µs")]
    [InlineData(2_000_000L, "2ms")]
    [InlineData(61_500_000_000L, "1m1.5s")]
    [InlineData(-7_200_000_000_000L, "-2h0m0s")]
    public void Durations_print_as_Go_prints_them(long nanoseconds, string expected) => GoDuration.Format(nanoseconds).ShouldBe(expected);

    [Fact]
    public void Any_source_renders_or_is_refused_in_bounded_time() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll<string[]>(parts =>
    {
        string[] pieces = ["{{", "}}", " ", ".", "$x", ":=", "if", "range", "end", "|", "printf", "\"%v\"", "1", "(", ")", "define", "\"a\"", "template", "{{-", "-}}", "/*", "*/"];
        var source = string.Concat((parts ?? []).Select((p, i) => pieces[((p?.Length ?? 0) + i) % pieces.Length]));
        try
        {
            Render(source);
        }
        catch (TemplateException)
        {
            // Refused, with a reason.
        }
    }));

    private static string Render(string source) =>
        new RuleTemplate(new Uri("http://sight/s"), LabelSet.Of("region", "eu"), (q, _) => q == "none" ? [] :
            [new TemplateSample(LabelSet.Of("instance", "b"), 2), new TemplateSample(LabelSet.Of("instance", "a"), 1)])
        .Render("t", source, Labels, 1234.5, DateTimeOffset.UnixEpoch);
}
