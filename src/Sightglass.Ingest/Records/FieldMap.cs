using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Records;

/// <summary>What a field of a sender's record is to us.</summary>
internal enum FieldRole : byte
{
    /// <summary>An attribute like any other.</summary>
    Attribute,

    /// <summary>The time of the event: RFC 3339, or a number since the epoch.</summary>
    Time,

    /// <summary>The level, as a word or as the number of pino and bunyan.</summary>
    Level,

    /// <summary>The level as a severity of syslog, 0 to 7.</summary>
    SyslogLevel,

    /// <summary>The line that people read.</summary>
    Message,

    /// <summary>What runs: the <c>service_name</c> of the stream.</summary>
    Service,

    /// <summary>Where it runs: the <c>hostname</c> of the stream.</summary>
    Host,

    /// <summary>The trace, in hex.</summary>
    TraceId,

    /// <summary>The span, in hex.</summary>
    SpanId,

    /// <summary>Said elsewhere, or without meaning here.</summary>
    Ignored,
}

/// <summary>
/// The fields that a protocol gives a meaning, by their path with dots. Of several with one role that stands first in the list wins, whatever their order in
/// the record. Immutable, looked up by bytes.
/// </summary>
internal sealed class FieldMap
{
    private readonly Dictionary<byte[], (FieldRole Role, int Rank)>.AlternateLookup<ReadOnlySpan<byte>> _roles;

    public FieldMap(params ReadOnlySpan<(string Path, FieldRole Role)> fields)
    {
        var roles = new Dictionary<byte[], (FieldRole, int)>(Utf8Comparer.Instance);
        var rank = 0;
        foreach (var (path, role) in fields)
        {
            roles.Add(Encoding.UTF8.GetBytes(path), (role, ++rank));
        }

        _roles = roles.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The role of a field; a lower rank wins over a higher one.</summary>
    public FieldRole RoleOf(ReadOnlySpan<byte> path, out int rank)
    {
        var known = _roles.TryGetValue(path, out var found);
        rank = found.Rank;
        return known ? found.Role : FieldRole.Attribute;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Utf8Comparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate) => Hash128.Compute(alternate).GetHashCode();

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
