using System.Net;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Syslog;

/// <summary>One syslog receiver.</summary>
public sealed record SyslogConfiguration
{
    /// <summary>The port that the receiver has where the configuration names none.</summary>
    public const int DefaultPort = 5514;

    /// <summary>Its name: the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public string Name { get; init; } = "syslog";

    /// <summary>Where datagrams are taken; null where they are not.</summary>
    public IPEndPoint? Udp { get; init; }

    /// <summary>Where connections are taken; null where they are not.</summary>
    public IPEndPoint? Tcp { get; init; }

    /// <summary>Where connections over TLS are taken; null where they are not.</summary>
    public TlsEndPoint? Tls { get; init; }

    /// <summary>The zone of times that do not name theirs (RFC 3164); null is the server's.</summary>
    public TimeZoneInfo? Zone { get; init; }

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;
}
