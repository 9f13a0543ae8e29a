using System.Net;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Tests.Listening;

/// <summary>Ports of receivers as tests open them.</summary>
internal static class Ports
{
    /// <summary>A free port of this machine.</summary>
    public static readonly IPEndPoint Free = new(IPAddress.Loopback, 0);

    public static LogIntake Intake(IBatchSink sink, IngestLedger? ledger = null) => new(sink, ledger ?? new IngestLedger(TimeProvider.System), IngestLimits.Default, TimeProvider.System, _ => { });

    public static LogPortSet Open(LogIntake intake, IEnumerable<LogPort> ports)
    {
        var set = new LogPortSet(intake);
        set.UpdateAsync(ports).GetAwaiter().GetResult();
        set.Start();
        return set;
    }

    public static IPEndPoint AddressOf(LogPortSet ports, string transport) => IPEndPoint.Parse(ports.Status.Single(l => l.Transport == transport).Address);
}
