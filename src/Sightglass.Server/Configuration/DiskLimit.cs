using System.Globalization;

namespace Sightglass.Server.Configuration;

/// <summary>A number of bytes, or a share of the disk that the data is on.</summary>
/// <param name="Bytes">Bytes; 0 when it is a share.</param>
/// <param name="Percent">Percent of the disk's size; 0 when it is a number of bytes.</param>
internal sealed record DiskLimit(long Bytes, double Percent)
{
    /// <summary>Fewest bytes: less than what is written out at once could not be kept.</summary>
    public const long MinBytes = 16 << 20;

    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("PiB", 1L << 50), ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("PB", 1L << 50), ("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1),
    ];

    /// <summary>Reads <c>50GB</c>, <c>512MiB</c> (both by powers of 1024, as Prometheus), a plain number of bytes, or <c>80%</c>.</summary>
    public static bool TryParse(string text, out DiskLimit limit)
    {
        limit = new DiskLimit(0, 0);
        if (text.EndsWith('%'))
        {
            var valid = double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100;
            limit = new DiskLimit(0, percent);
            return valid;
        }

        var unit = Array.Find(Units, u => text.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase));
        var number = unit.Suffix is null ? text.AsSpan() : text.AsSpan(0, text.Length - unit.Suffix.Length).TrimEnd();
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) || count * Math.Max(unit.Bytes, 1) is not (>= MinBytes and < long.MaxValue))
        {
            return false;
        }

        limit = new DiskLimit((long)(count * Math.Max(unit.Bytes, 1)), 0);
        return true;
    }

    /// <summary>The bound for data at a path.</summary>
    public long BytesOn(string path) => Bytes > 0 ? Bytes : (long)(new DriveInfo(Path.GetFullPath(path)).TotalSize / 100.0 * Percent);
}
