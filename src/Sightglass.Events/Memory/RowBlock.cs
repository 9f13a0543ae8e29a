using Sightglass.Core.Contracts;
using Sightglass.Events.Columns;
using Sightglass.Events.Records;

namespace Sightglass.Events.Memory;

/// <summary>
/// Rows with their columns: a chunk of the memory table or a block of a part. Queries, flushes and merges know nothing else of where rows are.
/// The rows never change; what is read or built on first use is the only state.
/// </summary>
internal abstract class RowBlock
{
    private int[]? _scopeIndex;
    private bool _scopesRead;

    public abstract EventSignal Signal { get; }

    public abstract int Rows { get; }

    public abstract long MinTime { get; }

    public abstract long MaxTime { get; }

    /// <summary>The streams that <see cref="StreamIndex"/> counts in.</summary>
    public abstract StreamEntry[] Streams { get; }

    /// <summary>Index into <see cref="Streams"/> for each row; null when all rows are of the first.</summary>
    public abstract int[]? StreamIndex { get; }

    /// <summary>Scopes that <see cref="ColumnKey.ScopeIndex"/> counts in; the first is null, for rows without one.</summary>
    public abstract ScopeIdentity?[] Scopes { get; }

    public abstract IReadOnlyCollection<ColumnKey> Columns { get; }

    /// <summary>The column, or null where no row has a value in it.</summary>
    public abstract ColumnView? Column(ColumnKey key);

    /// <summary>Rows that may be seen, where it was found that some may not; null else.</summary>
    public RowBitmap? Left { get; set; }

    /// <summary>Memory that decoded columns hold and <see cref="Forget"/> gives back, in bytes.</summary>
    public virtual long HeldBytes => 0;

    /// <summary>Drops decoded columns; they are read again when asked for.</summary>
    public virtual void Forget()
    {
    }

    /// <summary>Index into <see cref="Scopes"/> for each row; null when all rows have the first.</summary>
    public int[]? ScopeIndex
    {
        get
        {
            if (!Volatile.Read(ref _scopesRead))
            {
                if (Column(ColumnKey.ScopeIndex) is { } view)
                {
                    var index = new int[Rows];
                    for (var row = 0; row < index.Length; row++)
                    {
                        index[row] = (int)view.NumberOfRow(row);
                    }

                    _scopeIndex = index;
                }

                Volatile.Write(ref _scopesRead, true);
            }

            return _scopeIndex;
        }
    }

    /// <summary>Drops what <see cref="ScopeIndex"/> keeps. Only for blocks that one query or merge owns.</summary>
    protected void ForgetScopes()
    {
        _scopesRead = false;
        _scopeIndex = null;
    }

    /// <summary>Whether rows of this kind have a fixed field of that name.</summary>
    public bool HasField(string name) => FieldTypes.BelongsTo(name, Signal);

    public StreamEntry StreamOf(int row) => Streams[StreamIndex is { } index ? index[row] : 0];

    public EventScope? ScopeOf(int row) => Scopes[ScopeIndex is { } index ? index[row] : 0]?.Scope;
}
