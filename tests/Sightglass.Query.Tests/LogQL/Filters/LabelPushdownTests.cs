using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;

namespace Sightglass.Query.Tests.LogQL.Filters;

/// <summary>A condition on labels that goes down into the store's plan leaves the lines that it leaves by itself.</summary>
public sealed class LabelPushdownTests
{
    private static readonly string[] Keys = ["http.status", "user", "http", "code", "severity_text", "trace_id", "flags", "_odd", "1st"];
    private static readonly string[] Labels = ["http_status", "user", "http_a", "code", "severity_text", "severity_number", "trace_id", "flags", "key_odd", "key_1st", "app", "user_extracted", "missing", "event_name", "service_name", "detected_level", "scope_name"];
    private static readonly string[] Texts = ["200", "x", "a.b", "x|y", "5.5", "true", "error", "INFO", "1", "0", "01", "[1]", "00000000000000070000000000000001"];

    [Fact]
    public void Conditions_hold_for_the_same_lines_in_the_store_and_beside_it()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var world = new LogWorld();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                world.Batch(batch => Fill(batch, random));
            }

            for (var i = 0; i < 8; i++)
            {
                var condition = Condition(random, 0);
                var stage = random.Next(4) == 0 ? "| drop code " : string.Empty;

                // Behind a stage that may make labels nothing goes down.
                var query = $"{{service_name=~\".+\"}} {stage}";
                var got = Text(world.Lines($"{query}| {condition}"));
                var want = Text(world.Lines($"{query}| label_format zzz=`y` | drop zzz | {condition}"));
                got.ShouldBe(want, $"seed {seed}: {condition}");
                var count = $"sum by (code) (count_over_time({{service_name=~\".+\"}} {stage}";
                world.Vector($"{count}| {condition} | __error__=\"\" [1h]))", 3600).Order()
                    .ShouldBe(world.Vector($"{count}| label_format zzz=`y` | drop zzz | {condition} | __error__=\"\" [1h]))", 3600).Order(), $"seed {seed}: {condition}");
            }
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), property);
    }

    [Theory]
    [InlineData("severity_text=\"ERROR\"", 1)]
    [InlineData("code >= 500", 2)]
    [InlineData("code != \"\"", 2)]
    [InlineData("other=\"x\"", 0)]
    [InlineData("code=\"500\" or severity_text=\"ERROR\"", 2)]
    [InlineData("code=\"\"", 4)]
    public void The_store_hands_out_what_may_hold(string condition, int handedOut)
    {
        var world = new LogWorld().Batch(batch =>
        {
            batch.AddAttribute("app"u8, AttributeType.String, "a"u8);
            var resource = batch.EndResource(ResourceKind.Labels);
            for (var i = 0; i < 4; i++)
            {
                if (i < 2)
                {
                    batch.AddAttribute("code"u8, AttributeType.Int, 500 * i);
                }

                batch.AddRow(new LogRow { TimeUnixNano = LogWorld.At(i), Resource = resource, Scope = -1, SeverityText = batch.AddText(i == 3 ? "ERROR" : string.Empty) });
            }
        });
        world.Engine.QueryRange(new LogQLRange($"{{app=\"a\"}} | {condition}", LogWorld.Epoch, LogWorld.At(60)) { Limit = 100 }, CancellationToken.None).Statistics.LinesProcessed.ShouldBe(handedOut);
    }

    private static void Fill(LogBatch batch, Random random)
    {
        for (var i = 0; i < 3; i++)
        {
            batch.AddAttribute("app"u8, AttributeType.String, Encoding.UTF8.GetBytes(Pick(random, ["a", "b"])));
            if (random.Next(3) == 0)
            {
                batch.AddAttribute(Encoding.UTF8.GetBytes(Pick(random, ["user", "http.status", "code"])), AttributeType.String, Encoding.UTF8.GetBytes(Pick(random, Texts)));
            }

            batch.EndResource((ResourceKind)random.Next(2));
        }

        batch.AddAttribute(Encoding.UTF8.GetBytes(Pick(random, ["user", "lib"])), AttributeType.String, "x"u8);
        batch.EndScope(batch.AddText("scope"), batch.AddText("1"));
        for (var i = random.Next(20); i > 0; i--)
        {
            for (var j = random.Next(4); j > 0; j--)
            {
                var key = Encoding.UTF8.GetBytes(Pick(random, Keys));
                switch (random.Next(6))
                {
                    case 0:
                        batch.AddAttribute(key, AttributeType.Int, random.Next(3) * 100);
                        break;
                    case 1:
                        batch.AddAttribute(key, AttributeType.Double, BitConverter.DoubleToInt64Bits(random.Next(12) / 2.0));
                        break;
                    case 2:
                        batch.AddAttribute(key, AttributeType.Bool, random.Next(2));
                        break;
                    case 3:
                        // A map { a: "x" } or an array [1].
                        batch.AddAttribute(key, AttributeType.Composite, random.Next(2) == 0
                            ? [0x32, 0x0a, 0x0a, 0x08, 0x0a, 0x01, (byte)'a', 0x12, 0x03, 0x0a, 0x01, (byte)'x']
                            : [0x2a, 0x04, 0x0a, 0x02, 0x18, 0x01]);
                        break;
                    default:
                        batch.AddAttribute(key, AttributeType.String, Encoding.UTF8.GetBytes(Pick(random, Texts)));
                        break;
                }
            }

            batch.AddRow(new LogRow
            {
                TimeUnixNano = LogWorld.At(random.Next(100)),
                Resource = random.Next(batch.Resources.Count),
                Scope = random.Next(2) - 1,
                BodyType = AttributeType.String,
                BodyBits = batch.AddText($"line {i}").Packed,
                SeverityNumber = (byte)random.Next(20),
                SeverityText = batch.AddText(Pick(random, ["", "INFO", "error"])),
                EventName = batch.AddText(Pick(random, ["", "x"])),
                TraceId = new TraceId((ulong)random.Next(2) * 7, (ulong)random.Next(2)),
                Flags = (uint)random.Next(2),
            });
        }
    }

    private static string Condition(Random random, int depth)
    {
        var label = Pick(random, Labels);
        return random.Next(depth > 1 ? 6 : 8) switch
        {
            0 => $"{label}!=\"\"",
            1 => $"{label}{Pick(random, [">=", "==", "<", "!="])}{random.Next(3) * 100}",
            2 => $"{label}=~\"{Pick(random, ["x.*", ".*", ".+", "2..|INFO", "a\\\\.b"])}\"",
            3 => $"{label}{Pick(random, ["!=", "!~"])}\"{Pick(random, ["x", "200"])}\"",
            4 or 5 => $"{label}=\"{Pick(random, [.. Texts, ""])}\"",
            6 => $"({Condition(random, depth + 1)} or {Condition(random, depth + 1)})",
            _ => $"({Condition(random, depth + 1)} and {Condition(random, depth + 1)})",
        };
    }

    private static string[] Text(IReadOnlyList<LogLine> lines) =>
        [.. lines.Select(static l => $"{l.TimeUnixNano} {l.Line} {string.Join(',', l.Labels.OrderBy(static x => x.Name, StringComparer.Ordinal).Select(static x => $"{x.Name}={x.Value}"))}")];

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
