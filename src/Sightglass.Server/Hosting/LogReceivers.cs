using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Syslog;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>The receivers of logs that have ports of their own, and the journals that are followed, made from <c>receivers</c> and <c>logs</c>.</summary>
internal sealed class LogReceivers(LogIntake intake, string folder) : IAsyncDisposable
{
    private readonly LogPortSet _ports = new(intake);
    private readonly Dictionary<string, (JournalConfiguration Configuration, JournalFollower Follower)> _journals = new(StringComparer.Ordinal);
    private bool _isStarted;

    /// <summary>The ports that are listened on.</summary>
    public IReadOnlyList<ListenerStatus> Listeners => _ports.Status;

    /// <summary>Binds the ports that are new and gives up those that are not wanted any more; the others go on. Cursors of journals are kept in the folder.</summary>
    /// <exception cref="IOException">An address is in use; everything is as before.</exception>
    public async Task UpdateAsync(ReceiversConfiguration configuration)
    {
        await _ports.UpdateAsync(
        [
            .. configuration.Syslog.SelectMany(s => SyslogReceiver.Ports(s, intake)),
            .. configuration.Fluent.SelectMany(f => FluentReceiver.Ports(f, intake)),
            .. configuration.Gelf.SelectMany(g => GelfReceiver.Ports(g, intake)),
        ]);
        var wanted = configuration.Journals.ToDictionary(j => j.Name, StringComparer.Ordinal);
        foreach (var (name, (before, follower)) in _journals.ToArray())
        {
            if (!wanted.TryGetValue(name, out var next) || !next.IsSameAs(before))
            {
                _journals.Remove(name);
                await follower.DisposeAsync();
            }
        }

        foreach (var (name, journal) in wanted)
        {
            if (_journals.ContainsKey(name))
            {
                continue;
            }

            var follower = new JournalFollower(journal, Path.Combine(folder, $"journal-{name}.cursor"), intake);
            _journals.Add(name, (journal, follower));
            if (_isStarted)
            {
                follower.Start();
            }
        }
    }

    /// <summary>Starts taking logs.</summary>
    public void Start()
    {
        _isStarted = true;
        _ports.Start();
        foreach (var (_, follower) in _journals.Values)
        {
            follower.Start();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ports.DisposeAsync();
        foreach (var (_, follower) in _journals.Values)
        {
            await follower.DisposeAsync();
        }
    }
}
