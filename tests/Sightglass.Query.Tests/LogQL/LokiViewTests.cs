using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.Tests.LogQL;

public sealed class LokiViewTests
{
    private static LogWorld Otlp(Action<LogBatch> resource, Action<LogBatch> attributes, LogRow row = default, string body = "hello", bool scope = false) =>
        new LogWorld().Batch(batch =>
        {
            resource(batch);
            row.Resource = batch.EndResource(ResourceKind.Otlp);
            row.Scope = -1;
            if (scope)
            {
                batch.AddAttribute("lib.kind"u8, AttributeType.String, "x"u8);
                row.Scope = batch.EndScope(batch.AddText("my.lib"), batch.AddText("1.2"));
            }

            attributes(batch);
            row.TimeUnixNano = LogWorld.At(1);
            if (row.BodyType == AttributeType.None)
            {
                row.BodyType = AttributeType.String;
                row.BodyBits = batch.AddText(body).Packed;
            }

            batch.AddRow(row);
        });

    private static void Text(LogBatch batch, string key, string value) => batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.String, Encoding.UTF8.GetBytes(value));

    private static string Labels(LogWorld world, LogLabelSource source) =>
        string.Join(' ', world.Lines("""{service_name=~".+"}""")[0].Labels.Where(l => l.Source == source).Select(static l => $"{l.Name}={l.Value}"));

    [Fact]
    public void Resource_attributes_are_index_labels_or_metadata_as_Loki_has_it()
    {
        var world = Otlp(
            static b =>
            {
                Text(b, "service.name", "shop");
                Text(b, "k8s.pod.name", "p-1");
                Text(b, "host.name", "h");
                b.AddAttribute("process.pid"u8, AttributeType.Int, 42);
            },
            static b =>
            {
                Text(b, "http.method", "GET");
                b.AddAttribute("ok"u8, AttributeType.Bool, 1);
                Text(b, "1st", "x");
            },
            new LogRow
            {
                SeverityNumber = 17,
                Flags = 1,
                SpanId = 0xb7ad6b7169203331,
                TraceId = new TraceId(0x0af7651916cd43dd, 0x8448eb211c80319c),
                ObservedTimeUnixNano = 5,
            },
            scope: true);
        Labels(world, LogLabelSource.Stream).ShouldBe("k8s_pod_name=p-1 service_name=shop");
        Labels(world, LogLabelSource.StructuredMetadata).ShouldBe(
            "detected_level=error flags=1 host_name=h http_method=GET key_1st=x lib_kind=x observed_timestamp=5 ok=true process_pid=42 "
            + "scope_name=my.lib scope_version=1.2 severity_number=17 span_id=b7ad6b7169203331 trace_id=0af7651916cd43dd8448eb211c80319c");
        world.Lines("""{service_name="shop"} | trace_id="0af7651916cd43dd8448eb211c80319c" | span_id="b7ad6b7169203331" """).Count.ShouldBe(1);
        world.Lines("""{service_name="shop"} | trace_id="1af7651916cd43dd8448eb211c80319c" """).ShouldBeEmpty();
        world.Vector("""sum by (http_method, host_name, scope_name, trace_id) (count_over_time({service_name="shop"}[1m]))""", 10)
            .ShouldBe(["""{host_name="h", http_method="GET", scope_name="my.lib", trace_id="0af7651916cd43dd8448eb211c80319c"} 1"""]);
    }

    [Fact]
    public void Maps_are_flattened_and_a_body_that_is_no_text_is_json()
    {
        // {"a":{"b":1,"c":[true]}} as an AnyValue.
        byte[] map =
        [
            0x32, 0x1b, 0x0a, 0x19, 0x0a, 0x01, (byte)'a', 0x12, 0x14, 0x32, 0x12,
            0x0a, 0x07, 0x0a, 0x01, (byte)'b', 0x12, 0x02, 0x18, 0x01,
            0x0a, 0x07 + 4 - 4, 0x0a, 0x01, (byte)'c', 0x12, 0x02, 0x10, 0x01,
        ];
        var world = Otlp(static b => Text(b, "app", "x"), b => b.AddAttribute("m.x"u8, AttributeType.Composite, map));
        world = new LogWorld().Batch(b =>
        {
            Text(b, "service.name", "s");
            var resource = b.EndResource(ResourceKind.Otlp);
            b.AddAttribute("m.x"u8, AttributeType.Composite, map);
            b.AddRow(new LogRow { TimeUnixNano = LogWorld.At(1), Resource = resource, Scope = -1, BodyType = AttributeType.Composite, BodyBits = b.AddText(map).Packed });
        });
        world.Texts("""{service_name="s"}""").ShouldBe(["""{"a":{"b":1,"c":true}}"""]);
        Labels(world, LogLabelSource.StructuredMetadata).ShouldContain("m_x_a_b=1 m_x_a_c=true");
        world.Vector("""sum by (m_x_a_b) (count_over_time({service_name="s"}[1m]))""", 10).ShouldBe(["""{m_x_a_b="1"} 1"""]);
        world.Texts("""{service_name="s"} | json | a_b="1" """).Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("service_name=x,app=y", "x")]
    [InlineData("job=j,container=c", "c")]
    [InlineData("app=a,job=j", "a")]
    [InlineData("job=j", "j")]
    [InlineData("zone=z", "unknown_service")]
    public void Service_name_is_discovered(string labels, string want) =>
        new LogWorld().Line(1, labels, "x").Engine.Series([], 0, long.MaxValue, default)[0]["service_name"].ShouldBe(want);

    [Fact]
    public void A_resource_without_a_name_is_an_unknown_service() =>
        Labels(Otlp(static b => Text(b, "host.name", "h"), static _ => { }), LogLabelSource.Stream).ShouldBe("service_name=unknown_service");

    [Theory]
    [InlineData("""{"level":"WARN","m":"error:"}""", "warn")]
    [InlineData("""{"a":{"severity":"Fatal"}}""", "fatal")]
    [InlineData("level=dbg msg=x", "debug")]
    [InlineData("msg=x LVL=Information", "info")]
    [InlineData("2026 [error] 12#3: connect failed", "error")]
    [InlineData("WARNING: disk", "warn")]
    [InlineData("INFO starting", "info")]
    [InlineData("CRITICAL: x", "critical")]
    [InlineData("nothing here", "unknown")]
    [InlineData("", "unknown")]
    public void Level_of_a_line(string line, string want) => LevelDetector.FromLine(line).ShouldBe(want);

    [Theory]
    [InlineData("app=a,level=Error", "", "info", "error")]
    [InlineData("app=a", "severity=CRITICAL", "info", "critical")]
    [InlineData("app=a", "level=verbose", "info", "verbose")]
    [InlineData("app=a", "", "info", "info")]
    public void Level_of_labels_goes_before_the_line(string labels, string metadata, string line, string want)
    {
        var world = new LogWorld().Line(1, labels, line, metadata);
        world.Lines("""{app="a"}""")[0].Labels.ShouldContain(l => l.Name == "detected_level" && l.Value == want);
        world.Lines($$"""{app="a"} | detected_level="{{want}}" """).Count.ShouldBe(1);
        world.Vector("""sum by (detected_level) (count_over_time({app="a"}[1m]))""", 10).ShouldBe([$$"""{detected_level="{{want}}"} 1"""]);
    }

    [Fact]
    public void Series_labels_and_values()
    {
        var world = new LogWorld().Line(1, "app=a,env=p", "x").Line(2, "app=b,env=p", "x").Line(3000, "app=c", "x");
        long start = LogWorld.At(0), end = LogWorld.At(100);
        world.Engine.Series(["""{env="p"}"""], start, end, default).Select(static s => s["app"]).ShouldBe(["a", "b"]);
        world.Engine.Series(["""{app="a"}""", """{app="b"}"""], start, end, default).Count.ShouldBe(2);
        world.Engine.LabelNames(null, start, end, default).ShouldBe(["app", "env", "service_name"]);
        world.Engine.LabelValues("app", null, start, end, default).ShouldBe(["a", "b"]);
        world.Engine.LabelValues("app", """{app!="a"}""", start, end, default).ShouldBe(["b"]);
        world.Engine.LabelValues("nosuch", null, start, end, default).ShouldBeEmpty();
    }
}
