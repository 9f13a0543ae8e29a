using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Sightglass.TestKit;

/// <summary>
/// A file system of its own that is really full when it is full: a tmpfs over a new folder, unmounted when the test ends. Only root may mount one;
/// <see cref="SmallDiskFactAttribute"/> skips a test where that is not permitted.
/// </summary>
public sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sightglass-disk-");
    private readonly string _ballast;
    private bool _isReadOnly;

    private SmallDisk() => _ballast = Path.Combine(_folder.FullName, "ballast");

    /// <summary>Whether this process may mount one.</summary>
    public static bool IsPermitted { get; } = Probe();

    /// <summary>The folder.</summary>
    public string FullPath => _folder.FullName;

    /// <summary>Bytes that are free.</summary>
    public long FreeBytes => new DriveInfo(_folder.FullName).AvailableFreeSpace;

    /// <summary>Whether it takes nothing at all, as a disk that failed and was mounted again. No file on it may be open for writing.</summary>
    public bool IsReadOnly
    {
        get => _isReadOnly;
        set
        {
            if (!Run("mount", "-o", value ? "remount,ro" : "remount,rw", _folder.FullName))
            {
                throw new InvalidOperationException("a file is open for writing");
            }

            _isReadOnly = value;
        }
    }

    /// <summary>Mounts one.</summary>
    public static SmallDisk Mount(int bytes) => TryMount(bytes) ?? throw new InvalidOperationException("mount is not permitted");

    /// <summary>The full path of <paramref name="relative"/> below the folder.</summary>
    public string PathOf(string relative) => Path.Combine(_folder.FullName, relative);

    /// <summary>Takes away all space but so much, also when others write meanwhile; <see cref="MakeRoom"/> gives it back.</summary>
    public void LeaveOnly(long bytes)
    {
        using var file = new FileStream(_ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var zeros = new byte[4096];
        try
        {
            for (var left = FreeBytes - bytes; left > 0; left = FreeBytes - bytes)
            {
                file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            }
        }
        catch (IOException)
        {
            // Somebody took the last of it.
        }
    }

    /// <summary>Gives back what <see cref="LeaveOnly"/> took.</summary>
    public void MakeRoom() => File.Delete(_ballast);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Lazily: a process that is just ending may still have a file open.
        Run("umount", "-l", _folder.FullName);
        _folder.Delete(recursive: true);
    }

    private static SmallDisk? TryMount(int bytes)
    {
        var disk = new SmallDisk();
        if (Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={bytes}"), "sightglass-test", disk.FullPath))
        {
            return disk;
        }

        disk._folder.Delete();
        return null;
    }

    private static bool Probe()
    {
        using var disk = OperatingSystem.IsLinux() ? TryMount(1 << 20) : null;
        return disk is not null;
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A fact that needs a <see cref="SmallDisk"/>; skipped with a sentence where mounting is not permitted.</summary>
public sealed class SmallDiskFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.IsPermitted)
        {
            Skip = "mounting a small file system is not permitted here";
        }
    }
}
