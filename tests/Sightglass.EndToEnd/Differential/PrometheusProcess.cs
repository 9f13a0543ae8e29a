using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Differential;

/// <summary>The distribution's own prometheus, or the one that <c>SIGHTGLASS_PROMETHEUS</c> names, on a free port, to compare with.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    public static string Executable { get; } = Environment.GetEnvironmentVariable("SIGHTGLASS_PROMETHEUS") is { Length: > 0 } named ? named : "/usr/bin/prometheus";

    private readonly Process _process;

    private PrometheusProcess(Process process, int port)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
    }

    public HttpClient Http { get; }

    /// <summary>Starts it over a folder with a configuration, with the remote write receiver on.</summary>
    public static async Task<PrometheusProcess> StartAsync(string folder, string configuration, params string[] more)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(file, configuration);
        var port = FreePort.Take();
        var start = new ProcessStartInfo(Executable) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[$"--config.file={file}", $"--storage.tsdb.path={Path.Combine(folder, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=3650d", .. more])
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
        var prometheus = new PrometheusProcess(process, port);
        for (var attempt = 0; attempt < 600; attempt++)
        {
            try
            {
                using var ready = await prometheus.Http.GetAsync(new Uri("-/ready", UriKind.Relative));
                if (ready.StatusCode == HttpStatusCode.OK)
                {
                    return prometheus;
                }
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        await prometheus.DisposeAsync();
        throw new TimeoutException($"prometheus is not ready: {string.Join('\n', errors)}");
    }

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

    /// <summary>The first number of its version.</summary>
    public async Task<int> MajorVersionAsync()
    {
        using var answer = await Http.GetAsync(new Uri("api/v1/status/buildinfo", UriKind.Relative));
        var version = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("data").GetProperty("version").GetString()!;
        return int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture);
    }
}

/// <summary>A fact that needs the distribution's prometheus; skipped with a sentence where it is missing.</summary>
public sealed class PrometheusFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public PrometheusFactAttribute()
    {
        if (!File.Exists(PrometheusProcess.Executable))
        {
            Skip = $"no {PrometheusProcess.Executable} on this machine";
        }
    }
}
