using Sightglass.Core.Model;

namespace Sightglass.Ingest.Records;

/// <summary>Levels as senders write them, as OpenTelemetry's severity numbers.</summary>
internal static class Severity
{
    // OpenTelemetry's table for syslog (logs data model, appendix B); the words are those of RFC 5424's severities.
    private static readonly byte[] SyslogNumbers = [21, 19, 18, 17, 13, 10, 9, 5];

    private static readonly byte[][] SyslogNames =
    [
        "emerg"u8.ToArray(), "alert"u8.ToArray(), "crit"u8.ToArray(), "error"u8.ToArray(),
        "warning"u8.ToArray(), "notice"u8.ToArray(), "info"u8.ToArray(), "debug"u8.ToArray(),
    ];

    private static readonly (byte[] Word, byte Number)[] Words =
    [
        ("information"u8.ToArray(), 9), ("info"u8.ToArray(), 9), ("error"u8.ToArray(), 17), ("warning"u8.ToArray(), 13), ("warn"u8.ToArray(), 13),
        ("debug"u8.ToArray(), 5), ("trace"u8.ToArray(), 1), ("verbose"u8.ToArray(), 1), ("fatal"u8.ToArray(), 21), ("critical"u8.ToArray(), 18),
        ("err"u8.ToArray(), 17), ("crit"u8.ToArray(), 18), ("notice"u8.ToArray(), 10), ("alert"u8.ToArray(), 19), ("emerg"u8.ToArray(), 21),
        ("emergency"u8.ToArray(), 21), ("panic"u8.ToArray(), 21), ("severe"u8.ToArray(), 17), ("fine"u8.ToArray(), 5), ("informational"u8.ToArray(), 9),
    ];

    // pino and bunyan: 10 trace to 60 fatal.
    private static readonly byte[] TenthNumbers = [1, 5, 9, 13, 17, 21];

    private static readonly byte[][] TenthNames =
        ["trace"u8.ToArray(), "debug"u8.ToArray(), "info"u8.ToArray(), "warn"u8.ToArray(), "error"u8.ToArray(), "fatal"u8.ToArray()];

    /// <summary>The number of a word, in any case; 0 where it is none.</summary>
    public static byte FromWord(ReadOnlySpan<byte> word)
    {
        foreach (var (known, number) in Words)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(word, known))
            {
                return number;
            }
        }

        return 0;
    }

    /// <summary>Sets a row's severity from one of syslog; false where it is not 0 to 7.</summary>
    public static bool SetSyslog(long severity, LogBatch batch, ref LogRow row)
    {
        if (severity is < 0 or > 7)
        {
            return false;
        }

        row.SeverityNumber = SyslogNumbers[severity];
        row.SeverityText = batch.AddText(SyslogNames[severity]);
        return true;
    }

    /// <summary>Sets a row's severity from pino's and bunyan's numbers; false where it is none of them.</summary>
    public static bool SetTenth(long level, LogBatch batch, ref LogRow row)
    {
        if (level is < 10 or > 60 || level % 10 != 0)
        {
            return false;
        }

        row.SeverityNumber = TenthNumbers[(level / 10) - 1];
        row.SeverityText = batch.AddText(TenthNames[(level / 10) - 1]);
        return true;
    }
}
