using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Events.Records;

/// <summary>Attribute keys that the process has seen, numbered, so that rows refer to keys by number and no string is made per attribute. Thread-safe.</summary>
internal sealed class AttributeKeys
{
    private readonly ConcurrentDictionary<Hash128, int> _numbers = new();
    private readonly Lock _gate = new();
    private string[] _names = new string[256];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public string Name(int number) => Volatile.Read(ref _names)[number];

    public int NumberOf(ReadOnlySpan<byte> key)
    {
        var hash = Hash128.Compute(key);
        return _numbers.TryGetValue(hash, out var number) ? number : Add(hash, Encoding.UTF8.GetString(key));
    }

    private int Add(Hash128 hash, string name)
    {
        lock (_gate)
        {
            if (_numbers.TryGetValue(hash, out var known))
            {
                return known;
            }

            if (_count == _names.Length)
            {
                var bigger = new string[_count * 2];
                _names.CopyTo(bigger, 0);
                Volatile.Write(ref _names, bigger);
            }

            _names[_count] = name;
            _numbers[hash] = _count;
            Volatile.Write(ref _count, _count + 1);
            return _count - 1;
        }
    }
}

/// <summary>A batch made ready for the store: which rows are taken, its streams and scopes as objects, its keys as numbers. Reused; not thread-safe.</summary>
internal sealed class PreparedBatch : IDisposable
{
    private const int CacheSize = 512;

    private readonly ByteWriter _scratch = new();
    private readonly TextRef[] _cachedRefs = new TextRef[CacheSize];
    private readonly int[] _cachedNumbers = new int[CacheSize];

    /// <summary>Number of the key of each of the batch's attributes.</summary>
    public int[] Keys { get; private set; } = new int[1024];

    public List<StreamEntry> Streams { get; } = [];

    public List<ScopeIdentity> Scopes { get; } = [];

    public void Prepare(EventBatch batch, IdentityTable identities, AttributeKeys keys)
    {
        Streams.Clear();
        Scopes.Clear();
        foreach (var resource in batch.Resources)
        {
            Streams.Add(identities.Stream(batch, resource, _scratch));
        }

        foreach (var scope in batch.Scopes)
        {
            Scopes.Add(identities.Scope(batch, scope, _scratch));
        }

        if (Keys.Length < batch.AttributeCount)
        {
            Keys = new int[Math.Max(batch.AttributeCount, Keys.Length * 2)];
        }

        // Decoders intern repeated keys per batch, so the place of a key nearly always says which it is.
        Array.Clear(_cachedRefs);
        for (var i = 0; i < batch.AttributeCount; i++)
        {
            var key = batch.AttributeKeyRef(i);
            var slot = (key.Offset ^ (key.Offset >> 9)) & (CacheSize - 1);
            if (_cachedRefs[slot] == key && key.Length > 0)
            {
                Keys[i] = _cachedNumbers[slot];
                continue;
            }

            Keys[i] = keys.NumberOf(batch.Text(key));
            _cachedRefs[slot] = key;
            _cachedNumbers[slot] = Keys[i];
        }
    }

    public void Dispose() => _scratch.Dispose();
}
