using Sightglass.Core.Bytes;

namespace Sightglass.Metrics.Blocks;

/// <summary>
/// The times of a block, strictly ascending: series that are scraped together share them, so that a part keeps each run of times once. See
/// <c>docs/format/metrics.md</c>, "time column".
/// </summary>
internal static class TimeCodec
{
    private const byte ConstantStep = 0;
    private const byte DeltaOfDelta = 1;

    public static void Write(ByteWriter target, ReadOnlySpan<long> times)
    {
        var step = times.Length > 1 ? times[1] - times[0] : 0;
        var constant = true;
        for (var i = 2; i < times.Length && constant; i++)
        {
            constant = times[i] - times[i - 1] == step;
        }

        target.WriteByte(constant ? ConstantStep : DeltaOfDelta);
        target.WriteZigZag(times[0]);
        target.WriteZigZag(step);
        if (constant)
        {
            return;
        }

        var previous = step;
        for (var i = 2; i < times.Length; i++)
        {
            var delta = times[i] - times[i - 1];
            target.WriteZigZag(delta - previous);
            previous = delta;
        }
    }

    /// <summary>Fills <paramref name="times"/>; false when the bytes are not that many ascending times.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, Span<long> times)
    {
        var reader = new ByteReader(bytes);
        var mode = reader.ReadByte();
        var time = reader.ReadZigZag();
        var delta = reader.ReadZigZag();
        if (reader.Failed || mode > DeltaOfDelta || times.IsEmpty)
        {
            return false;
        }

        times[0] = time;
        var ascending = true;
        for (var i = 1; i < times.Length; i++)
        {
            if (i > 1 && mode == DeltaOfDelta)
            {
                delta += reader.ReadZigZag();
            }

            ascending &= delta > 0;
            time += delta;
            times[i] = time;
        }

        return ascending && reader.AtEnd;
    }
}
