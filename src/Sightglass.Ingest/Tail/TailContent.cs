using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Tail;

/// <summary>The bytes of a followed file by their place, whatever it takes to get them. Used by one thread.</summary>
internal abstract class TailContent : IDisposable
{
    /// <summary>Bytes before a position that are looked at to know it again.</summary>
    public const int MarkBytes = 256;

    /// <summary>Bytes at the beginning that are looked at to know a file or its copy again.</summary>
    public const int HeadBytes = 1024;

    /// <summary>Whether the file was compressed and does not grow any more.</summary>
    public abstract bool IsArchive { get; }

    /// <summary>Bytes there are now; unknown for archives, which say <see cref="long.MaxValue"/>.</summary>
    public abstract long Length { get; }

    /// <summary>When the file was written to last.</summary>
    public abstract DateTimeOffset LastWrite { get; }

    /// <summary>Fills the buffer from a place on as far as there are bytes.</summary>
    public abstract int Read(Span<byte> buffer, long position);

    /// <summary>Whether the file has no name any more.</summary>
    public abstract bool IsDeleted { get; }

    /// <summary>Opens a file; by its name it is known whether it is compressed.</summary>
    public static TailContent Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return IsArchiveName(path) ? new ArchiveContent(handle, path.EndsWith(".zst", StringComparison.Ordinal)) : new PlainContent(handle);
    }

    public static bool IsArchiveName(string path) => path.EndsWith(".gz", StringComparison.Ordinal) || path.EndsWith(".zst", StringComparison.Ordinal);

    /// <summary>A hash of the bytes right before a position, by which it is seen that a file was truncated and has grown beyond the old end again.</summary>
    public ulong Mark(long position)
    {
        Span<byte> before = stackalloc byte[(int)Math.Min(position, MarkBytes)];
        return Hash128.Compute(before[..Read(before, position - before.Length)]).Low;
    }

    /// <summary>A hash of the first bytes.</summary>
    public ulong Head(int length)
    {
        Span<byte> head = stackalloc byte[Math.Min(length, HeadBytes)];
        return Hash128.Compute(head[..Read(head, 0)]).Low;
    }

    public abstract void Dispose();

    private sealed class PlainContent(SafeFileHandle handle) : TailContent
    {
        public override bool IsArchive => false;

        public override long Length => RandomAccess.GetLength(handle);

        public override DateTimeOffset LastWrite => File.GetLastWriteTimeUtc(handle);

        public override bool IsDeleted => FileIdentity.IsDeleted(handle);

        public override int Read(Span<byte> buffer, long position)
        {
            var read = 0;
            while (read < buffer.Length && RandomAccess.Read(handle, buffer[read..], position + read) is > 0 and var more)
            {
                read += more;
            }

            return read;
        }

        public override void Dispose() => handle.Dispose();
    }

    /// <summary>A compressed file, read forward: places before what is kept are reached by beginning again.</summary>
    private sealed class ArchiveContent(SafeFileHandle handle, bool zstandard) : TailContent
    {
        private const int Step = 64 << 10;
        private byte[] _window = [];
        private int _filled;
        private long _start;
        private Stream? _stream;

        public override bool IsArchive => true;

        public override long Length => long.MaxValue;

        public override DateTimeOffset LastWrite => File.GetLastWriteTimeUtc(handle);

        public override bool IsDeleted => FileIdentity.IsDeleted(handle);

        public override int Read(Span<byte> buffer, long position)
        {
            if (_stream is null || position < _start)
            {
                Begin();
            }

            while (position + buffer.Length > _start + _filled)
            {
                // What lies far enough before the wanted place is let go; some stays for the mark.
                var keepFrom = Math.Clamp(position - MarkBytes - _start, 0, _filled);
                if (keepFrom > 0)
                {
                    _window.AsSpan((int)keepFrom, _filled - (int)keepFrom).CopyTo(_window);
                    _filled -= (int)keepFrom;
                    _start += keepFrom;
                }

                if (_window.Length - _filled < Step)
                {
                    Array.Resize(ref _window, Math.Max(_window.Length * 2, 4 * Step));
                }

                var read = _stream!.Read(_window, _filled, Step);
                if (read == 0)
                {
                    break;
                }

                _filled += read;
            }

            var from = position - _start;
            var count = (int)Math.Clamp(_filled - from, 0, buffer.Length);
            _window.AsSpan((int)Math.Min(from, _filled), count).CopyTo(buffer);
            return count;
        }

        public override void Dispose()
        {
            _stream?.Dispose();
            handle.Dispose();
        }

        private void Begin()
        {
            var raw = new PositionedStream(handle);
            _stream = zstandard ? new ZstdStream(raw) : new GZipStream(raw, CompressionMode.Decompress);
            _start = 0;
            _filled = 0;
        }
    }

    /// <summary>Reads a handle from its beginning without owning it.</summary>
    private sealed class PositionedStream(SafeFileHandle handle) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => RandomAccess.GetLength(handle);

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(handle, buffer, _at);
            _at += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
