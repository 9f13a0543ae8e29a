using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Events.Records;

/// <summary>A stream with what the engine needs beside: its canonical bytes, which are what its identity is the hash of and what stands on disk.</summary>
internal sealed class StreamEntry(EventStream stream, byte[] canonical) : IComparable<StreamEntry>
{
    public EventStream Stream { get; } = stream;

    public byte[] Canonical { get; } = canonical;

    private byte[] SortKey { get; } = SortKeyOf(stream);

    /// <summary>Streams of one service stand beside each other in a part, because their texts are alike. The same on every run and machine.</summary>
    public int CompareTo(StreamEntry? other)
    {
        if (other is null || ReferenceEquals(this, other))
        {
            return other is null ? 1 : 0;
        }

        var order = SortKey.AsSpan().SequenceCompareTo(other.SortKey);
        return order != 0 ? order : Canonical.AsSpan().SequenceCompareTo(other.Canonical);
    }

    private static byte[] SortKeyOf(EventStream stream)
    {
        foreach (var name in (ReadOnlySpan<string>)["service.name", "service_name", "job", "filename"])
        {
            foreach (var attribute in stream.Attributes)
            {
                if (attribute.Key == name)
                {
                    return Encoding.UTF8.GetBytes(attribute.Value.ToString());
                }
            }
        }

        return [];
    }
}

/// <summary>A scope with its canonical bytes.</summary>
internal sealed class ScopeIdentity(EventScope scope, byte[] canonical)
{
    public EventScope Scope { get; } = scope;

    public byte[] Canonical { get; } = canonical;
}

/// <summary>Streams and scopes that the process has seen: one object for each, for the life of the store. Thread-safe.</summary>
internal sealed class IdentityTable
{
    private readonly ConcurrentDictionary<Hash128, StreamEntry> _streams = new();
    private readonly ConcurrentDictionary<Hash128, ScopeIdentity> _scopes = new();

    /// <summary>The stream of canonical bytes; null when they are not a stream.</summary>
    public StreamEntry? Stream(ReadOnlySpan<byte> canonical)
    {
        var id = Hash128.Compute(canonical);
        if (_streams.TryGetValue(id, out var known))
        {
            return known;
        }

        var reader = new ByteReader(canonical);
        var kind = (ResourceKind)reader.ReadByte();
        var schemaUrl = reader.ReadString();
        var attributes = CanonicalAttributes.Read(ref reader);
        return !reader.AtEnd || kind > ResourceKind.Labels
            ? null
            : _streams.GetOrAdd(id, new StreamEntry(new EventStream(id, kind, attributes, schemaUrl), canonical.ToArray()));
    }

    /// <summary>The scope of canonical bytes; null when they are not a scope.</summary>
    public ScopeIdentity? Scope(ReadOnlySpan<byte> canonical)
    {
        var id = Hash128.Compute(canonical);
        if (_scopes.TryGetValue(id, out var known))
        {
            return known;
        }

        var reader = new ByteReader(canonical);
        var (name, version, schemaUrl) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
        var attributes = CanonicalAttributes.Read(ref reader);
        return !reader.AtEnd ? null : _scopes.GetOrAdd(id, new ScopeIdentity(new EventScope(name, version, schemaUrl, attributes), canonical.ToArray()));
    }

    /// <summary>The stream of a batch's resource.</summary>
    public StreamEntry Stream(EventBatch batch, ResourceEntry resource, ByteWriter scratch)
    {
        scratch.Clear();
        scratch.WriteByte((byte)resource.Kind);
        scratch.WriteLengthPrefixed(batch.Text(resource.SchemaUrl));
        CanonicalAttributes.WriteSorted(batch, resource.Attributes, scratch);
        return Stream(scratch.Written) ?? throw new System.Diagnostics.UnreachableException("BUG: own encoding of a stream does not read back");
    }

    /// <summary>The scope of a batch's scope.</summary>
    public ScopeIdentity Scope(EventBatch batch, ScopeEntry scope, ByteWriter scratch)
    {
        scratch.Clear();
        scratch.WriteLengthPrefixed(batch.Text(scope.Name));
        scratch.WriteLengthPrefixed(batch.Text(scope.Version));
        scratch.WriteLengthPrefixed(batch.Text(scope.SchemaUrl));
        CanonicalAttributes.WriteSorted(batch, scope.Attributes, scratch);
        return Scope(scratch.Written) ?? throw new System.Diagnostics.UnreachableException("BUG: own encoding of a scope does not read back");
    }
}
