namespace Sightglass.Metrics.Parts;

/// <summary>
/// What queries read of parts, unpacked: groups of blocks and of columns, columns of times, pieces of the index, labels of series. A hit takes no lock. When there is too much, what was not
/// used since the last round goes first. Thread-safe.
/// </summary>
internal sealed class BlockCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<Entry> _queue = new();
    private long _bytes;

    /// <summary>Places for all pieces of one part.</summary>
    public sealed class Pieces(int groups, int timeGroups, int columns, int series, int labelSets)
    {
        /// <summary>Groups of blocks, decompressed.</summary>
        public Slots Groups { get; } = new(groups);

        /// <summary>Groups of columns, decompressed.</summary>
        public Slots TimeGroups { get; } = new(timeGroups);

        /// <summary>Columns of times.</summary>
        public Slots Columns { get; } = new(columns);

        /// <summary>Neighbouring series as the index has them.</summary>
        public Slots Series { get; } = new(series);

        /// <summary>Labels of neighbouring series.</summary>
        public Slots LabelSets { get; } = new(labelSets);

        /// <summary>As many places with nothing in them.</summary>
        public Pieces Fresh() => new(groups, timeGroups, columns, series, labelSets);
    }

    /// <summary>Places for pieces of one kind.</summary>
    public sealed class Slots(int count)
    {
        internal Entry?[] Entries { get; } = new Entry?[count];
    }

    /// <summary>The piece, when it is there.</summary>
    public static T? Find<T>(Slots slots, int at)
        where T : class
    {
        var entry = Volatile.Read(ref slots.Entries[at]);
        if (entry is null)
        {
            return null;
        }

        if (!entry.Used)
        {
            // Written seldom: all threads of a query read the same entries.
            entry.Used = true;
        }

        return (T)entry.Piece;
    }

    /// <summary>Keeps a piece.</summary>
    public void Add(Slots slots, int at, object piece, int bytes)
    {
        lock (_gate)
        {
            if (slots.Entries[at] is not null)
            {
                return;
            }

            var entry = new Entry(slots, at, piece, bytes);
            Volatile.Write(ref slots.Entries[at], entry);
            _queue.Enqueue(entry);
            _bytes += bytes;
            while (_bytes > maxBytes && _queue.TryDequeue(out var oldest))
            {
                if (oldest.Used && oldest != entry)
                {
                    oldest.Used = false;
                    _queue.Enqueue(oldest);
                }
                else
                {
                    Drop(oldest);
                }
            }
        }
    }

    /// <summary>Forgets a part's pieces.</summary>
    public void Forget(Pieces pieces)
    {
        lock (_gate)
        {
            for (var i = _queue.Count; i > 0; i--)
            {
                var entry = _queue.Dequeue();
                if (entry.Slots == pieces.Groups || entry.Slots == pieces.TimeGroups || entry.Slots == pieces.Columns || entry.Slots == pieces.Series || entry.Slots == pieces.LabelSets)
                {
                    Drop(entry);
                }
                else
                {
                    _queue.Enqueue(entry);
                }
            }
        }
    }

    private void Drop(Entry entry)
    {
        entry.Slots.Entries[entry.At] = null;
        _bytes -= entry.Bytes;
    }

    internal sealed class Entry(Slots slots, int at, object piece, int bytes)
    {
        public Slots Slots { get; } = slots;

        public int At { get; } = at;

        public object Piece { get; } = piece;

        public int Bytes { get; } = bytes;

        public bool Used { get; set; }
    }
}
