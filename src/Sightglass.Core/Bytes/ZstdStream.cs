namespace Sightglass.Core.Bytes;

/// <summary>Decompresses Zstandard frames as they are read from another stream. Not thread-safe.</summary>
/// <param name="source">The compressed bytes; disposed with this.</param>
public sealed class ZstdStream(Stream source) : Stream
{
    private readonly Zstd.Decompressor _decompressor = new();
    private readonly byte[] _input = new byte[64 << 10];
    private int _from;
    private int _to;
    private bool _frameOpen;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The bytes are not valid frames, or the last one is not whole.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // What the decompressor still holds comes before what is to be read.
            var written = _decompressor.Run(_input.AsSpan(_from, _to - _from), buffer, out var taken, out var frameEnded);
            _from += taken;
            if (taken > 0 || written > 0)
            {
                _frameOpen = !frameEnded;
            }

            if (written > 0)
            {
                return written;
            }

            if (_from < _to)
            {
                continue;
            }

            _from = 0;
            _to = source.Read(_input, 0, _input.Length);
            if (_to == 0)
            {
                return _frameOpen ? throw new InvalidDataException("the last zstandard frame is not whole") : 0;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decompressor.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
