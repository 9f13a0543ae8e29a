using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.TraceQL;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.TraceQL;

/// <summary>A span to put into a <see cref="TraceWorld"/>; times in milliseconds.</summary>
internal sealed record TestSpan(int Trace, int Id, int Parent, string Name, string Service, long StartMs, long DurationMs)
{
    public int Kind { get; init; } = 1;

    public int Status { get; init; }

    public string StatusMessage { get; init; } = "";

    public (string Key, object Value)[] Attributes { get; init; } = [];

    public string? EventName { get; init; }
}

/// <summary>A store with spans and the engine over it.</summary>
internal sealed class TraceWorld
{
    public const long Epoch = 1_767_225_600L * 1_000_000_000;

    public TraceWorld() => Engine = new TraceQLEngine(Store, QueryLimits.Default);

    public InMemoryEventStore Store { get; } = new();

    public TraceQLEngine Engine { get; }

    public TraceWorld Add(params TestSpan[] spans)
    {
        using var batch = SpanBatch.Rent();
        foreach (var span in spans)
        {
            batch.AddAttribute("service.name"u8, AttributeType.String, Encoding.UTF8.GetBytes(span.Service));
            batch.AddAttribute("zone"u8, AttributeType.String, "eu"u8);
            var resource = batch.EndResource(ResourceKind.Otlp);
            batch.AddAttribute("lib"u8, AttributeType.String, "yes"u8);
            var scope = batch.EndScope(batch.AddText("my.lib"), batch.AddText("1.0"));
            foreach (var (key, value) in span.Attributes)
            {
                var name = Encoding.UTF8.GetBytes(key);
                switch (value)
                {
                    case string text:
                        batch.AddAttribute(name, AttributeType.String, Encoding.UTF8.GetBytes(text));
                        break;
                    case int number:
                        batch.AddAttribute(name, AttributeType.Int, number);
                        break;
                    case double number:
                        batch.AddAttribute(name, AttributeType.Double, BitConverter.DoubleToInt64Bits(number));
                        break;
                    case bool truth:
                        batch.AddAttribute(name, AttributeType.Bool, truth ? 1 : 0);
                        break;
                }
            }

            var start = Epoch + (span.StartMs * 1_000_000);
            batch.AddRow(new SpanRow
            {
                TraceId = new TraceId(0, (ulong)span.Trace),
                SpanId = (ulong)span.Id,
                ParentSpanId = (ulong)span.Parent,
                Name = batch.AddText(span.Name),
                Kind = (byte)span.Kind,
                StatusCode = (byte)span.Status,
                StatusMessage = batch.AddText(span.StatusMessage),
                StartUnixNano = start,
                EndUnixNano = start + (span.DurationMs * 1_000_000),
                Resource = resource,
                Scope = scope,
                Events = span.EventName is null ? default : batch.AddText(Event(start + 5_000_000, span.EventName)),
            });
        }

        Store.Append(batch);
        return this;
    }

    public TraceSearchResult Search(string query, int limit = 20, int spansPerSpanset = 0) =>
        Engine.Search(new TraceSearch(query, Epoch, Epoch + 3_600_000_000_000, limit, spansPerSpanset), CancellationToken.None);

    /// <summary>What a query finds as <c>trace:span,span; trace:…</c> in order of the traces.</summary>
    public string Find(string query) => string.Join(
        "; ",
        Search(query).Traces.OrderBy(static t => t.TraceId.Low)
            .Select(static t => $"{t.TraceId.Low}:{string.Join('|', t.Spansets.Select(static s => string.Join(',', s.Spans.Select(static x => Convert.ToInt32(x.SpanId, 16)).Order())))}"));

    private static byte[] Event(long time, string name)
    {
        using var writer = new ByteWriter(64);
        writer.WriteByte(0x09);
        writer.WriteUInt64((ulong)time);
        writer.WriteByte(0x12);
        writer.WriteString(name);
        // attributes { key: "code" value { int_value: 7 } }
        writer.Write([0x1a, 0x0a, 0x0a, 0x04, (byte)'c', (byte)'o', (byte)'d', (byte)'e', 0x12, 0x02, 0x18, 0x07]);
        var message = writer.Written.ToArray();
        using var outer = new ByteWriter(64);
        outer.WriteVarint((ulong)message.Length);
        outer.Write(message);
        return outer.Written.ToArray();
    }
}
