using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>The receivers of logs that have ports of their own, and the journals that are followed, made from <c>receivers</c> and <c>logs</c>.</summary>
internal sealed class LogReceivers : IAsyncDisposable
{
    private readonly List<SyslogReceiver> _syslog = [];
    private readonly List<FluentReceiver> _fluent = [];
    private readonly List<GelfReceiver> _gelf = [];
    private readonly List<JournalFollower> _journals = [];

    private LogReceivers()
    {
    }

    /// <summary>The ports that are listened on.</summary>
    public IReadOnlyList<ListenerStatus> Listeners =>
        [.. _syslog.SelectMany(s => s.Listeners), .. _fluent.SelectMany(f => f.Listeners), .. _gelf.SelectMany(g => g.Listeners)];

    /// <summary>Binds every port; nothing is taken until <see cref="Start"/>. Cursors of journals are kept in <paramref name="folder"/>.</summary>
    /// <exception cref="IOException">An address is in use.</exception>
    public static async Task<LogReceivers> BindAsync(ReceiversConfiguration configuration, LogIntake intake, string folder)
    {
        var receivers = new LogReceivers();
        try
        {
            foreach (var syslog in configuration.Syslog)
            {
                receivers._syslog.Add(new SyslogReceiver(syslog, intake));
            }

            foreach (var fluent in configuration.Fluent)
            {
                receivers._fluent.Add(new FluentReceiver(fluent, intake));
            }

            foreach (var gelf in configuration.Gelf)
            {
                receivers._gelf.Add(new GelfReceiver(gelf, intake));
            }

            foreach (var journal in configuration.Journals)
            {
                receivers._journals.Add(new JournalFollower(journal, Path.Combine(folder, $"journal-{journal.Name}.cursor"), intake));
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
    public void Start()
    {
        _syslog.ForEach(s => s.Start());
        _fluent.ForEach(f => f.Start());
        _gelf.ForEach(g => g.Start());
        _journals.ForEach(j => j.Start());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var receiver in (IAsyncDisposable[])[.. _syslog, .. _fluent, .. _gelf, .. _journals])
        {
            await receiver.DisposeAsync();
        }
    }
}
