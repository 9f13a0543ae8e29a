using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Syslog;

/// <summary>Takes syslog over UDP, TCP and TLS.</summary>
public static class SyslogReceiver
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "syslog";

    /// <summary>The ports of a configuration.</summary>
    public static IEnumerable<LogPort> Ports(SyslogConfiguration configuration, LogIntake intake)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(intake);
        var settings = new MessageSettings(
            () => new SyslogDecoder(intake.Options(configuration.Name, configuration.Labels), configuration.Zone ?? intake.Time.LocalTimeZone),
            configuration.Rate);
        return LogPort.Of(configuration.Udp, configuration.Tcp, configuration.Tls, (tls, _) => new MessageService(Receiver, tls, SyslogFraming.Instance, intake, settings));
    }
}
