using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Events.Querying;

/// <summary>Equal to one of many texts or one of many byte strings, as when whole traces are read: asked once per value, not once per member.</summary>
internal sealed class InSetTest : ValueTest
{
    /// <summary>Fewer members are as quickly compared one after the other.</summary>
    private const int LeastMembers = 3;

    private readonly AttributeType _type;
    private readonly HashSet<Hash128> _members = [];
    private readonly ulong[] _beginnings = new ulong[1024];

    private InSetTest(AttributeType type, IEnumerable<byte[]> members)
    {
        _type = type;
        foreach (var member in members)
        {
            if (!_members.Add(Hash128.Compute(member)))
            {
                continue;
            }

            var beginning = Beginning(member);
            _beginnings[beginning >> 6] |= 1UL << (beginning & 63);
            if (type == AttributeType.Bytes && member.Length == 16)
            {
                Traces.Add(TraceId.FromBytes(member));
            }
        }
    }

    public override int Cost => 2;

    /// <summary>The members, when all can be trace ids; fewer otherwise.</summary>
    public List<TraceId> Traces { get; } = [];

    /// <summary>Whether all members can be trace ids.</summary>
    public bool IsTraces => Traces.Count > 0 && Traces.Count == _members.Count;

    /// <summary>Makes one of an alternative of comparisons of one column with constants of one type, if it is that.</summary>
    public static bool TryMake(OrPredicate any, out ColumnRef column, out InSetTest set)
    {
        (column, set) = (default, null!);
        if (any.Terms.Count < LeastMembers || any.Terms[0] is not ComparePredicate { Value.Type: AttributeType.String or AttributeType.Bytes } first)
        {
            return false;
        }

        foreach (var term in any.Terms)
        {
            if (term is not ComparePredicate { Op: CompareOp.Equal } equal || equal.Column != first.Column || equal.Value.Type != first.Value.Type)
            {
                return false;
            }
        }

        var type = first.Value.Type;
        column = first.Column;
        set = new InSetTest(type, any.Terms.Select(t => ((ComparePredicate)t).Value).Select(v => type == AttributeType.String ? Encoding.UTF8.GetBytes(v.Text) : v.Bytes));
        return true;
    }

    public override bool Test(AttributeType type, long bits, ReadOnlySpan<byte> bytes)
    {
        if (type != _type)
        {
            return false;
        }

        var beginning = Beginning(bytes);
        return (_beginnings[beginning >> 6] >> (beginning & 63) & 1) != 0 && _members.Contains(Hash128.Compute(bytes));
    }

    // Sixteen bits that tell most ids apart: a look at them leaves one value in a thousand to be hashed.
    private static int Beginning(ReadOnlySpan<byte> bytes) => bytes.Length < 2 ? bytes.Length : (bytes[^1] << 8) | bytes[^2];
}
