using System.Buffers;
using System.Text.Unicode;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>The texts of a remote write 2.0 request, by number. Points into the body; dispose gives its arrays back.</summary>
internal ref struct SymbolTable
{
    private const int NoText = -1;

    private readonly ReadOnlySpan<byte> _body;
    private int[] _offsets;
    private int[] _lengths;

    public SymbolTable(ReadOnlySpan<byte> body)
    {
        _body = body;
        _offsets = ArrayPool<int>.Shared.Rent(1024);
        _lengths = ArrayPool<int>.Shared.Rent(1024);
    }

    public int Count { get; private set; }

    /// <summary>Adds the symbol that ends at <paramref name="end"/> of the body.</summary>
    public void Add(int end, int length)
    {
        if (Count == _offsets.Length)
        {
            _offsets = Grow(_offsets);
        }

        if (Count == _lengths.Length)
        {
            _lengths = Grow(_lengths);
        }

        _offsets[Count] = end - length;
        _lengths[Count++] = Utf8.IsValid(_body.Slice(end - length, length)) ? length : NoText;
    }

    /// <summary>The text of a number; false when there is none, or one that is not valid UTF-8.</summary>
    public readonly bool TryGet(uint reference, out ReadOnlySpan<byte> text)
    {
        var known = reference < (uint)Count && _lengths[reference] != NoText;
        text = known ? _body.Slice(_offsets[reference], _lengths[reference]) : default;
        return known;
    }

    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_offsets);
        ArrayPool<int>.Shared.Return(_lengths);
    }

    private static int[] Grow(int[] array)
    {
        var bigger = ArrayPool<int>.Shared.Rent(array.Length * 2);
        array.CopyTo(bigger, 0);
        ArrayPool<int>.Shared.Return(array);
        return bigger;
    }
}
