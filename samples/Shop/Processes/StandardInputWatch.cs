namespace Shop.Processes;

/// <summary>
/// Ends this process when the other end of its standard input closes. The one who started it holds that end open,
/// so it also closes when that process is killed.
/// </summary>
internal sealed class StandardInputWatch(IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        OnClosed(lifetime.StopApplication);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Calls back once, when standard input is a pipe and reaches its end. A terminal, a file or /dev/null says nothing about who started us.</summary>
    public static void OnClosed(Action closed)
    {
        if (!IsPipe())
        {
            return;
        }

        // A thread of its own: a read of standard input blocks, and cannot be cancelled.
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[64];
            while (input.Read(ignored) > 0)
            {
            }

            closed();
        })
        { IsBackground = true, Name = "standard input" }.Start();
    }

    private static bool IsPipe()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Console.IsInputRedirected;
        }

        var target = new FileInfo("/proc/self/fd/0").LinkTarget;
        return target is not null && (target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal));
    }
}
