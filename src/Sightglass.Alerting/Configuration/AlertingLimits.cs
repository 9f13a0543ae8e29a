namespace Sightglass.Alerting;

/// <summary>Bounds on what alerting takes in; each is named in the error that it causes.</summary>
public static class AlertingLimits
{
    /// <summary>Characters of one configuration or rule file: a thousand times a large one.</summary>
    public const int MaxConfigurationLength = 8 << 20;

    /// <summary>YAML nodes read from one file, aliases counted each time they are followed.</summary>
    public const int MaxConfigurationNodes = 500_000;

    /// <summary>Nesting of YAML and of routes.</summary>
    public const int MaxConfigurationDepth = 64;

    /// <summary>Alerts held at a time; over it new ones are refused.</summary>
    public const int MaxAlerts = 100_000;

    /// <summary>Alerts in one posted body.</summary>
    public const int MaxPostedAlerts = 10_000;

    /// <summary>Bytes of one posted body.</summary>
    public const int MaxPostedBytes = 16 << 20;

    /// <summary>Labels or annotations of one alert.</summary>
    public const int MaxLabelsPerAlert = 256;

    /// <summary>Silences kept.</summary>
    public const int MaxSilences = 20_000;

    /// <summary>Groups of alerts at a time; over it new ones are refused and counted.</summary>
    public const int MaxGroups = 50_000;

    /// <summary>Events of alerts that wait to be stored; over it new ones are left out and counted.</summary>
    public const int MaxWaitingEvents = 50_000;

    /// <summary>Bytes of a receiver's answer that are read for the error message.</summary>
    public const int MaxAnswerBytes = 64 << 10;

    /// <summary>Time that the rest of a receiver's answer is read for once its status is there: the status says whether the message has arrived.</summary>
    public static readonly TimeSpan MaxAnswerTime = TimeSpan.FromSeconds(5);

    /// <summary>Time of one attempt to tell a receiver, unless its integration says otherwise: one that hangs or drips is tried again.</summary>
    public static readonly TimeSpan MaxAttemptTime = TimeSpan.FromSeconds(30);
}
