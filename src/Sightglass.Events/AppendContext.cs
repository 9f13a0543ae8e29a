using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Events.Records;

namespace Sightglass.Events;

/// <summary>What one call of Append works with; kept between calls, one per thread at a time.</summary>
internal sealed class AppendContext : IDisposable
{
    private readonly BatchRecord _record = new();
    private readonly ByteWriter _raw = new(256 << 10);
    private readonly ByteWriter _stored = new(64 << 10);
    private bool[] _rejected = [];

    public PreparedBatch Prepared { get; } = new();

    /// <summary>Rows that are refused; empty when none is.</summary>
    public ReadOnlySpan<bool> Rejected => _rejected.AsSpan(0, _rejectedRows);

    private int _rejectedRows;

    public void Begin() => _rejectedRows = 0;

    public void Reject(int row, int rows)
    {
        if (_rejectedRows == 0)
        {
            if (_rejected.Length < rows)
            {
                _rejected = new bool[rows];
            }

            _rejected.AsSpan(0, rows).Clear();
            _rejectedRows = rows;
        }

        _rejected[row] = true;
    }

    /// <summary>The payload of the log's record: the length of the canonical encoding, then that, compressed. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(EventBatch batch, AttributeKeys keys)
    {
        _raw.Clear();
        _record.Write(batch, Prepared, keys, Rejected, _raw);
        _stored.Clear();
        _stored.WriteUInt32((uint)_raw.Length);
        Zstd.Compress(_raw.Written, _stored, level: 1);
        return _stored.Written;
    }

    public void Dispose()
    {
        Prepared.Dispose();
        _record.Dispose();
        _raw.Dispose();
        _stored.Dispose();
    }
}
