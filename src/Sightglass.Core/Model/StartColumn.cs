namespace Sightglass.Core.Model;

/// <summary>Start timestamps beside samples that mostly have none: takes no memory until the first one. Not thread-safe.</summary>
internal struct StartColumn
{
    private long[]? _starts;

    // Places up to here may have a start; those behind have none.
    private int _used;

    /// <summary>Sets the start of a sample.</summary>
    public void Set(int index, long startMs)
    {
        if (_starts is null || index >= _starts.Length)
        {
            Array.Resize(ref _starts, Math.Max(1024, (index + 1) * 2));
        }

        _starts[index] = startMs;
        _used = Math.Max(_used, index + 1);
    }

    /// <summary>The starts of so many samples; empty when none has one.</summary>
    public ReadOnlySpan<long> Of(int count)
    {
        if (_used == 0)
        {
            return default;
        }

        if (_starts!.Length < count)
        {
            Array.Resize(ref _starts, count);
        }

        return _starts.AsSpan(0, count);
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Array.Clear(_starts ?? [], 0, _used);
        _used = 0;
    }
}
