using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Tests.Pipeline;

/// <summary>Keeps what comes through a pipeline, as text.</summary>
internal sealed class LineSink : IBatchSink
{
    public List<string> Lines { get; } = [];

    public List<string> Attributes { get; } = [];

    public List<string> Streams { get; } = [];

    public Dictionary<string, double> Samples { get; } = [];

    public int Positions { get; private set; }

    public bool Fails { get; set; }

    /// <summary>How many batches of logs fail before the others do not.</summary>
    public int FailuresLeft { get; set; }

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            var labels = new List<string>();
            foreach (var pair in SeriesKey.Read(batch.SeriesKey(batch.SampleSeries[i])))
            {
                labels.Add($"{Encoding.UTF8.GetString(pair.Name)}=\"{Encoding.UTF8.GetString(pair.Value)}\"");
            }

            Samples[$"{{{string.Join(", ", labels)}}}"] = batch.SampleValues[i];
        }

        return AppendResult.All(batch.SampleCount);
    }

    public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

    public AppendResult Append(LogBatch batch)
    {
        if (Fails || FailuresLeft-- > 0)
        {
            throw new StorageFailedException("disk full");
        }

        Positions += batch.Positions.Count;
        foreach (var row in batch.Rows)
        {
            Lines.Add(Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(row.BodyBits))));
            Attributes.Add(Text(batch, row.Attributes));
            Streams.Add(Text(batch, batch.Resources[row.Resource].Attributes));
        }

        return AppendResult.All(batch.Count);
    }

    private static string Text(LogBatch batch, AttributeRange range) => string.Join(' ', Enumerable.Range(range.Start, range.Count).Select(i =>
        $"{Encoding.UTF8.GetString(batch.AttributeKey(i))}={(batch.AttributeTypeOf(i) == AttributeType.String ? Encoding.UTF8.GetString(batch.AttributeBytes(i)) : batch.AttributeBits(i).ToString(System.Globalization.CultureInfo.InvariantCulture))}"));
}
