using System.Net;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;

namespace Sightglass.Server.Configuration;

/// <summary>The block <c>receivers</c>: receivers of logs with a port of their own, journals to follow, and how much a sender may send to any of them.</summary>
internal sealed record ReceiversConfiguration
{
    /// <summary>No ports, no bounds on senders.</summary>
    public static ReceiversConfiguration None { get; } = new();

    /// <summary><c>receivers.rate_limit</c>: of each sender at each receiver of logs.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;

    /// <summary><c>receivers.syslog</c>, and the entries of <c>logs</c> with <c>syslog</c>.</summary>
    public IReadOnlyList<SyslogConfiguration> Syslog { get; init; } = [];

    /// <summary><c>receivers.fluentd</c>.</summary>
    public IReadOnlyList<FluentConfiguration> Fluent { get; init; } = [];

    /// <summary><c>receivers.gelf</c>.</summary>
    public IReadOnlyList<GelfConfiguration> Gelf { get; init; } = [];

    /// <summary><c>receivers.seq.api_keys</c>: keys of which Seq's senders need one; empty where they need none.</summary>
    public IReadOnlyList<string> SeqKeys { get; init; } = [];

    /// <summary>The entries of <c>logs</c> with <c>journald</c>.</summary>
    public IReadOnlyList<JournalConfiguration> Journals { get; init; } = [];

    /// <summary>Ports of HTTP receivers, by receiver.</summary>
    public IReadOnlyList<HttpLogPort> Http { get; init; } = [];
}

/// <summary>The port of an HTTP receiver of logs.</summary>
/// <param name="Receiver">The receiver.</param>
/// <param name="Address">Where it listens.</param>
internal sealed record HttpLogPort(string Receiver, IPEndPoint Address);
