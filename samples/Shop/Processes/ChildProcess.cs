using System.Diagnostics;
using System.Reflection;

namespace Shop.Processes;

/// <summary>One child process of the supervisor, started again when it dies, on the port that it had.</summary>
/// <param name="role">The first argument, and the name in messages.</param>
/// <param name="arguments">The arguments of a start, given the port of the start before it.</param>
/// <param name="time">Measures the pauses.</param>
internal sealed class ChildProcess(string role, Func<int?, List<string>> arguments, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(6);

    private readonly TaskCompletionSource<Uri?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public string Role { get; } = role;

    /// <summary>Starts the process; the task ends when it is ready for the first time, with its address if it listens.</summary>
    public Task<Uri?> StartAsync()
    {
        _running = Task.Run(KeepRunningAsync);
        return _ready.Task;
    }

    /// <summary>Asks the process to end and waits for it; kills it when it takes too long.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task KeepRunningAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var exitCode = await RunOnceAsync();
            // A process that lived for a while has not earned the long pause of one that cannot start.
            pause = time.GetElapsedTime(started) > TimeSpan.FromMinutes(1) ? FirstPause : pause;
            await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Told only now: at Ctrl-C the children get the signal too, and may end a moment before this process hears of it.
            if (!_stopping.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"shop: {Role} ended with code {exitCode}, starting it again");
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<int> RunOnceAsync()
    {
        var port = _ready.Task.IsCompletedSuccessfully ? (await _ready.Task)?.Port : null;
        using var process = Process.Start(Describe(port)) ?? throw new UnreachableException($"BUG: no process for {Role}");
        var output = ReadOutputAsync(process.StandardOutput);
        var exit = process.WaitForExitAsync(CancellationToken.None);

        await Task.WhenAny(exit, Task.Delay(Timeout.InfiniteTimeSpan, time, _stopping.Token));
        // Its standard input closing tells the process to end.
        process.StandardInput.Close();
        if (await Task.WhenAny(exit, Task.Delay(StopTimeout, time)) != exit)
        {
            process.Kill();
        }

        await exit;
        await output;
        return process.ExitCode;
    }

    private async Task ReadOutputAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready", StringComparison.Ordinal))
            {
                _ready.TrySetResult(Uri.TryCreate(line["ready".Length..].Trim(), UriKind.Absolute, out var address) ? address : null);
            }
        }
    }

    private ProcessStartInfo Describe(int? port)
    {
        var executable = Environment.ProcessPath ?? throw new UnreachableException("BUG: a process without a path");
        var start = new ProcessStartInfo(executable) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
        {
            // Run as `dotnet shop.dll`: the executable is the runtime's, and wants to be told what to run.
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        foreach (var argument in arguments(port))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
