using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Gelf;

/// <summary>One GELF receiver with ports of its own.</summary>
public sealed record GelfConfiguration
{
    /// <summary>The port that the receiver has where the configuration names none.</summary>
    public const int DefaultPort = 12201;

    /// <summary>Its name: the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public string Name { get; init; } = "gelf";

    /// <summary>Where datagrams are taken; null where they are not.</summary>
    public IPEndPoint? Udp { get; init; }

    /// <summary>Where connections are taken; null where they are not.</summary>
    public IPEndPoint? Tcp { get; init; }

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;
}

/// <summary>Takes GELF over UDP and TCP.</summary>
public static class GelfReceiver
{
    /// <summary>What its senders are counted under.</summary>
    public const string Receiver = "gelf";

    /// <summary>The ports of a configuration.</summary>
    public static IEnumerable<LogPort> Ports(GelfConfiguration configuration, LogIntake intake)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(intake);
        GelfDecoder NewDecoder() => new(intake.Options(configuration.Name, configuration.Labels));
        var messages = new MessageSettings(NewDecoder, configuration.Rate);
        var datagrams = new MessageSettings(() => new GelfDatagrams(NewDecoder(), intake.Limits), configuration.Rate);
        return LogPort.Of(configuration.Udp, configuration.Tcp, null, (_, isDatagram) => new MessageService(Receiver, null, GelfFraming.Instance, intake, isDatagram ? datagrams : messages));
    }
}
