using System.Buffers.Binary;
using Sightglass.Core.Bytes;

namespace Sightglass.Events.Columns;

/// <summary>Which rows have a value, on disk: all, a bitmap, or a list of the few.</summary>
internal static class PresenceCodec
{
    private const byte AllRows = 0;
    private const byte Bitmap = 1;
    private const byte RowList = 2;

    public static void Write(Presence? presence, int rows, ByteWriter target)
    {
        if (presence is null || presence.Count == rows)
        {
            target.WriteByte(AllRows);
            return;
        }

        if (presence.Count < rows / 16)
        {
            target.WriteByte(RowList);
            target.WriteVarint((ulong)presence.Count);
            var after = 0;
            for (var row = presence.Rows.Next(0); row >= 0; row = presence.Rows.Next(row + 1))
            {
                target.WriteVarint((ulong)(row - after));
                after = row + 1;
            }

            return;
        }

        target.WriteByte(Bitmap);
        foreach (var word in presence.Rows.Words)
        {
            target.WriteUInt64(word);
        }
    }

    public static Presence? Read(ref ByteReader reader, int rows)
    {
        switch (reader.ReadByte())
        {
            case AllRows:
                return null;
            case RowList:
                var list = new RowBitmap(rows);
                long next = 0;
                for (var left = reader.ReadCount(rows); left > 0 && !reader.Failed; left--)
                {
                    var row = next + reader.ReadCount(rows);
                    if (row >= rows)
                    {
                        reader.Fail();
                        return null;
                    }

                    list.Set((int)row);
                    next = row + 1;
                }

                return new Presence(list);
            case Bitmap:
                var bitmap = new RowBitmap(rows);
                var bytes = reader.ReadBytes(bitmap.Words.Length * 8);
                for (var i = 0; i * 8 < bytes.Length; i++)
                {
                    bitmap.MutableWords[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]);
                }

                if ((rows & 63) != 0 && bitmap.Words[^1] >> (rows & 63) != 0)
                {
                    reader.Fail();
                }

                return new Presence(bitmap);
            default:
                reader.Fail();
                return null;
        }
    }
}
