using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Server.RemoteRead;

/// <summary>What another server has of one series: samples, or packed chunks that are opened each time they are read.</summary>
internal sealed class RemoteSeries(long startMs, long endMs)
{
    private readonly SampleBuffer _samples = new();
    private readonly List<(int Encoding, byte[] Bytes)> _chunks = [];

    public void Add(long timeMs, double value) => _samples.Add(timeMs, value);

    public void Add(long timeMs, NativeHistogram histogram) => _samples.Add(timeMs, histogram);

    public void Add(int encoding, ReadOnlySpan<byte> chunk) => _chunks.Add((encoding, chunk.ToArray()));

    /// <summary>Adds the samples to <paramref name="buffer"/> in the order in which they came: that of time, unless chunks overlap. Thread-safe.</summary>
    /// <exception cref="QueryException">A chunk cannot be read.</exception>
    public void Read(SampleBuffer buffer)
    {
        var histograms = _samples.Histograms;
        for (var i = 0; i < _samples.Count; i++)
        {
            if (!histograms.IsEmpty && histograms[i] is { } histogram)
            {
                buffer.Add(_samples.TimestampsMs[i], histogram);
            }
            else
            {
                buffer.Add(_samples.TimestampsMs[i], _samples.Values[i]);
            }
        }

        try
        {
            foreach (var (encoding, bytes) in _chunks)
            {
                ChunkReader.Read(encoding, bytes, startMs, endMs, buffer);
            }
        }
        catch (MalformedInputException e)
        {
            throw new QueryException(QueryErrorKind.Execution, $"remote read: {e.Message}", 0, e);
        }
    }
}
