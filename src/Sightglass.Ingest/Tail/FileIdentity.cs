using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sightglass.Ingest.Tail;

/// <summary>What makes a file itself over renames: device and inode.</summary>
/// <param name="Device">Major and minor number of the device.</param>
/// <param name="Inode">The inode.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    // struct statx has the same layout on every architecture: stx_ino at 32, stx_dev_major and _minor at 136 and 140.
    private const int BufferSize = 256;
    private const int InodeAt = 32;
    private const int DeviceAt = 136;
    private const int EmptyPath = 0x1000;
    private const uint InodeMask = 0x100;

    /// <summary>The identity of an open file.</summary>
    /// <exception cref="IOException">The kernel refuses to tell.</exception>
    public static FileIdentity Of(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        if (Statx((int)file.DangerousGetHandle(), string.Empty, EmptyPath, InodeMask, buffer) != 0)
        {
            throw new IOException($"statx failed with error {Marshal.GetLastPInvokeError()}");
        }

        return new FileIdentity(BinaryPrimitives.ReadUInt64LittleEndian(buffer[DeviceAt..]), BinaryPrimitives.ReadUInt64LittleEndian(buffer[InodeAt..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);
}
