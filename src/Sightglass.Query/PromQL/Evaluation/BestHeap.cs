namespace Sightglass.Query.PromQL;

/// <summary>
/// The k best of one step's values. A binary heap with the worst on top, sifted as Go's <c>container/heap</c> does, because that
/// decides which of equal values stay and in which order they come. NaN is worse than every number.
/// </summary>
internal sealed class BestHeap(bool largest)
{
    /// <summary>Go sorts so many by insertion, which keeps equal ones in order; beyond it the order of equal ones has no meaning.</summary>
    private const int InsertionSortUpTo = 12;

    private readonly List<(double Value, Column Column)> _items = [];

    public void Clear() => _items.Clear();

    public void Offer(double value, Column column, int k)
    {
        if (_items.Count < k)
        {
            _items.Add((value, column));
            SiftUp(_items.Count - 1);
            return;
        }

        var worst = _items[0].Value;
        if ((largest ? worst < value : worst > value) || (double.IsNaN(worst) && !double.IsNaN(value)))
        {
            _items[0] = (value, column);
            SiftDown();
        }
    }

    /// <summary>The best first.</summary>
    public IEnumerable<Column> Ordered()
    {
        if (_items.Count > InsertionSortUpTo)
        {
            var comparer = Comparer<double>.Create((a, b) => Worse(a, b) ? (Worse(b, a) ? 0 : 1) : Worse(b, a) ? -1 : 0);
            return _items.OrderBy(i => i.Value, comparer).Select(i => i.Column);
        }

        for (var i = 1; i < _items.Count; i++)
        {
            for (var j = i; j > 0 && Worse(_items[j - 1].Value, _items[j].Value); j--)
            {
                (_items[j], _items[j - 1]) = (_items[j - 1], _items[j]);
            }
        }

        return _items.Select(i => i.Column);
    }

    private bool Worse(double a, double b) => double.IsNaN(a) || (largest ? a < b : a > b);

    private void SiftUp(int at)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!Worse(_items[at].Value, _items[parent].Value))
            {
                return;
            }

            (_items[at], _items[parent]) = (_items[parent], _items[at]);
            at = parent;
        }
    }

    private void SiftDown()
    {
        var at = 0;
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= _items.Count)
            {
                return;
            }

            if (child + 1 < _items.Count && Worse(_items[child + 1].Value, _items[child].Value))
            {
                child++;
            }

            if (!Worse(_items[child].Value, _items[at].Value))
            {
                return;
            }

            (_items[at], _items[child]) = (_items[child], _items[at]);
            at = child;
        }
    }
}
