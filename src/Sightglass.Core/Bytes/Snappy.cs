namespace Sightglass.Core.Bytes;

/// <summary>The snappy block format, as remote write and Loki's protobuf push use it.</summary>
public static class Snappy
{
    /// <summary>Decompressed size that the block announces, or -1 when the header is not valid.</summary>
    public static long DecompressedLength(ReadOnlySpan<byte> source)
    {
        var reader = new ByteReader(source);
        var length = reader.ReadVarint();
        return reader.Failed || length > uint.MaxValue ? -1 : (long)length;
    }

    /// <summary>Decompresses one block, appended to <paramref name="target"/>.</summary>
    /// <returns>False when the bytes are not a valid block, or it announces more than <paramref name="maxBytes"/>.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, ByteWriter target, int maxBytes)
    {
        var reader = new ByteReader(source);
        var announced = reader.ReadVarint();
        if (reader.Failed || announced > (ulong)maxBytes)
        {
            return false;
        }

        var length = (int)announced;
        var output = target.GetSpan(Math.Max(length, 1))[..length];
        if (!TryDecode(source[reader.Position..], output))
        {
            return false;
        }

        target.Advance(length);
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var at = 0;
        var done = 0;
        while (at < input.Length)
        {
            int tag = input[at++];
            int length;
            int offset;
            switch (tag & 3)
            {
                case 0:
                    length = tag >> 2;
                    if (length >= 60)
                    {
                        var extra = length - 59;
                        if (input.Length - at < extra)
                        {
                            return false;
                        }

                        uint raw = 0;
                        for (var i = 0; i < extra; i++)
                        {
                            raw |= (uint)input[at + i] << (8 * i);
                        }

                        if (raw >= int.MaxValue)
                        {
                            return false;
                        }

                        length = (int)raw;
                        at += extra;
                    }

                    length++;
                    if (length > input.Length - at || length > output.Length - done)
                    {
                        return false;
                    }

                    input.Slice(at, length).CopyTo(output[done..]);
                    at += length;
                    done += length;
                    continue;
                case 1:
                    if (at >= input.Length)
                    {
                        return false;
                    }

                    length = 4 + ((tag >> 2) & 7);
                    offset = ((tag & 0xe0) << 3) | input[at++];
                    break;
                case 2:
                    if (input.Length - at < 2)
                    {
                        return false;
                    }

                    length = 1 + (tag >> 2);
                    offset = input[at] | (input[at + 1] << 8);
                    at += 2;
                    break;
                default:
                    if (input.Length - at < 4)
                    {
                        return false;
                    }

                    length = 1 + (tag >> 2);
                    var wide = input[at] | ((uint)input[at + 1] << 8) | ((uint)input[at + 2] << 16) | ((uint)input[at + 3] << 24);
                    at += 4;
                    if (wide > int.MaxValue)
                    {
                        return false;
                    }

                    offset = (int)wide;
                    break;
            }

            if (offset == 0 || offset > done || length > output.Length - done)
            {
                return false;
            }

            if (offset >= length)
            {
                output.Slice(done - offset, length).CopyTo(output[done..]);
            }
            else
            {
                for (var i = 0; i < length; i++)
                {
                    output[done + i] = output[done + i - offset];
                }
            }

            done += length;
        }

        return done == output.Length;
    }
}
