using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;

namespace Sightglass.Server.Configuration;

/// <summary>The block <c>receivers</c>: receivers of logs with a port of their own, and how much a sender may send to any of them.</summary>
internal sealed record ReceiversConfiguration
{
    /// <summary>No ports, no bounds on senders.</summary>
    public static ReceiversConfiguration None { get; } = new();

    /// <summary><c>receivers.rate_limit</c>: of each sender at each receiver of logs.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;

    /// <summary><c>receivers.syslog</c>.</summary>
    public IReadOnlyList<SyslogConfiguration> Syslog { get; init; } = [];
}
