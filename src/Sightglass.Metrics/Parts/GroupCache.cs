namespace Sightglass.Metrics.Parts;

/// <summary>Decompressed groups of blocks, the least recently used dropped first. Thread-safe.</summary>
internal sealed class GroupCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Part, int Group), LinkedListNode<((string Part, int Group) Key, byte[] Bytes)>> _known = [];
    private readonly LinkedList<((string Part, int Group) Key, byte[] Bytes)> _order = new();
    private long _bytes;

    /// <summary>The bytes of a group.</summary>
    /// <exception cref="Core.Errors.CorruptDataException">It fails its check.</exception>
    public byte[] Get(MetricPart part, int group)
    {
        var key = (part.Name, group);
        lock (_gate)
        {
            if (_known.TryGetValue(key, out var node))
            {
                if (node != _order.First)
                {
                    _order.Remove(node);
                    _order.AddFirst(node);
                }

                return node.Value.Bytes;
            }
        }

        var bytes = part.ReadGroup(group);
        lock (_gate)
        {
            if (!_known.ContainsKey(key))
            {
                _known.Add(key, _order.AddFirst((key, bytes)));
                _bytes += bytes.Length;
            }

            while (_bytes > maxBytes && _order.Last is { } last)
            {
                _order.RemoveLast();
                _known.Remove(last.Value.Key);
                _bytes -= last.Value.Bytes.Length;
            }
        }

        return bytes;
    }

    /// <summary>Forgets a part's groups.</summary>
    public void Forget(string part)
    {
        lock (_gate)
        {
            for (var node = _order.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Key.Part == part)
                {
                    _known.Remove(node.Value.Key);
                    _bytes -= node.Value.Bytes.Length;
                    _order.Remove(node);
                }

                node = next;
            }
        }
    }
}
