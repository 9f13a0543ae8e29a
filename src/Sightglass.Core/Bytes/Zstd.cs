using System.Runtime.InteropServices;

namespace Sightglass.Core.Bytes;

/// <summary>Zstandard from the system's <c>libzstd.so.1</c>. Contexts are kept per thread.</summary>
public static partial class Zstd
{
    [ThreadStatic]
    private static Context? _context;

    /// <summary>Upper bound of the compressed size of <paramref name="length"/> bytes.</summary>
    public static int Bound(int length) => checked(length + (length >> 8) + 128);

    /// <summary>Appends the compressed form of <paramref name="source"/> to <paramref name="target"/> and returns its size in bytes.</summary>
    /// <exception cref="InvalidOperationException">The library reports an error.</exception>
    public static int Compress(ReadOnlySpan<byte> source, ByteWriter target, int level = 1)
    {
        var bound = Bound(source.Length);
        var free = target.GetSpan(bound);
        var context = _context ??= new Context();
        var size = ZSTD_compressCCtx(context.Compressor, free, (nuint)free.Length, source, (nuint)source.Length, level);
        ThrowIfError(size);
        target.Advance((int)size);
        return (int)size;
    }

    /// <summary>Decompresses into <paramref name="target"/>, whose length is the exact size expected.</summary>
    /// <returns>False when the bytes are not a valid frame of that size.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var context = _context ??= new Context();
        var size = ZSTD_decompressDCtx(context.Decompressor, target, (nuint)target.Length, source, (nuint)source.Length);
        return ZSTD_isError(size) == 0 && size == (nuint)target.Length;
    }

    /// <summary>
    /// Decompresses whole frames of unknown size, as they come in request bodies, up to <paramref name="maxBytes"/>.
    /// </summary>
    /// <returns>False when the bytes are not valid; when they would be more than allowed, <paramref name="tooLarge"/> is true.</returns>
    public static unsafe bool TryDecompressStream(ReadOnlySpan<byte> source, ByteWriter target, int maxBytes, out bool tooLarge)
    {
        tooLarge = false;
        var context = _context ??= new Context();
        ZSTD_DCtx_reset(context.Decompressor, 1);
        var start = target.Length;
        fixed (byte* input = source)
        {
            var inBuffer = new InBuffer { Source = input, Size = (nuint)source.Length };
            nuint hint = 1;
            var full = false;
            while (inBuffer.Position < inBuffer.Size || full)
            {
                var free = target.GetSpan(64 << 10);
                fixed (byte* output = free)
                {
                    var outBuffer = new OutBuffer { Target = output, Size = (nuint)free.Length };
                    hint = ZSTD_decompressStream(context.Decompressor, ref outBuffer, ref inBuffer);
                    if (ZSTD_isError(hint) != 0)
                    {
                        return false;
                    }

                    // A full buffer may hide more output, unless the frame just ended: then another call would begin a new one.
                    full = outBuffer.Position == outBuffer.Size && hint != 0;
                    target.Advance((int)outBuffer.Position);
                }

                if (target.Length - start > maxBytes)
                {
                    tooLarge = true;
                    return false;
                }
            }

            return hint == 0;
        }
    }

    private static void ThrowIfError(nuint code)
    {
        if (ZSTD_isError(code) != 0)
        {
            throw new InvalidOperationException($"zstd error {code}");
        }
    }

    [LibraryImport("libzstd.so.1")]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport("libzstd.so.1")]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_DCtx_reset(nint context, int directive);

    [LibraryImport("libzstd.so.1")]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_compressCCtx(nint context, Span<byte> target, nuint capacity, ReadOnlySpan<byte> source, nuint size, int level);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_decompressDCtx(nint context, Span<byte> target, nuint capacity, ReadOnlySpan<byte> source, nuint size);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_decompressStream(nint context, ref OutBuffer output, ref InBuffer input);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct InBuffer
    {
        public byte* Source;
        public nuint Size;
        public nuint Position;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct OutBuffer
    {
        public byte* Target;
        public nuint Size;
        public nuint Position;
    }

    /// <summary>Decompresses piece by piece.</summary>
    internal sealed unsafe class Decompressor : IDisposable
    {
        private nint _context = ZSTD_createDCtx();

        /// <summary>Takes of the source and writes to the target what it can; returns the bytes written.</summary>
        public int Run(ReadOnlySpan<byte> source, Span<byte> target, out int taken, out bool frameEnded)
        {
            fixed (byte* input = source, output = target)
            {
                var inBuffer = new InBuffer { Source = input, Size = (nuint)source.Length };
                var outBuffer = new OutBuffer { Target = output, Size = (nuint)target.Length };
                var hint = ZSTD_decompressStream(_context, ref outBuffer, ref inBuffer);
                if (ZSTD_isError(hint) != 0)
                {
                    throw new InvalidDataException($"zstd error {hint}");
                }

                taken = (int)inBuffer.Position;
                frameEnded = hint == 0;
                return (int)outBuffer.Position;
            }
        }

        public void Dispose()
        {
            ZSTD_freeDCtx(_context);
            _context = 0;
        }
    }

    private sealed class Context
    {
        public nint Compressor { get; } = ZSTD_createCCtx();

        public nint Decompressor { get; } = ZSTD_createDCtx();

        ~Context()
        {
            ZSTD_freeCCtx(Compressor);
            ZSTD_freeDCtx(Decompressor);
        }
    }
}
