using Sightglass.Core.Contracts;
using Sightglass.Events.Columns;
using Sightglass.Events.Memory;
using Sightglass.Events.Records;

namespace Sightglass.Events.Parts;

/// <summary>A block of a part, with the columns that were read. Belongs to one query or merge.</summary>
internal sealed class PartBlock(EventPart part, int number) : RowBlock
{
    private static readonly Func<ColumnView?> NoTimes = static () => null;
    private readonly Dictionary<int, ColumnView> _columns = [];
    private int[]? _streamIndex;

    public EventPart Part { get; } = part;

    /// <summary>Its number in the part.</summary>
    public int Number { get; } = number;

    public BlockHeader Header { get; } = part.Directory.Blocks[number];

    public override EventSignal Signal => Part.Directory.Signal;

    public override int Rows => Header.Rows;

    public override long MinTime => Header.MinTime;

    public override long MaxTime => Header.MaxTime;

    public override StreamEntry[] Streams => Part.Directory.Streams;

    public override int[]? StreamIndex => _streamIndex ??= BuildStreamIndex();

    public override ScopeIdentity?[] Scopes => Part.Directory.Scopes;

    public override IReadOnlyCollection<ColumnKey> Columns => Array.ConvertAll(Header.Columns, c => Part.Directory.Keys[c.Key]);

    public override long HeldBytes => _columns.Values.Sum(static v => v.Size);

    public override ColumnView? Column(ColumnKey key)
    {
        var number = Part.KeyNumber(key);
        return number < 0 ? null : Column(number);
    }

    public override void Forget()
    {
        _columns.Clear();
        _streamIndex = null;
        ForgetScopes();
    }

    /// <summary>Whether a place in the column file belongs to the block.</summary>
    public bool Holds(long offset)
    {
        foreach (ref readonly var column in Header.Columns.AsSpan())
        {
            if (offset >= column.Offset && offset < column.Offset + column.StoredLength + column.FilterLength)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds what the directory says of a column.</summary>
    public bool TryEntry(ColumnKey key, out ColumnEntry entry)
    {
        var number = Part.KeyNumber(key);
        var index = number < 0 ? -1 : IndexOf(number);
        entry = index < 0 ? default : Header.Columns[index];
        return index >= 0;
    }

    /// <summary>Place in the header of the column of a key of the part, or -1.</summary>
    public int IndexOf(int number)
    {
        var (low, high) = (0, Header.Columns.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var at = Header.Columns[middle].Key;
            if (at == number)
            {
                return middle;
            }

            (low, high) = at < number ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private ColumnView? Column(int number)
    {
        if (_columns.TryGetValue(number, out var view))
        {
            return view;
        }

        var index = number < Part.Directory.Keys.Length ? IndexOf(number) : -1;
        if (index < 0)
        {
            return null;
        }

        view = Part.ReadColumn(Header.Columns[index], Rows, Part.Directory.Keys[number] == ColumnKey.Time ? NoTimes : () => Column(ColumnKey.Time), Column);
        _columns.Add(number, view);
        return view;
    }

    private int[] BuildStreamIndex()
    {
        var index = new int[Rows];
        var at = 0;
        foreach (var run in Header.Runs)
        {
            index.AsSpan(at, run.Rows).Fill(run.Stream);
            at += run.Rows;
        }

        return index;
    }
}
