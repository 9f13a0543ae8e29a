using System.Buffers;
using System.Text.Unicode;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>The texts of a remote write 2.0 request, by number. Points into the body; dispose gives its arrays back.</summary>
internal ref struct SymbolTable
{
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
        if (!Utf8.IsValid(_body.Slice(end - length, length)))
        {
            throw new MalformedInputException($"symbol {Count} is not valid UTF-8", end - length);
        }

        if (Count == _offsets.Length)
        {
            _offsets = Grow(_offsets);
        }

        if (Count == _lengths.Length)
        {
            _lengths = Grow(_lengths);
        }

        _offsets[Count] = end - length;
        _lengths[Count++] = length;
    }

    /// <summary>The text of a number; false when there is none.</summary>
    public readonly bool TryGet(uint reference, out ReadOnlySpan<byte> text)
    {
        var known = reference < (uint)Count;
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
