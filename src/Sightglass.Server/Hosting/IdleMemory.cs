using System.Runtime.InteropServices;

namespace Sightglass.Server.Hosting;

/// <summary>
/// Gives memory back when the work that needed it is over. The collector keeps what a burst made it take for as long as nothing is allocated,
/// which for a quiet server is for ever.
/// </summary>
internal sealed partial class IdleMemory : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>Looks without work after which the server counts as quiet.</summary>
    private const int QuietLooks = 3;

    /// <summary>Bytes allocated between two looks below which there was no work: what scraping oneself and a few rules take.</summary>
    private const long QuietBytes = 8 << 20;

    /// <summary>Bytes allocated since memory was last given back that make it worth a pause.</summary>
    private const long WorthBytes = 64 << 20;

    private readonly Action _release;
    private readonly ITimer _timer;
    private long _seen;
    private long _trimmed;
    private int _quiet;

    /// <summary><paramref name="release"/> lets go of what is kept for work that may come.</summary>
    public IdleMemory(TimeProvider time, Action release)
    {
        _release = release;
        _timer = time.CreateTimer(_ => Look(GC.GetTotalAllocatedBytes()), null, LookInterval, LookInterval);
    }

    /// <summary>How often memory was given back.</summary>
    public int Trims { get; private set; }

    /// <summary>Looks at what the process has allocated since its start; called by the timer.</summary>
    public void Look(long allocated)
    {
        _quiet = allocated - _seen < QuietBytes ? _quiet + 1 : 0;
        _seen = allocated;
        if (_quiet < QuietLooks || allocated - _trimmed < WorthBytes)
        {
            return;
        }

        _trimmed = allocated;
        Trims++;
        _release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = TrimHeap(0);
            }
            catch (EntryPointNotFoundException)
            {
                // Another C library than glibc.
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nint pad);
}
