using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>The receivers of logs that have a port of their own, made from <c>receivers</c>.</summary>
internal sealed class LogReceivers : IAsyncDisposable
{
    private readonly List<SyslogReceiver> _syslog = [];

    private LogReceivers()
    {
    }

    /// <summary>The ports that are listened on.</summary>
    public IReadOnlyList<ListenerStatus> Listeners => [.. _syslog.SelectMany(s => s.Listeners)];

    /// <summary>Binds every port; nothing is taken until <see cref="Start"/>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public static async Task<LogReceivers> BindAsync(ReceiversConfiguration configuration, LogIntake intake)
    {
        var receivers = new LogReceivers();
        try
        {
            foreach (var syslog in configuration.Syslog)
            {
                receivers._syslog.Add(new SyslogReceiver(syslog, intake));
            }

            return receivers;
        }
        catch
        {
            await receivers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts taking logs.</summary>
    public void Start() => _syslog.ForEach(s => s.Start());

    public async ValueTask DisposeAsync()
    {
        foreach (var syslog in _syslog)
        {
            await syslog.DisposeAsync();
        }
    }
}
