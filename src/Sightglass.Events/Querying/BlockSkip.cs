using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Parts;

namespace Sightglass.Events.Querying;

/// <summary>Says of a block that no row can pass a test, from the directory, the token filters and the trace look-up. Of one thread.</summary>
internal sealed class BlockSkip
{
    private readonly ValueTest _test;
    private readonly ulong[] _tokens = [];
    private readonly ulong[] _all = [];
    private readonly TraceId? _trace;
    private EventPart? _part;
    private int _keyNumber;

    // Blocks of the part that have one of the traces; looked up once for all of them.
    private RowBitmap? _blocks;

    public BlockSkip(ValueTest test)
    {
        _test = test;
        switch (test)
        {
            case CompareTest { Op: CompareOp.Equal, Value.Type: AttributeType.String } equal:
                _tokens = TextTokens.Required(equal.Bytes, wholeText: true);
                break;
            case ContainsTest contains:
                _tokens = TextTokens.Required(contains.Needle, wholeText: false);
                _all = Pieces([contains.Needle.ToArray()]);
                break;
            case MatchesTest matches:
                _tokens = [.. matches.Required.SelectMany(static r => TextTokens.Required(r, wholeText: false))];
                _all = Pieces(matches.Required);
                break;
            case CompareTest { Op: CompareOp.Equal, Value.Type: AttributeType.Bytes } equal when equal.Bytes.Length == 16:
                _trace = TraceId.FromBytes(equal.Bytes);
                break;
        }

        // Pieces first: short tokens are in nearly every block.
        _all = [.. _all, .. _tokens];
    }

    public bool MayMatch(PartBlock block, ColumnKey key)
    {
        if (!ReferenceEquals(block.Part, _part))
        {
            (_part, _keyNumber, _blocks) = (block.Part, block.Part.KeyNumber(key), null);
        }

        var index = _keyNumber < 0 ? -1 : block.IndexOf(_keyNumber);
        if (index < 0)
        {
            return key.MissingIsZero && block.HasField(key.Name) && _test.Test(AttributeType.Int, 0, default);
        }

        if (key == ColumnKey.TraceId && (_trace is not null || _test is InSetTest { IsTraces: true }))
        {
            return (_blocks ??= BlocksOfTraces(block.Part))[block.Number];
        }

        ref var entry = ref block.Header.Columns[index];
        if (_test is CompareTest { Value.Type: AttributeType.Int or AttributeType.Double } compare && entry.StatsType != AttributeType.None)
        {
            return InRange(compare, entry) || (key.MissingIsZero && _test.Test(AttributeType.Int, 0, default));
        }

        // A filter is only written for a column in which every value is a text.
        var wanted = entry.FilterKind == FilterKind.TokensAndPieces ? _all : _tokens;
        return wanted.Length == 0 || entry.FilterLength == 0 || block.Part.FilterMayContain(ref entry, wanted);
    }

    private RowBitmap BlocksOfTraces(EventPart part)
    {
        var blocks = new RowBitmap(part.Directory.Blocks.Length);
        if (_trace is { } trace)
        {
            part.AddBlocksOf(trace, blocks);
        }
        else
        {
            foreach (var member in ((InSetTest)_test).Traces)
            {
                part.AddBlocksOf(member, blocks);
            }
        }

        return blocks;
    }

    private static ulong[] Pieces(IReadOnlyList<byte[]> texts)
    {
        var set = new TokenSet();
        foreach (var text in texts)
        {
            TextTokens.AddRequiredPieces(text, set);
        }

        return set.Slots.ToArray().Where(static h => h != 0).ToArray();
    }

    private static bool InRange(CompareTest compare, in ColumnEntry entry)
    {
        var toMin = NumberOrder.Compare(entry.StatsType, entry.Min, compare.Value.Type, compare.Value.Bits);
        var toMax = NumberOrder.Compare(entry.StatsType, entry.Max, compare.Value.Type, compare.Value.Bits);
        return compare.Op switch
        {
            CompareOp.Equal => toMin <= 0 && toMax >= 0,
            CompareOp.Less => toMin < 0,
            CompareOp.LessOrEqual => toMin <= 0,
            CompareOp.Greater => toMax > 0,
            CompareOp.GreaterOrEqual => toMax >= 0,
            _ => true,
        };
    }
}
