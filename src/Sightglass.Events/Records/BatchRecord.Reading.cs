using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Records;

/// <summary>Reading of records, at recovery.</summary>
internal sealed partial class BatchRecord
{
    /// <summary>Fills an empty batch from a record; false when the bytes are not one of this version.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, EventBatch batch)
    {
        var reader = new ByteReader(record);
        switch (reader.ReadByte())
        {
            case Version:
                break;
            case VersionWithPositions when batch is LogBatch logs:
                ReadPositions(ref reader, logs);
                break;
            default:
                return false;
        }

        var keys = new TextRef[reader.ReadCount(reader.Remaining)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = batch.AddText(reader.ReadLengthPrefixed());
        }

        var streams = reader.ReadCount(reader.Remaining);
        for (var i = 0; i < streams && !reader.Failed; i++)
        {
            var stream = new ByteReader(reader.ReadLengthPrefixed());
            var kind = (ResourceKind)stream.ReadByte();
            var schemaUrl = batch.AddText(stream.ReadLengthPrefixed());
            ReadSorted(ref stream, batch);
            batch.EndResource(kind, schemaUrl);
            FailUnlessAtEnd(stream, ref reader);
        }

        var scopes = reader.ReadCount(reader.Remaining);
        for (var i = 0; i < scopes && !reader.Failed; i++)
        {
            var scope = new ByteReader(reader.ReadLengthPrefixed());
            var name = batch.AddText(scope.ReadLengthPrefixed());
            var version = batch.AddText(scope.ReadLengthPrefixed());
            var schemaUrl = batch.AddText(scope.ReadLengthPrefixed());
            ReadSorted(ref scope, batch);
            batch.EndScope(name, version, schemaUrl);
            FailUnlessAtEnd(scope, ref reader);
        }

        var rows = reader.ReadCount(reader.Remaining);
        long before = 0;
        for (var i = 0; i < rows && !reader.Failed; i++)
        {
            switch (batch)
            {
                case LogBatch logs:
                    ReadLog(ref reader, logs, keys, ref before);
                    break;
                case SpanBatch spans:
                    ReadSpan(ref reader, spans, keys, ref before);
                    break;
            }
        }

        return reader.AtEnd;
    }

    private static void ReadPositions(ref ByteReader reader, LogBatch batch)
    {
        var count = reader.ReadCount(reader.Remaining);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var source = reader.ReadString(ReadPosition.MaxBytes);
            batch.Positions.Add(new ReadPosition(source, reader.ReadString(ReadPosition.MaxBytes)));
        }
    }

    private static void FailUnlessAtEnd(ByteReader inner, ref ByteReader outer)
    {
        if (!inner.AtEnd)
        {
            outer.Fail();
        }
    }

    private static void ReadLog(ref ByteReader reader, LogBatch batch, TextRef[] keys, ref long before)
    {
        var row = default(LogRow);
        row.TimeUnixNano = before += reader.ReadZigZag();
        row.ObservedTimeUnixNano = row.TimeUnixNano + reader.ReadZigZag();
        row.Resource = ReadIndex(ref reader, batch.Resources.Count);
        row.Scope = ReadIndex(ref reader, batch.Scopes.Count + 1) - 1;
        row.SeverityNumber = reader.ReadByte();
        row.SeverityText = batch.AddText(reader.ReadLengthPrefixed());
        row.BodyType = CanonicalAttributes.ReadValue(ref reader, out var bits, out var bytes);
        row.BodyBits = Columns.FieldTypes.HasBytes(row.BodyType) ? batch.AddText(bytes).Packed : bits;
        ReadIds(ref reader, out row.TraceId, out row.SpanId, out _);
        row.Flags = (uint)reader.ReadVarint();
        row.EventName = batch.AddText(reader.ReadLengthPrefixed());
        row.DroppedAttributes = (uint)reader.ReadVarint();
        ReadAttributes(ref reader, batch, keys);
        batch.AddRow(row);
    }

    private static void ReadSpan(ref ByteReader reader, SpanBatch batch, TextRef[] keys, ref long before)
    {
        var row = default(SpanRow);
        row.StartUnixNano = before += reader.ReadZigZag();
        row.EndUnixNano = row.StartUnixNano + reader.ReadZigZag();
        row.Resource = ReadIndex(ref reader, batch.Resources.Count);
        row.Scope = ReadIndex(ref reader, batch.Scopes.Count + 1) - 1;
        ReadIds(ref reader, out row.TraceId, out row.SpanId, out row.ParentSpanId);
        row.TraceState = batch.AddText(reader.ReadLengthPrefixed());
        row.Name = batch.AddText(reader.ReadLengthPrefixed());
        row.Kind = reader.ReadByte();
        row.StatusCode = reader.ReadByte();
        row.StatusMessage = batch.AddText(reader.ReadLengthPrefixed());
        row.Flags = (uint)reader.ReadVarint();
        row.Events = batch.AddText(reader.ReadLengthPrefixed());
        row.Links = batch.AddText(reader.ReadLengthPrefixed());
        row.DroppedAttributes = (uint)reader.ReadVarint();
        row.DroppedEvents = (uint)reader.ReadVarint();
        row.DroppedLinks = (uint)reader.ReadVarint();
        ReadAttributes(ref reader, batch, keys);
        batch.AddRow(row);
    }

    private static int ReadIndex(ref ByteReader reader, int count)
    {
        var index = reader.ReadVarint();
        if (index >= (ulong)count)
        {
            reader.Fail();
            return 0;
        }

        return (int)index;
    }

    private static void ReadIds(ref ByteReader reader, out TraceId trace, out ulong span, out ulong parent)
    {
        var flags = reader.ReadByte();
        trace = (flags & HasTrace) != 0 ? new TraceId(ReadBigEndian(ref reader), ReadBigEndian(ref reader)) : default;
        span = (flags & HasSpan) != 0 ? ReadBigEndian(ref reader) : 0;
        parent = (flags & HasParent) != 0 ? ReadBigEndian(ref reader) : 0;
    }

    private static ulong ReadBigEndian(ref ByteReader reader) => BinaryPrimitives.ReverseEndianness(reader.ReadUInt64());

    private static void ReadSorted(ref ByteReader reader, EventBatch batch)
    {
        var count = reader.ReadCount(reader.Remaining);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            AddAttribute(ref reader, batch, batch.AddText(reader.ReadLengthPrefixed()));
        }
    }

    private static void ReadAttributes(ref ByteReader reader, EventBatch batch, TextRef[] keys)
    {
        var count = reader.ReadCount(reader.Remaining);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var key = ReadIndex(ref reader, keys.Length);
            if (!reader.Failed)
            {
                AddAttribute(ref reader, batch, keys[key]);
            }
        }
    }

    private static void AddAttribute(ref ByteReader reader, EventBatch batch, TextRef key)
    {
        var type = CanonicalAttributes.ReadValue(ref reader, out var bits, out var bytes);
        batch.AddAttribute(key, type, Columns.FieldTypes.HasBytes(type) ? batch.AddText(bytes).Packed : bits);
    }
}
