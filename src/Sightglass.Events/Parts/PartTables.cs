using Sightglass.Events.Columns;
using Sightglass.Events.Records;

namespace Sightglass.Events.Parts;

/// <summary>The tables of a part while it is written: streams, scopes and keys in the order of their first use.</summary>
internal sealed class PartTables
{
    private readonly Dictionary<StreamEntry, int> _streams = [];
    private readonly Dictionary<ScopeIdentity, int> _scopes = [];
    private readonly Dictionary<ColumnKey, int> _keys = [];
    private StreamEntry? _lastStream;
    private int _lastNumber;

    public List<StreamEntry> Streams { get; } = [];

    public List<ScopeIdentity?> Scopes { get; } = [null];

    public List<ColumnKey> Keys { get; } = [];

    public int NumberOf(StreamEntry stream)
    {
        if (ReferenceEquals(stream, _lastStream))
        {
            return _lastNumber;
        }

        if (!_streams.TryGetValue(stream, out var number))
        {
            number = Streams.Count;
            _streams.Add(stream, number);
            Streams.Add(stream);
        }

        (_lastStream, _lastNumber) = (stream, number);
        return number;
    }

    public int NumberOf(ScopeIdentity scope)
    {
        if (!_scopes.TryGetValue(scope, out var number))
        {
            number = Scopes.Count;
            _scopes.Add(scope, number);
            Scopes.Add(scope);
        }

        return number;
    }

    public int NumberOf(ColumnKey key)
    {
        if (!_keys.TryGetValue(key, out var number))
        {
            number = Keys.Count;
            _keys.Add(key, number);
            Keys.Add(key);
        }

        return number;
    }
}
