using System.Runtime.InteropServices;

namespace Shop.Processes;

/// <summary>
/// <c>shop all</c>: starts the four services as processes of their own, each knowing where the next one is, and ends
/// them when it ends itself: by signal, by the end of its standard input, or by being killed.
/// </summary>
internal sealed class Supervisor(ShopOptions options, TimeProvider time)
{
    // Each needs the address of the one before it.
    private static readonly string[] StartOrder = ["payments", "orders", "front", "visitors"];

    private readonly Dictionary<string, Uri> _addresses = [];
    private readonly List<ChildProcess> _children = [];

    public async Task RunAsync()
    {
        using var stopping = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        StandardInputWatch.OnClosed(stopping.Cancel);

        try
        {
            await StartAllAsync(stopping.Token);
            await Console.Error.WriteLineAsync($"shop: open at {_addresses["front"]}, telemetry to {options.Otlp}");
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }

        // The visitors leave first, so that nobody is served a closing shop.
        foreach (var visitors in _children.Where(child => child.Role == "visitors"))
        {
            await visitors.StopAsync();
        }

        await Task.WhenAll(_children.Select(child => child.DisposeAsync().AsTask()));
    }

    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        foreach (var role in StartOrder)
        {
            var port = role == "front" ? options.Port : 0;
            var child = new ChildProcess(role, usedPort => options.ArgumentsFor(role, usedPort ?? port, _addresses), time);
            _children.Add(child);
            if (await child.StartAsync().WaitAsync(cancellationToken) is { } address)
            {
                _addresses[role] = address;
            }
        }
    }
}
