using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>The built server as a process of its own, on free ports.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly List<string> _errors = [];

    private ServerProcess(Process process) => _process = process;

    /// <summary>The executable that the tests' set-up published, or the one that <c>SIGHTGLASS_EXECUTABLE</c> names.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable("SIGHTGLASS_EXECUTABLE") is { Length: > 0 } named
        ? named
        : Path.Combine(SharedInput.RepoRoot, "artifacts", "dist", "sightglass");

    public HttpClient Http { get; private set; } = new();

    public HttpClient Otlp { get; private set; } = new();

    public Uri Grpc { get; private set; } = new("http://127.0.0.1/");

    public int Id => _process.Id;

    /// <summary>Everything on standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    /// <summary>Starts the server over a data folder and waits for its ready line.</summary>
    public static async Task<ServerProcess> StartAsync(string data, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in (string[])[.. arguments, "--data", data, "--listen", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0"])
        {
            start.ArgumentList.Add(argument);
        }

        var ready = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = new ServerProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        server._process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                return;
            }

            lock (server._errors)
            {
                server._errors.Add(line.Data);
            }

            if (Ready().Match(line.Data) is { Success: true } match)
            {
                ready.TrySetResult(match);
            }
        };
        server._process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"the server ended: {server.Errors}"));
        server._process.Start();
        server._process.BeginErrorReadLine();
        server._process.BeginOutputReadLine();
        var found = await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
        server.Http = new HttpClient { BaseAddress = new Uri($"http://{found.Groups["http"].Value}/") };
        server.Otlp = new HttpClient { BaseAddress = new Uri($"http://{found.Groups["otlp"].Value}/") };
        server.Grpc = new Uri($"http://{found.Groups["grpc"].Value}/");
        return server;
    }

    /// <summary>Runs a command of the executable to its end and returns what it printed; fails when it failed.</summary>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{string.Join(' ', arguments)}: {await errors}");
    }

    /// <summary>Asks a JSON endpoint until <paramref name="holds"/>; fails with the last answer after half a minute.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var last = string.Empty;
        while (!patience.IsCancellationRequested)
        {
            last = await Http.GetStringAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
            var json = JsonDocument.Parse(last).RootElement;
            if (holds(json))
            {
                return json;
            }

            // Another process is waited for: it has no clock that a test could move, and asking it without a pause would slow it down.
            await Task.Delay(PollInterval);
        }

        throw new TimeoutException($"{path}: {last}\n{Errors}");
    }

    /// <summary>Asks a JSON endpoint once.</summary>
    public async Task<JsonElement> GetAsync(string path) => JsonDocument.Parse(await Http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, and waits until it has; the configuration has to enable the lifecycle API.</summary>
    public async Task QuitAsync()
    {
        using var answer = await Http.PostAsync(new Uri("-/quit", UriKind.Relative), null);
        answer.EnsureSuccessStatusCode();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        Http.Dispose();
        Otlp.Dispose();
        _process.Dispose();
    }

    [GeneratedRegex(@"^ready http=(?<http>\S+) otlp_grpc=(?<grpc>\S+) otlp_http=(?<otlp>\S+)$")]
    private static partial Regex Ready();
}
