using Sightglass.Core.Contracts;
using Sightglass.Events.Columns;
using Sightglass.Events.Parts;
using Sightglass.Events.Querying;

namespace Sightglass.Events.Deletion;

/// <summary>Asks about the rows of a block one by one, some hundred in a page. Belongs to one query or merge and one thread.</summary>
internal sealed class RowDecision(EventRowFilter filter)
{
    private const int MaxPageRows = 512;

    private readonly PageBuilder _page = new(new EventPlan
    {
        Signal = EventSignal.Logs,
        MinTimeUnixNano = long.MinValue,
        MaxTimeUnixNano = long.MaxValue,
        Columns = filter.Columns,
        AllAttributes = filter.AllAttributes,
    });

    private readonly RowPlace[] _rows = new RowPlace[MaxPageRows];

    /// <summary>Leaves the rows that the filter takes.</summary>
    /// <exception cref="Core.Errors.CorruptDataException">A column fails its check.</exception>
    public void Narrow(PartBlock block, RowBitmap rows)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        BlockSource[] sources = [new BlockSource(block, 0, 0)];
        var times = block.Column(ColumnKey.Time)!;
        for (var row = rows.Next(0); row >= 0;)
        {
            var count = 0;
            for (; row >= 0 && count < MaxPageRows; row = rows.Next(row + 1))
            {
                _rows[count++] = new RowPlace(times.NumberOfRow(row), 0, 0, 0, row);
            }

            _page.Fill(sources, _rows.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                if (!filter.Takes(_page.Page, i))
                {
                    rows.Clear(_rows[i].Row);
                }
            }
        }
    }
}
