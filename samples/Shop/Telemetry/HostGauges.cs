using System.Diagnostics.Metrics;
using System.Globalization;

namespace Shop.Telemetry;

/// <summary>How busy and how full the machine is, from Linux' /proc; elsewhere only the disk is reported.</summary>
internal sealed class HostGauges(TimeProvider time)
{
    private static readonly TimeSpan ShortestCpuSpan = TimeSpan.FromSeconds(1);

    private long _takenAt = long.MinValue;
    private (double Busy, double Total) _cpuBefore;
    private double _cpuPercent;

    public void Register(Meter meter)
    {
        if (File.Exists("/proc/stat"))
        {
            _cpuBefore = ReadCpu();
            meter.CreateObservableGauge("system_cpu_usage", CpuPercent, "%", "Processor time in use, all cores together.");
            meter.CreateObservableGauge("system_memory_usage", MemoryPercent, "%", "Memory that is not available to new work.");
        }

        meter.CreateObservableGauge("system_disk_usage", DiskPercent, "%", "The root file system's space in use.");
    }

    private double CpuPercent()
    {
        // Over a very short span the kernel's 10 ms ticks say nothing.
        if (_takenAt == long.MinValue || time.GetElapsedTime(_takenAt) >= ShortestCpuSpan)
        {
            var now = ReadCpu();
            var total = now.Total - _cpuBefore.Total;
            _cpuPercent = total > 0 ? 100 * (now.Busy - _cpuBefore.Busy) / total : _cpuPercent;
            _cpuBefore = now;
            _takenAt = time.GetTimestamp();
        }

        return _cpuPercent;
    }

    private static (double Busy, double Total) ReadCpu()
    {
        // "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guest time is part of user time.
        using var stat = new StreamReader("/proc/stat");
        var ticks = stat.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(tick => double.Parse(tick, CultureInfo.InvariantCulture)).ToArray();
        var total = ticks.Sum();
        return (total - ticks[3] - ticks[4], total);
    }

    private static double MemoryPercent()
    {
        double total = 0, available = 0;
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            var value = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
            {
                total = double.Parse(value, CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                available = double.Parse(value, CultureInfo.InvariantCulture);
                break;
            }
        }

        return total > 0 ? 100 * (total - available) / total : 0;
    }

    private static double DiskPercent()
    {
        var drive = new DriveInfo(Path.GetPathRoot(AppContext.BaseDirectory) ?? "/");
        return 100.0 * (drive.TotalSize - drive.AvailableFreeSpace) / drive.TotalSize;
    }
}
