using System.Buffers.Binary;
using System.Text;

namespace Sightglass.Ingest.Tests.Fluent;

/// <summary>Writes MessagePack as senders do.</summary>
internal static class Pack
{
    public static byte[] Value(object? value) => value switch
    {
        null => [0xc0],
        bool b => [(byte)(b ? 0xc3 : 0xc2)],
        int i when i is >= 0 and < 128 => [(byte)i],
        int i => [0xd2, .. Big(4, i)],
        long l => [0xd3, .. Big(8, l)],
        double d => [0xcb, .. Big(8, BitConverter.DoubleToInt64Bits(d))],
        string s when Encoding.UTF8.GetByteCount(s) < 32 => [(byte)(0xa0 | Encoding.UTF8.GetByteCount(s)), .. Encoding.UTF8.GetBytes(s)],
        string s => [0xdb, .. Big(4, Encoding.UTF8.GetByteCount(s)), .. Encoding.UTF8.GetBytes(s)],
        byte[] b => [0xc6, .. Big(4, b.Length), .. b],
        EventTime t => [0xd7, 0x00, .. Big(4, t.Seconds), .. Big(4, t.Nanoseconds)],
        (string, object?)[] map => [(byte)(0x80 | map.Length), .. map.SelectMany(p => Value(p.Item1).Concat(Value(p.Item2)))],
        object?[] array => [(byte)(0x90 | array.Length), .. array.SelectMany(Value)],
        _ => throw new ArgumentException(value.GetType().Name),
    };

    private static byte[] Big(int size, long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes[(8 - size)..];
    }
}

internal sealed record EventTime(long Seconds, long Nanoseconds);
