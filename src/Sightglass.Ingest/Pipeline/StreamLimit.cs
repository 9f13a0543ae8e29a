using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>
/// Bounds the streams of logs (sets of labels, resources) that are active in one tenant at one time: every stream costs memory and a place in every part, and a
/// sender that makes a label of a request's id would have as many as lines. Records of streams that were active within the last hour go on; records of further
/// ones are refused. The tenant is the label <c>tenant</c> that a route has set, or a sender. Thread-safe.
/// </summary>
internal sealed class StreamLimit(TimeProvider time)
{
    /// <summary>How long a stream counts as active after its last record: between half of this and all of it.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private Dictionary<Hash128, string> _current = [];
    private Dictionary<Hash128, string> _previous = [];
    private Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _turned = time.GetUtcNow();

    /// <summary>Streams that are active, over all tenants.</summary>
    public int Active
    {
        get
        {
            lock (_gate)
            {
                return _counts.Values.Sum();
            }
        }
    }

    /// <summary>Takes records of streams beyond the limit out of a batch; how many these were. 0 is without bound.</summary>
    public int Apply(LogBatch batch, int most)
    {
        if (most <= 0 || batch.Count == 0)
        {
            return 0;
        }

        var refused = Refused(batch, most);
        if (refused is null)
        {
            return 0;
        }

        var removed = new bool[batch.Count];
        var count = 0;
        for (var i = 0; i < removed.Length; i++)
        {
            removed[i] = refused[batch.Rows[i].Resource];
            count += removed[i] ? 1 : 0;
        }

        batch.RemoveRows(removed);
        return count;
    }

    // Which of the resources that rows are of may not be; null where all may.
    private bool[]? Refused(LogBatch batch, int most)
    {
        bool[]? refused = null;
        Span<bool> seen = batch.Resources.Count <= 512 ? stackalloc bool[batch.Resources.Count] : new bool[batch.Resources.Count];
        seen.Clear();
        lock (_gate)
        {
            Turn();
            foreach (ref readonly var row in batch.Rows)
            {
                if (!seen[row.Resource])
                {
                    seen[row.Resource] = true;
                    if (!TryPass(batch, batch.Resources[row.Resource], most))
                    {
                        (refused ??= new bool[batch.Resources.Count])[row.Resource] = true;
                    }
                }
            }
        }

        return refused;
    }

    private bool TryPass(LogBatch batch, ResourceEntry resource, int most)
    {
        var id = IdOf(batch, resource, out var tenant);
        if (_current.ContainsKey(id))
        {
            return true;
        }

        if (_previous.Remove(id, out var known))
        {
            _current.Add(id, known);
            return true;
        }

        var name = tenant.Length == 0 ? string.Empty : System.Text.Encoding.UTF8.GetString(tenant);
        var count = _counts.GetValueOrDefault(name);
        if (count >= most)
        {
            return false;
        }

        _counts[name] = count + 1;
        _current.Add(id, name);
        return true;
    }

    // Streams that had no record for a while are forgotten in two steps.
    private void Turn()
    {
        var now = time.GetUtcNow();
        if (now - _turned < Window / 2)
        {
            return;
        }

        _turned = now;
        _previous = _current;
        _current = [];
        _counts = _previous.Values.GroupBy(t => t, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
    }

    // The same whatever the order of the attributes.
    private static Hash128 IdOf(LogBatch batch, ResourceEntry resource, out ReadOnlySpan<byte> tenant)
    {
        tenant = default;
        var (high, low) = (0UL, 0UL);
        for (var i = resource.Attributes.Start; i < resource.Attributes.Start + resource.Attributes.Count; i++)
        {
            var key = batch.AttributeKey(i);
            var type = batch.AttributeTypeOf(i);
            var isText = type is AttributeType.String or AttributeType.Bytes or AttributeType.Composite;
            var name = Hash128.Compute(key);
            var value = isText ? Hash128.Compute(batch.AttributeBytes(i)) : new Hash128((ulong)batch.AttributeBits(i), (ulong)type);
            high += (name.High * 0x9e3779b97f4a7c15) ^ value.High;
            low += (name.Low * 0xc2b2ae3d27d4eb4f) ^ value.Low;
            if (isText && key.SequenceEqual("tenant"u8))
            {
                tenant = batch.AttributeBytes(i);
            }
        }

        return new Hash128(high, low);
    }
}
