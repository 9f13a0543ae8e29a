using System.Globalization;
using System.Net;

namespace Sightglass.Ingest.Listening;

/// <summary>A port that a configuration asks for.</summary>
public sealed class LogPort
{
    internal LogPort(bool isDatagram, IPEndPoint address, PortService service)
    {
        IsDatagram = isDatagram;
        Address = address;
        Service = service;
    }

    internal bool IsDatagram { get; }

    internal IPEndPoint Address { get; }

    internal PortService Service { get; }

    /// <summary>The ports of a receiver that takes datagrams, connections and connections over TLS, each where it has an address.</summary>
    internal static IEnumerable<LogPort> Of(IPEndPoint? udp, IPEndPoint? tcp, TlsEndPoint? tls, Func<TlsEndPoint?, bool, PortService> service)
    {
        if (udp is not null)
        {
            yield return new LogPort(true, udp, service(null, true));
        }

        if (tcp is not null)
        {
            yield return new LogPort(false, tcp, service(null, false));
        }

        if (tls is not null)
        {
            yield return new LogPort(false, tls.Address, service(tls, false));
        }
    }
}

/// <summary>
/// The open ports of all receivers that have their own. They change while they serve: what stays goes on without a break, with its new settings; new ports are
/// bound before anything else happens; ports that go take what has arrived, and serve the connections that they have for <see cref="ListenLimits.DrainTime"/>.
/// One caller changes it at a time.
/// </summary>
public sealed class LogPortSet(LogIntake intake) : IAsyncDisposable
{
    private readonly List<Task> _retiring = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile IReadOnlyList<(string Key, PortListener Listener)> _open = [];
    private bool _isStarted;

    /// <summary>The open ports.</summary>
    public IReadOnlyList<ListenerStatus> Status => [.. _open.Select(o => o.Listener.Status)];

    /// <summary>Opens what is asked for and not open, and gives up what is not asked for any more.</summary>
    /// <exception cref="IOException">An address is in use; everything stays as it was.</exception>
    public async Task UpdateAsync(IEnumerable<LogPort> ports)
    {
        var before = _open.ToDictionary(o => o.Key, o => o.Listener, StringComparer.Ordinal);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var wanted = ports.Select(p => (Key: KeyOf(p, seen), Port: p)).ToArray();
        var bound = new Dictionary<string, PortListener>(StringComparer.Ordinal);
        try
        {
            foreach (var (key, port) in wanted.Where(w => !before.ContainsKey(w.Key)))
            {
                bound.Add(key, port.IsDatagram
                    ? new DatagramListener((MessageService)port.Service, BoundSocket.Udp(port.Service.Receiver, port.Address), intake)
                    : new StreamListener(port.Service, BoundSocket.Tcp(port.Service.Receiver, port.Address), intake));
            }
        }
        catch
        {
            foreach (var listener in bound.Values)
            {
                await listener.DisposeAsync();
            }

            throw;
        }

        foreach (var (key, port) in wanted)
        {
            if (before.Remove(key, out var kept))
            {
                kept.Renew(port.Service);
                bound.Add(key, kept);
            }
            else if (_isStarted)
            {
                bound[key].Start();
            }
        }

        _open = [.. wanted.Select(w => (w.Key, bound[w.Key]))];
        _retiring.RemoveAll(t => t.IsCompleted);
        _retiring.AddRange(before.Values.Select(RetireAsync));
    }

    /// <summary>Starts taking logs.</summary>
    public void Start()
    {
        _isStarted = true;
        foreach (var (_, listener) in _open)
        {
            listener.Start();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll([.. _open.Select(o => o.Listener.DisposeAsync().AsTask()), .. _retiring]);
        _open = [];
        _stop.Dispose();
    }

    // The same address with port 0 may be asked for more than once: each is another port, of one receiver for good.
    private static string KeyOf(LogPort port, Dictionary<string, int> seen)
    {
        var address = $"{(port.IsDatagram ? "udp" : "tcp")} {port.Address}{(port.Address.Port == 0 ? port.Service.Receiver : string.Empty)}";
        seen[address] = seen.GetValueOrDefault(address) + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{address} {seen[address]}");
    }

    private async Task RetireAsync(PortListener listener)
    {
        await listener.RetireAsync(ListenLimits.DrainTime, _stop.Token);
        await listener.DisposeAsync();
    }
}

/// <summary>An open port. What it serves may change while it does.</summary>
internal abstract class PortListener : IAsyncDisposable
{
    /// <summary>The port as others see it.</summary>
    public abstract ListenerStatus Status { get; }

    /// <summary>Starts taking.</summary>
    public abstract void Start();

    /// <summary>Puts other settings in force.</summary>
    public abstract void Renew(PortService next);

    /// <summary>Closes the port to newcomers and lets what is there come to an end, as far as that happens in time.</summary>
    public abstract Task RetireAsync(TimeSpan time, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}
