using System.Buffers.Binary;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Records;

/// <summary>
/// The canonical encoding of a batch, which is what the write-ahead log keeps: a table of keys, the resources, the scopes, then row after row
/// with everything in it. Described in docs/format/events.md.
/// </summary>
internal sealed partial class BatchRecord : IDisposable
{
    public const byte Version = 1;

    /// <summary>Version of records of logs that carry positions of their sources.</summary>
    public const byte VersionWithPositions = 2;

    private const byte HasTrace = 1;
    private const byte HasSpan = 2;
    private const byte HasParent = 4;

    private readonly ByteWriter _body = new(64 << 10);
    private readonly List<int> _keys = [];
    private int[] _localOf = [];
    private int[] _stamp = [];
    private int _round;

    /// <summary>Appends the record of the rows that <paramref name="rejected"/> does not name.</summary>
    public void Write(EventBatch batch, PreparedBatch prepared, AttributeKeys names, ReadOnlySpan<bool> rejected, ByteWriter target)
    {
        _body.Clear();
        _keys.Clear();
        _round++;
        if (_localOf.Length < names.Count)
        {
            Array.Resize(ref _localOf, names.Count * 2);
            Array.Resize(ref _stamp, names.Count * 2);
        }

        _body.WriteVarint((ulong)prepared.Streams.Count);
        foreach (var stream in prepared.Streams)
        {
            _body.WriteLengthPrefixed(stream.Canonical);
        }

        _body.WriteVarint((ulong)prepared.Scopes.Count);
        foreach (var scope in prepared.Scopes)
        {
            _body.WriteLengthPrefixed(scope.Canonical);
        }

        var rows = batch.Count;
        foreach (var isRejected in rejected)
        {
            rows -= isRejected ? 1 : 0;
        }

        _body.WriteVarint((ulong)rows);
        switch (batch)
        {
            case LogBatch logs:
                WriteRows(logs, prepared, rejected);
                break;
            case SpanBatch spans:
                WriteRows(spans, prepared, rejected);
                break;
        }

        WritePositions(batch, target);
        target.WriteVarint((ulong)_keys.Count);
        foreach (var key in _keys)
        {
            target.WriteString(names.Name(key));
        }

        target.Write(_body.Written);
    }

    public void Dispose() => _body.Dispose();

    private static void WritePositions(EventBatch batch, ByteWriter target)
    {
        if (batch is not LogBatch { Positions: { Count: > 0 } positions })
        {
            target.WriteByte(Version);
            return;
        }

        target.WriteByte(VersionWithPositions);
        target.WriteVarint((ulong)positions.Count);
        foreach (var (source, position) in positions)
        {
            target.WriteString(source);
            target.WriteString(position);
        }
    }

    private void WriteRows(LogBatch batch, PreparedBatch prepared, ReadOnlySpan<bool> rejected)
    {
        long before = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (rejected.Length > 0 && rejected[i])
            {
                continue;
            }

            ref readonly var row = ref batch.Rows[i];
            _body.WriteZigZag(row.TimeUnixNano - before);
            before = row.TimeUnixNano;
            _body.WriteZigZag(row.ObservedTimeUnixNano - row.TimeUnixNano);
            _body.WriteVarint((ulong)row.Resource);
            _body.WriteVarint((ulong)(row.Scope + 1));
            _body.WriteByte(row.SeverityNumber);
            _body.WriteLengthPrefixed(batch.Text(row.SeverityText));
            CanonicalAttributes.WriteValue(batch, row.BodyType, row.BodyBits, _body);
            WriteIds(row.TraceId, row.SpanId, 0);
            _body.WriteVarint(row.Flags);
            _body.WriteLengthPrefixed(batch.Text(row.EventName));
            _body.WriteVarint(row.DroppedAttributes);
            WriteAttributes(batch, prepared, row.Attributes);
        }
    }

    private void WriteRows(SpanBatch batch, PreparedBatch prepared, ReadOnlySpan<bool> rejected)
    {
        long before = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (rejected.Length > 0 && rejected[i])
            {
                continue;
            }

            ref readonly var row = ref batch.Rows[i];
            _body.WriteZigZag(row.StartUnixNano - before);
            before = row.StartUnixNano;
            _body.WriteZigZag(row.EndUnixNano - row.StartUnixNano);
            _body.WriteVarint((ulong)row.Resource);
            _body.WriteVarint((ulong)(row.Scope + 1));
            WriteIds(row.TraceId, row.SpanId, row.ParentSpanId);
            _body.WriteLengthPrefixed(batch.Text(row.TraceState));
            _body.WriteLengthPrefixed(batch.Text(row.Name));
            _body.WriteByte(row.Kind);
            _body.WriteByte(row.StatusCode);
            _body.WriteLengthPrefixed(batch.Text(row.StatusMessage));
            _body.WriteVarint(row.Flags);
            _body.WriteLengthPrefixed(batch.Text(row.Events));
            _body.WriteLengthPrefixed(batch.Text(row.Links));
            _body.WriteVarint(row.DroppedAttributes);
            _body.WriteVarint(row.DroppedEvents);
            _body.WriteVarint(row.DroppedLinks);
            WriteAttributes(batch, prepared, row.Attributes);
        }
    }

    private void WriteIds(TraceId trace, ulong span, ulong parent)
    {
        _body.WriteByte((byte)((trace.IsEmpty ? 0 : HasTrace) | (span == 0 ? 0 : HasSpan) | (parent == 0 ? 0 : HasParent)));
        if (!trace.IsEmpty)
        {
            WriteBigEndian(trace.High);
            WriteBigEndian(trace.Low);
        }

        if (span != 0)
        {
            WriteBigEndian(span);
        }

        if (parent != 0)
        {
            WriteBigEndian(parent);
        }
    }

    private void WriteBigEndian(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_body.GetSpan(8), value);
        _body.Advance(8);
    }

    private void WriteAttributes(EventBatch batch, PreparedBatch prepared, AttributeRange range)
    {
        _body.WriteVarint((ulong)range.Count);
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            var key = prepared.Keys[i];
            if (_stamp[key] != _round)
            {
                _stamp[key] = _round;
                _localOf[key] = _keys.Count;
                _keys.Add(key);
            }

            _body.WriteVarint((ulong)_localOf[key]);
            CanonicalAttributes.WriteValue(batch, i, _body);
        }
    }
}
