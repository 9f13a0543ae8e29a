using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Records;

namespace Sightglass.Events;

/// <summary>Reading the log again after a start.</summary>
public sealed partial class EventStore
{
    private void Replay(long sequence, byte kind, ReadOnlySpan<byte> record)
    {
        _lastSequence = sequence;
        try
        {
            Restore(sequence, kind, record);
        }
        catch (CorruptDataException e)
        {
            ReportCorruption(e);
        }
    }

    private void Restore(long sequence, byte kind, ReadOnlySpan<byte> record)
    {
        using EventBatch batch = kind switch
        {
            LogKind => LogBatch.Rent(),
            SpanKind => SpanBatch.Rent(),
            _ => throw new CorruptDataException("wal", "record kind", sequence, $"got {kind}, want {LogKind} or {SpanKind}"),
        };
        var rawLength = record.Length < 4 ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(record);
        if (rawLength == 0 || rawLength > int.MaxValue / 2)
        {
            throw new CorruptDataException("wal", "record", sequence, $"a batch of {rawLength} bytes");
        }

        using var raw = new ByteWriter((int)rawLength);
        var target = raw.GetSpan((int)rawLength)[..(int)rawLength];
        if (!Zstd.TryDecompress(record[4..], target) || !BatchRecord.TryRead(target, batch))
        {
            throw new CorruptDataException("wal", "record", sequence, "a batch that does not decode");
        }

        var context = _contexts.TryTake(out var kept) ? kept : new AppendContext();
        context.Begin();
        context.Prepared.Prepare(batch, _identities, _keys);
        if (batch is LogBatch logs)
        {
            _logs.Add(logs, context.Prepared, context.Rejected);
            Keep(logs.Positions);
        }
        else
        {
            _spans.Add((SpanBatch)batch, context.Prepared, context.Rejected);
        }

        _contexts.Add(context);
        _firstRowTimestamp = _options.TimeProvider.GetTimestamp();
        _files.CountRecovered(batch.Count);
        if (_logs.Bytes + _spans.Bytes >= _options.FlushBytes)
        {
            Freeze();
            FlushReplayed();
        }
    }

    private void FlushReplayed()
    {
        try
        {
            FlushFrozen(dropLog: false);
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            // A full disk: the rows are served from memory, which held them when they came, and written when there is room.
            _options.OnBackgroundFailure?.Invoke(e);
        }
    }
}
