using Microsoft.Win32.SafeHandles;
using Sightglass.Core.Bytes;

namespace Sightglass.Ingest.Tail;

/// <summary>
/// A hash of the bytes before a position in a file. Device and inode alone do not tell that a file was truncated and has grown beyond the old
/// end again, nor that the inode of a deleted file was given to another one.
/// </summary>
internal static class FileMark
{
    private const int Bytes = 256;

    public static ulong Of(SafeFileHandle file, long position)
    {
        Span<byte> before = stackalloc byte[(int)Math.Min(position, Bytes)];
        var start = position - before.Length;
        var read = 0;
        while (read < before.Length && RandomAccess.Read(file, before[read..], start + read) is > 0 and var more)
        {
            read += more;
        }

        return Hash128.Compute(before[..read]).Low;
    }
}
