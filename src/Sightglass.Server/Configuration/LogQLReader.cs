using Sightglass.Alerting;
using Sightglass.Core.Limits;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the block <c>logql</c>: the limits of queries of logs.</summary>
internal static class LogQLReader
{
    /// <summary>The limits with those of the block.</summary>
    public static QueryLimits Read(YamlSection? section, QueryLimits limits)
    {
        if (section is null)
        {
            return limits;
        }

        var range = section.Duration("max_query_length") ?? limits.MaxLogRange;
        limits = limits with
        {
            MaxLogEntries = (int)Math.Min(int.MaxValue, Positive(section, "max_entries", limits.MaxLogEntries)),
            MaxMetricSeries = (int)Math.Min(int.MaxValue, Positive(section, "max_query_series", limits.MaxMetricSeries)),
            MaxLogLinesScanned = Positive(section, "max_lines_scanned", limits.MaxLogLinesScanned),
            MaxLogBytesScanned = Positive(section, "max_bytes_scanned", limits.MaxLogBytesScanned),
            MaxLogRange = range >= TimeSpan.Zero ? range : throw section.Error("max_query_length", "a duration of 0 or more is wanted"),
        };
        section.RejectUnknown();
        return limits;
    }

    private static long Positive(YamlSection section, string key, long otherwise)
    {
        var value = section.Integer(key) ?? otherwise;
        return value > 0 ? value : throw section.Error(key, $"{key}: got {value}, want a whole number above 0");
    }
}
