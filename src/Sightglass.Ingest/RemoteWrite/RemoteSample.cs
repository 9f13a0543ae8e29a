using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>Reads <c>Sample</c> messages, which remote write 1.0 and 2.0 have alike but for the start timestamp.</summary>
internal static class RemoteSample
{
    /// <summary>Tag of the field of a series that holds a sample, in both versions.</summary>
    private const byte SampleTag = (2 << 3) | 2;

    /// <summary>Tag of the field of a series that holds labels (1.0) or references to them (2.0).</summary>
    private const int LabelsField = 1;

    private const byte ValueTag = (1 << 3) | 1;
    private const byte TimestampTag = (2 << 3) | 0;

    /// <summary>Adds a sample of a series.</summary>
    public static void Add(ReadOnlySpan<byte> message, int series, MetricBatch batch)
    {
        // 09 value, 10 time: how everybody writes a sample; a value of zero is left out.
        if (message.Length > 10 && message[0] == ValueTag && message[9] == TimestampTag && Timestamp(message[10..], out var at))
        {
            batch.AddSample(series, at, BinaryPrimitives.ReadDoubleLittleEndian(message[1..]));
        }
        else if (message.Length > 1 && message[0] == TimestampTag && Timestamp(message[1..], out at))
        {
            batch.AddSample(series, at, 0);
        }
        else
        {
            AddAny(message, series, batch);
        }
    }

    /// <summary>
    /// Adds the samples at the start of <paramref name="fields"/>, what follows the labels of a series, and gives back the bytes behind them.
    /// </summary>
    public static ReadOnlySpan<byte> AddLeading(ReadOnlySpan<byte> fields, int series, MetricBatch batch, ref ItemCount count)
    {
        while (fields.Length > 1 && fields[0] == SampleTag && fields[1] < 0x80 && fields.Length - 2 >= fields[1])
        {
            count.Take();
            Add(fields.Slice(2, fields[1]), series, batch);
            fields = fields[(2 + fields[1])..];
        }

        return fields;
    }

    /// <summary>Whether <paramref name="fields"/> of a series have labels among them.</summary>
    public static bool HasLabels(ReadOnlySpan<byte> fields)
    {
        while (fields.Length > 1 && fields[0] == SampleTag && fields[1] < 0x80 && fields.Length - 2 >= fields[1])
        {
            fields = fields[(2 + fields[1])..];
        }

        var reader = new ProtoReader(fields);
        while (reader.Next())
        {
            if (reader.Field == LabelsField)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>Takes a varint that fills <paramref name="bytes"/>; of six bytes, which times of 2004 to 2109 have, at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Timestamp(ReadOnlySpan<byte> bytes, out long value)
    {
        value = 0;
        if (bytes.Length == 6)
        {
            var raw = BinaryPrimitives.ReadUInt32LittleEndian(bytes) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) << 32);
            if ((raw & 0x8080_8080_8080) == 0x0080_8080_8080)
            {
                value = (long)((raw & 0x7f) | ((raw >> 1) & (0x7fUL << 7)) | ((raw >> 2) & (0x7fUL << 14)) | ((raw >> 3) & (0x7fUL << 21))
                    | ((raw >> 4) & (0x7fUL << 28)) | ((raw >> 5) & (0x7fUL << 35)));
                return true;
            }
        }

        return false;
    }

    private static void AddAny(ReadOnlySpan<byte> message, int series, MetricBatch batch)
    {
        double value = 0;
        long timestampMs = 0;
        long startMs = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    value = reader.ReadDouble();
                    break;
                case 2:
                    timestampMs = reader.ReadInt64();
                    break;
                case 3:
                    startMs = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        batch.AddSample(series, timestampMs, value);
        if (startMs != 0)
        {
            batch.SetSampleStart(startMs);
        }
    }
}
