using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>Decodes a <c>prometheus.ReadResponse</c> to one query: the result of a query has the form of a write request.</summary>
public static class ReadResponseDecoder
{
    /// <summary>Adds the series of an answer to <paramref name="batch"/>.</summary>
    /// <exception cref="Core.Errors.LimitExceededException">It has more samples than <see cref="IngestLimits.MaxItemsPerRequest"/>.</exception>
    /// <exception cref="Core.Errors.MalformedInputException">It is no such answer.</exception>
    public static void Decode(ReadOnlySpan<byte> body, MetricBatch batch, IngestLimits limits)
    {
        var rejections = new Rejections();
        var reader = new ProtoReader(body);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                RemoteWriteDecoder.Decode(reader.ReadBytes(), batch, rejections, limits);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
