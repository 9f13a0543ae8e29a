using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sightglass.Ingest.Tail;

/// <summary>What makes a file itself over renames: device and inode, and when the inode was made, since the inode of a deleted file is given to another one.</summary>
/// <param name="Device">Major and minor number of the device.</param>
/// <param name="Inode">The inode.</param>
/// <param name="Birth">Nanoseconds since 1970; 0 where the file system does not know.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode, long Birth)
{
    // struct statx has the same layout on every architecture: stx_mask at 0, stx_nlink at 16, stx_ino at 32, stx_btime at 80, stx_dev_major and _minor at 136 and 140.
    private const int BufferSize = 256;
    private const int LinksAt = 16;
    private const int InodeAt = 32;
    private const int BirthAt = 80;
    private const int DeviceAt = 136;
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const uint LinksMask = 4;
    private const uint InodeMask = 0x100;
    private const uint BirthMask = 0x800;

    /// <summary>The identity of an open file.</summary>
    /// <exception cref="IOException">The kernel refuses to tell.</exception>
    public static FileIdentity Of(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        return Statx((int)file.DangerousGetHandle(), string.Empty, EmptyPath, InodeMask | BirthMask, buffer) == 0
            ? Read(buffer)
            : throw new IOException($"statx failed with error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>The identity of the file that has a path; null where there is none.</summary>
    public static FileIdentity? Of(string path)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        return Statx(CurrentFolder, path, 0, InodeMask | BirthMask, buffer) == 0 ? Read(buffer) : null;
    }

    /// <summary>Whether an open file has no name any more: nobody will find it again.</summary>
    public static bool IsDeleted(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        return Statx((int)file.DangerousGetHandle(), string.Empty, EmptyPath, LinksMask, buffer) == 0
            && BinaryPrimitives.ReadUInt32LittleEndian(buffer[LinksAt..]) == 0;
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out FileIdentity identity)
    {
        identity = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, ':') != 3
            || !ulong.TryParse(text[parts[0]], NumberStyles.None, CultureInfo.InvariantCulture, out var device)
            || !ulong.TryParse(text[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            || !long.TryParse(text[parts[2]], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var birth))
        {
            return false;
        }

        identity = new FileIdentity(device, inode, birth);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Device}:{Inode}:{Birth}");

    private static FileIdentity Read(ReadOnlySpan<byte> buffer)
    {
        var birth = (BinaryPrimitives.ReadUInt32LittleEndian(buffer) & BirthMask) == 0
            ? 0
            : (BinaryPrimitives.ReadInt64LittleEndian(buffer[BirthAt..]) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(buffer[(BirthAt + 8)..]);
        return new FileIdentity(BinaryPrimitives.ReadUInt64LittleEndian(buffer[DeviceAt..]), BinaryPrimitives.ReadUInt64LittleEndian(buffer[InodeAt..]), birth);
    }

    [LibraryImport("libc.so.6", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);
}
