using System.Buffers.Binary;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Server.RemoteRead;

/// <summary>
/// Takes a streamed answer: frames of a length, a checksum and one <c>prometheus.ChunkedReadResponse</c> each. A frame is held at a time; of it the
/// chunks are kept, packed as they are.
/// </summary>
/// <param name="added">Labels that the request added, which the answer's series lose again.</param>
/// <param name="startMs">Beginning of the selection.</param>
/// <param name="endMs">End of the selection, inclusive.</param>
/// <param name="maxSamples">Samples at most.</param>
/// <param name="maxFrameBytes">Bytes of a frame at most.</param>
internal sealed class ChunkedAnswer(string[] added, long startMs, long endMs, long maxSamples, long maxFrameBytes)
{
    /// <summary>Bytes of all chunks of an answer.</summary>
    private const long MaxChunkBytes = 256 << 20;

    private readonly SortedDictionary<LabelSet, RemoteSeries> _series = [];
    private long _bytes;
    private long _samples;

    /// <summary>Reads to the end of the stream.</summary>
    /// <exception cref="MalformedInputException">It is no such answer.</exception>
    /// <exception cref="LimitExceededException">It has too much of something.</exception>
    public async Task<SortedDictionary<LabelSet, RemoteSeries>> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var frame = new byte[64 << 10];
        var header = new byte[4];
        while (await LengthAsync(stream, header, cancellation) is { } length)
        {
            if (frame.Length < length)
            {
                frame = new byte[length];
            }

            await stream.ReadExactlyAsync(header, cancellation);
            await stream.ReadExactlyAsync(frame.AsMemory(0, length), cancellation);
            Take(frame.AsSpan(0, length), BinaryPrimitives.ReadUInt32BigEndian(header));
        }

        return _series;
    }

    /// <summary>The length of the next frame; null at the end.</summary>
    private async Task<int?> LengthAsync(Stream stream, byte[] one, CancellationToken cancellation)
    {
        var length = 0L;
        for (var shift = 0; ; shift += 7)
        {
            if (await stream.ReadAsync(one.AsMemory(0, 1), cancellation) == 0)
            {
                return shift == 0 ? null : throw new EndOfStreamException();
            }

            length |= (long)(one[0] & 0x7f) << shift;
            if (length > maxFrameBytes || shift > 28)
            {
                throw new LimitExceededException("chunked_read_limit", maxFrameBytes, length, "a frame of a remote read is too large");
            }

            if (one[0] < 0x80)
            {
                return (int)length;
            }
        }
    }

    private void Take(ReadOnlySpan<byte> message, uint checksum)
    {
        if (Crc32C.Compute(message) != checksum)
        {
            throw new MalformedInputException("a frame of the answer fails its check");
        }

        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                Series(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void Series(ReadOnlySpan<byte> message)
    {
        var labels = new LabelSetBuilder();
        RemoteSeries? series = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Label(reader.ReadBytes(), labels);
                    break;
                case 2:
                    series ??= Of(labels.Build().Without(added));
                    Chunk(reader.ReadBytes(), series);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private RemoteSeries Of(LabelSet labels)
    {
        if (!_series.TryGetValue(labels, out var series))
        {
            _series.Add(labels, series = new RemoteSeries(startMs, endMs));
        }

        return series;
    }

    private static void Label(ReadOnlySpan<byte> message, LabelSetBuilder labels)
    {
        var (name, value) = (string.Empty, string.Empty);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = Encoding.UTF8.GetString(reader.ReadUtf8());
                    break;
                case 2:
                    value = Encoding.UTF8.GetString(reader.ReadUtf8());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        labels.Set(name, value);
    }

    private void Chunk(ReadOnlySpan<byte> message, RemoteSeries series)
    {
        var encoding = 0;
        ReadOnlySpan<byte> data = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    encoding = reader.ReadInt32();
                    break;
                case 4:
                    data = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // What cannot be read is refused here, where it makes a warning of this server's answer.
        if (encoding is not (ChunkReader.Xor or ChunkReader.Histogram or ChunkReader.FloatHistogram))
        {
            throw new MalformedInputException($"chunks of encoding {encoding} are not known");
        }

        _samples += ChunkReader.Count(data);
        _bytes += data.Length;
        if (_samples > maxSamples)
        {
            throw new LimitExceededException(nameof(QueryLimits.MaxSamples), maxSamples, _samples, "a remote read has too many samples");
        }

        if (_bytes > MaxChunkBytes)
        {
            throw new LimitExceededException(nameof(MaxChunkBytes), MaxChunkBytes, _bytes, "a remote read has too many bytes");
        }

        series.Add(encoding, data);
    }
}
