using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Forward;

/// <summary>Copies a <c>prometheus.WriteRequest</c> without the samples, histograms and exemplars that are older than a time. Not thread-safe.</summary>
internal sealed class SampleAgeFilter : IDisposable
{
    private const int Labels = 1;
    private const int Samples = 2;
    private const int Exemplars = 3;
    private const int Histograms = 4;

    private readonly ByteWriter _series = new(4096);

    public void Dispose() => _series.Dispose();

    /// <summary>Appends what is left to <paramref name="target"/>.</summary>
    /// <returns>How many were left out.</returns>
    public int Copy(ReadOnlySpan<byte> request, long oldestMs, ByteWriter target)
    {
        var dropped = 0;
        var reader = new ProtoReader(request);
        while (reader.Next())
        {
            var field = reader.Field;
            var message = reader.ReadBytes();
            if (field != 1)
            {
                target.Bytes(field, message);
            }
            else if (Series(message, oldestMs, ref dropped))
            {
                target.Bytes(1, _series.Written);
            }
        }

        return dropped;
    }

    private bool Series(ReadOnlySpan<byte> message, long oldestMs, ref int dropped)
    {
        _series.Clear();
        var any = false;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            var field = reader.Field;
            var part = reader.ReadBytes();
            if (field != Labels && TimeOf(part, field switch { Samples => 2, Exemplars => 3, Histograms => 15, _ => 0 }) < oldestMs)
            {
                dropped++;
                continue;
            }

            any |= field != Labels;
            _series.Bytes(field, part);
        }

        return any;
    }

    private static long TimeOf(ReadOnlySpan<byte> message, int field)
    {
        var time = 0L;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                time = reader.ReadInt64();
            }
            else
            {
                reader.Skip();
            }
        }

        return time;
    }
}
