using System.Diagnostics;
using System.Net;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Alertmanager;

/// <summary>The distribution's own Alertmanager, or the one that <c>SIGHTGLASS_ALERTMANAGER</c> names, on a free port, to compare with.</summary>
internal sealed class AlertmanagerProcess : IAsyncDisposable
{
    public static string Executable { get; } =
        Environment.GetEnvironmentVariable("SIGHTGLASS_ALERTMANAGER") is { Length: > 0 } named ? named : "/usr/bin/prometheus-alertmanager";

    private readonly Process _process;

    private AlertmanagerProcess(Process process, int port)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
    }

    public HttpClient Http { get; }

    /// <summary>Starts it over a folder with a configuration file.</summary>
    public static async Task<AlertmanagerProcess> StartAsync(string folder, string configuration)
    {
        var port = FreePort.Take();
        var start = new ProcessStartInfo(Executable) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[$"--config.file={configuration}", $"--storage.path={folder}", $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="])
        {
            start.ArgumentList.Add(argument);
        }

        var errors = new List<string>();
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.Add(line.Data ?? string.Empty);
            }
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var alertmanager = new AlertmanagerProcess(process, port);
        for (var attempt = 0; attempt < 600 && !process.HasExited; attempt++)
        {
            try
            {
                using var ready = await alertmanager.Http.GetAsync(new Uri("-/ready", UriKind.Relative));
                if (ready.StatusCode == HttpStatusCode.OK)
                {
                    return alertmanager;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        await alertmanager.DisposeAsync();
        throw new TimeoutException($"alertmanager is not ready: {string.Join('\n', errors)}");
    }

    /// <summary>Whether a group is gone as soon as its alerts are over, and a new one waits again; since 0.31.</summary>
    public static bool EndsGroups { get; } = Version() >= new Version(0, 31);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Http.Dispose();
    }

    private static Version Version()
    {
        using var process = Process.Start(new ProcessStartInfo(Executable, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        return System.Version.TryParse(text.Split("version ", 2)[^1].Split([' ', '-', '~', ','], 2)[0], out var version) ? version : new Version(0, 0);
    }
}

/// <summary>A fact that needs an Alertmanager, and perhaps <c>SIGHTGLASS_ALERTMANAGER_SEEDS</c>; skipped with a sentence where it is missing.</summary>
public sealed class AlertmanagerFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public AlertmanagerFactAttribute(bool needsSeeds = false)
    {
        NeedsSeeds = needsSeeds;
        if (!File.Exists(AlertmanagerProcess.Executable))
        {
            Skip = $"no {AlertmanagerProcess.Executable} on this machine";
        }
        else if (needsSeeds && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("SIGHTGLASS_ALERTMANAGER_SEEDS")))
        {
            Skip = "SIGHTGLASS_ALERTMANAGER_SEEDS names no seeds, such as 1-20";
        }
    }

    /// <summary>It is for runs by hand.</summary>
    public bool NeedsSeeds { get; }
}

/// <summary>A theory that needs an Alertmanager; skipped with a sentence where it is missing.</summary>
public sealed class AlertmanagerTheoryAttribute : TheoryAttribute
{
    /// <summary>Marks the test.</summary>
    public AlertmanagerTheoryAttribute()
    {
        if (!File.Exists(AlertmanagerProcess.Executable))
        {
            Skip = $"no {AlertmanagerProcess.Executable} on this machine";
        }
    }
}
