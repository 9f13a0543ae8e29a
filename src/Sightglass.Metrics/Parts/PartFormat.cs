namespace Sightglass.Metrics.Parts;

/// <summary>Names and numbers of the files of a part: see <c>docs/format/metrics.md</c>.</summary>
internal static class PartFormat
{
    public const uint Version = 2;
    public const string SamplesFile = "samples.bin";

    /// <summary>"SGMS"</summary>
    public const uint SamplesMagic = 0x534d4753;
    public const string TimesFile = "times.bin";

    /// <summary>"SGMT"</summary>
    public const uint TimesMagic = 0x544d4753;
    public const string IndexFile = "index.bin";

    /// <summary>"SGMI"</summary>
    public const uint IndexMagic = 0x494d4753;
    public const string MetaFile = "meta.bin";

    /// <summary>"SGMM"</summary>
    public const uint MetaMagic = 0x4d4d4753;

    /// <summary>Since 3 the series of an index are in pieces; before, all are one.</summary>
    public const uint MetaVersion = 3;
    public const uint OldestMetaVersion = 2;

    /// <summary>Neighbouring series of a piece: one read for a metric of many targets, small for one series. The last piece has fewer.</summary>
    public const int SeriesOfPiece = 1024;

    /// <summary>Raw bytes of a group of blocks or columns at which it is compressed and written: one read for a range of one metric, small for one series.</summary>
    public const int GroupBytes = 64 << 10;

    /// <summary>Length of a partition in milliseconds: a day.</summary>
    public const long PartitionMs = 86_400_000;

    /// <summary>Raw bytes of one index section that a reader believes.</summary>
    public const int MaxSectionBytes = 1 << 30;

    /// <summary>The partition of a time.</summary>
    public static long PartitionOf(long timestamp) => Math.DivRem(timestamp, PartitionMs, out var rest) - (rest < 0 ? 1 : 0);
}

/// <summary>Where a block is: which group, where in it, and the column of its times.</summary>
internal readonly record struct BlockRef(int Group, int Offset, int Length, int Column);

/// <summary>Where a column of times is, and what it covers.</summary>
internal readonly record struct TimeColumn(int Group, int Offset, int Length, int Count, long MinTime, long MaxTime);
