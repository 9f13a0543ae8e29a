using System.Globalization;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Records;

/// <summary>Rows of a batch as text that a test can compare.</summary>
internal static class RowText
{
    public static readonly long Now = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).Ticks * 100;

    public static RecordOptions Options(params (string Name, string Value)[] labels) =>
        new(IngestLimits.Default, "test", LabelSet.From(labels.Select(l => new Label(l.Name, l.Value))));

    /// <summary>What a decoder of single messages makes of one.</summary>
    public static string[] Decode(IMessageDecoder decoder, ReadOnlySpan<byte> message, IngestSource? source = null)
    {
        using var batch = new LogBatch();
        decoder.Writer.Use(batch);
        decoder.Add(message, source ?? Source(), Now);
        return [.. Enumerable.Range(0, batch.Count).Select(i => Of(batch, i))];
    }

    public static IngestSource Source() => new IngestLedger(new ManualTimeProvider()).Source("test", "10.1.2.3");

    public static string Of(LogBatch batch, int row)
    {
        var r = batch.Rows[row];
        var text = new StringBuilder();
        text.Append('{').AppendJoin(',', Attributes(batch, batch.Resources[r.Resource].Attributes).Where(a => a != "job=test")).Append("} ");
        if (r.TimeUnixNano != Now)
        {
            text.Append(CultureInfo.InvariantCulture, $"{DateTime.UnixEpoch.AddSeconds(r.TimeUnixNano / 1_000_000_000):yyyy-MM-dd HH:mm:ss}");
            var nanos = r.TimeUnixNano % 1_000_000_000;
            text.Append(nanos > 0 ? $".{nanos:D9}".TrimEnd('0') : string.Empty).Append(' ');
        }

        if (r.SeverityText.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetString(batch.Text(r.SeverityText))}({r.SeverityNumber}) ");
        }

        text.Append('"').Append(Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(r.BodyBits)))).Append('"');
        if (!r.TraceId.IsEmpty)
        {
            text.Append(" trace=").Append(r.TraceId);
        }

        if (r.SpanId != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" span={r.SpanId:x16}");
        }

        foreach (var attribute in Attributes(batch, r.Attributes))
        {
            text.Append(' ').Append(attribute);
        }

        return text.ToString();
    }

    private static IEnumerable<string> Attributes(LogBatch batch, AttributeRange range)
    {
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            var type = batch.AttributeTypeOf(i);
            var value = type is AttributeType.String or AttributeType.Bytes
                ? AttributeValue.From(type, 0, batch.AttributeBytes(i))
                : AttributeValue.From(type, batch.AttributeBits(i), default);
            yield return $"{Encoding.UTF8.GetString(batch.AttributeKey(i))}={value}{(type is AttributeType.String ? string.Empty : ":" + type)}";
        }
    }
}

/// <summary>Keeps the rows that it gets as text; fails as long as it is told to.</summary>
internal sealed class RowSink : IBatchSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _rows = [];

    public int Failures { get; set; }

    public string[] Rows
    {
        get
        {
            lock (_gate)
            {
                return [.. _rows];
            }
        }
    }

    public AppendResult Append(LogBatch batch)
    {
        lock (_gate)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new Core.Errors.StorageFailedException("disk full");
            }

            _rows.AddRange(Enumerable.Range(0, batch.Count).Select(i => RowText.Of(batch, i)));
            return AppendResult.All(batch.Count);
        }
    }

    public AppendResult Append(MetricBatch batch) => AppendResult.All(0);

    public AppendResult Append(SpanBatch batch) => AppendResult.All(0);

    /// <summary>Waits until there are so many rows.</summary>
    public async Task<string[]> WaitAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Rows.Length < count)
        {
            await Task.Delay(10, patience.Token);
        }

        return Rows;
    }
}
