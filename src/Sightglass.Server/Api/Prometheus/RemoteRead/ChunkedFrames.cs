using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>
/// The streamed answer: frames of a length, a checksum and one <c>prometheus.ChunkedReadResponse</c> each, with chunks of one series.
/// </summary>
internal sealed class ChunkedFrames(PipeWriter target) : IDisposable
{
    /// <summary>Bytes of labels and chunks at which a frame is closed: Prometheus' default.</summary>
    public const int MaxFrameBytes = 1 << 20;

    /// <summary>Samples of one chunk, as Prometheus cuts them.</summary>
    private const int SamplesPerChunk = 120;

    private const int Xor = 1;

    private const int FloatHistogram = 3;

    private readonly ByteWriter _series = new(64 << 10);
    private readonly ByteWriter _chunk = new();
    private readonly ByteWriter _message = new(64 << 10);
    private readonly BitWriter _bits = new();
    private int _labelBytes;

    /// <summary>Writes the frames of one series; nothing when it has no samples.</summary>
    public async Task WriteAsync(int query, LabelSet labels, LabelSet externalLabels, SampleBuffer samples, CancellationToken cancellation)
    {
        _series.Clear();
        _series.WriteLabels(labels, externalLabels);
        _labelBytes = _series.Length;
        for (var at = 0; at < samples.Count;)
        {
            at += Chunk(samples, at);
            if (_series.Length >= MaxFrameBytes || at == samples.Count)
            {
                Frame(query);
                await target.FlushAsync(cancellation);
                _series.Truncate(_labelBytes);
            }
        }
    }

    public void Dispose()
    {
        _series.Dispose();
        _chunk.Dispose();
        _message.Dispose();
        _bits.Dispose();
    }

    private int Chunk(SampleBuffer samples, int from)
    {
        var histograms = samples.Histograms;
        var first = histograms.IsEmpty ? null : histograms[from];
        var count = 1;
        while (count < SamplesPerChunk && from + count < samples.Count && Follows(histograms.IsEmpty ? null : histograms[from + count], first))
        {
            count++;
        }

        var times = samples.TimestampsMs.Slice(from, count);
        if (first is null)
        {
            XorChunk.Write(_bits, times, samples.Values.Slice(from, count));
        }
        else
        {
            FloatHistogramChunk.Write(_bits, times, histograms.Slice(from, count));
        }

        _chunk.Clear();
        _chunk.WriteInt64(1, times[0]);
        _chunk.WriteInt64(2, times[^1]);
        _chunk.WriteInt64(3, first is null ? Xor : FloatHistogram);
        _chunk.WriteMessage(4, _bits.Written);
        _series.WriteMessage(2, _chunk.Written);
        return count;
    }

    private static bool Follows(NativeHistogram? next, NativeHistogram? first) =>
        first is null ? next is null : next is not null && FloatHistogramChunk.SameLayout(first, next);

    private void Frame(int query)
    {
        _message.Clear();
        _message.WriteMessage(1, _series.Written);
        _message.WriteInt64(2, query);
        Span<byte> length = stackalloc byte[10];
        var n = 0;
        for (var value = (uint)_message.Length; ; value >>= 7)
        {
            length[n++] = (byte)(value < 0x80 ? value : value | 0x80);
            if (value < 0x80)
            {
                break;
            }
        }

        target.Write(length[..n]);
        BinaryPrimitives.WriteUInt32BigEndian(length, Crc32C.Compute(_message.Written));
        target.Write(length[..4]);
        target.Write(_message.Written);
    }
}
