using Sightglass.Core.Bytes;

namespace Sightglass.Events.Columns;

/// <summary>
/// Integers as frame of reference in byte planes: the smallest is the base, the offsets from it are cut into bytes, and all lowest bytes come first,
/// then all second bytes, and so on. Zstandard behind it finds the entropy of each plane, so whole bytes lose nothing against packed bits.
/// </summary>
internal static class IntPlanes
{
    /// <summary>Appends the values: zigzag base, byte width 0 to 8, planes.</summary>
    public static void Write(ReadOnlySpan<long> values, ByteWriter target)
    {
        var min = values.Length == 0 ? 0 : values[0];
        var max = min;
        foreach (var value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        var width = WidthOf((ulong)max - (ulong)min);
        target.WriteZigZag(min);
        target.WriteByte((byte)width);
        var bytes = target.GetSpan(values.Length * width)[..(values.Length * width)];
        for (var plane = 0; plane < width; plane++)
        {
            var row = bytes.Slice(plane * values.Length, values.Length);
            var shift = plane * 8;
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = (byte)(((ulong)values[i] - (ulong)min) >> shift);
            }
        }

        target.Advance(bytes.Length);
    }

    /// <summary>Reads as many values as <paramref name="target"/> is long; a failure sticks to the reader.</summary>
    public static void Read(ref ByteReader reader, Span<long> target)
    {
        var min = reader.ReadZigZag();
        var width = reader.ReadByte();
        if (width > 8)
        {
            reader.Fail();
        }

        var bytes = reader.ReadBytes(reader.Failed ? -1 : target.Length * width);
        if (reader.Failed)
        {
            return;
        }

        if (width == 0)
        {
            target.Fill(min);
            return;
        }

        // Of few planes in one go over the values.
        var count = target.Length;
        var first = bytes[..count];
        var second = width > 1 ? bytes.Slice(count, count) : first;
        var third = width > 2 ? bytes.Slice(count * 2, count) : first;
        switch (width)
        {
            case 1:
                for (var i = 0; i < target.Length && i < first.Length; i++)
                {
                    target[i] = min + first[i];
                }

                return;
            case 2:
                for (var i = 0; i < target.Length && i < first.Length && i < second.Length; i++)
                {
                    target[i] = min + (first[i] | (second[i] << 8));
                }

                return;
        }

        for (var i = 0; i < target.Length && i < first.Length && i < second.Length && i < third.Length; i++)
        {
            target[i] = min + (first[i] | (second[i] << 8) | (third[i] << 16));
        }

        for (var plane = 3; plane < width; plane++)
        {
            var row = bytes.Slice(plane * count, count);
            if (!row.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            var shift = plane * 8;
            for (var i = 0; i < target.Length && i < row.Length; i++)
            {
                target[i] += (long)row[i] << shift;
            }
        }
    }

    /// <summary>Reads indexes into a table of so many entries; false when one is outside of it.</summary>
    public static bool TryReadIndexes(ref ByteReader reader, Span<int> target, int entries)
    {
        var min = reader.ReadZigZag();
        var width = reader.ReadByte();
        if (width > 2 || min < 0 || min >= entries)
        {
            return false;
        }

        var bytes = reader.ReadBytes(target.Length * width);
        if (reader.Failed)
        {
            return false;
        }

        var most = 0;
        for (var i = 0; i < target.Length; i++)
        {
            var index = (int)min + (width > 0 ? bytes[i] : 0) + (width > 1 ? bytes[target.Length + i] << 8 : 0);
            most = Math.Max(most, index);
            target[i] = index;
        }

        return most < entries;
    }

    /// <summary>As the other, for tables of any size that two bytes can number.</summary>
    public static bool TryReadIndexes(ref ByteReader reader, Span<ushort> target, int entries)
    {
        var min = reader.ReadZigZag();
        var width = reader.ReadByte();
        if (width > 2 || min < 0 || min >= entries)
        {
            return false;
        }

        var bytes = reader.ReadBytes(target.Length * width);
        if (reader.Failed)
        {
            return false;
        }

        var most = 0;
        for (var i = 0; i < target.Length; i++)
        {
            var index = (int)min + (width > 0 ? bytes[i] : 0) + (width > 1 ? bytes[target.Length + i] << 8 : 0);
            most = Math.Max(most, index);
            target[i] = (ushort)index;
        }

        return most < entries;
    }

    private static int WidthOf(ulong range) => (64 - System.Numerics.BitOperations.LeadingZeroCount(range) + 7) / 8;
}
