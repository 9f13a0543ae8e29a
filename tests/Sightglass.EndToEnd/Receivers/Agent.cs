using System.Diagnostics;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd.Receivers;

/// <summary>Somebody else's program that sends logs to the server under test.</summary>
internal sealed class Agent : IAsyncDisposable
{
    private readonly Process _process;

    private Agent(Process process) => _process = process;

    /// <summary>Starts a program that runs until it is disposed of.</summary>
    public static Agent Start(string program, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);

    /// <summary>Runs a program to its end; it has to succeed.</summary>
    public static async Task<string> RunAsync(string? folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {await errors}{output}");
        return output;
    }

    /// <summary>Runs a script of <c>tests/clients/logs-js</c>.</summary>
    public static Task<string> NodeAsync(string script, params string[] arguments)
    {
        var folder = Path.Combine(SharedInput.RepoRoot, "tests", "clients", "logs-js");
        Directory.Exists(Path.Combine(folder, "node_modules")).ShouldBeTrue("test.sh runs npm ci there");
        return RunAsync(folder, "node", [script, .. arguments]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}

/// <summary>What the tests of receivers ask the server.</summary>
internal static class ReceiverQueries
{
    /// <summary>Where a receiver listens.</summary>
    public static async Task<string> PortOfAsync(this ServerProcess server, string receiver, string transport)
    {
        var status = await server.GetAsync("/sightglass/v1/status");
        var address = status.GetProperty("receivers").EnumerateArray()
            .Single(r => r.GetProperty("receiver").GetString() == receiver && r.GetProperty("transport").GetString() == transport).GetProperty("address").GetString()!;
        return address[(address.LastIndexOf(':') + 1)..];
    }

    /// <summary>Lines of a LogQL query, oldest first, once there are as many as wanted.</summary>
    public static async Task<List<LogLine>> LinesAsync(this ServerProcess server, string query, int count)
    {
        var answer = await server.UntilAsync($"/loki/api/v1/query_range?limit=5000&since=24h&direction=forward&query={Uri.EscapeDataString(query)}", j => Lines(j).Count >= count);
        return [.. Lines(answer).OrderBy(l => l.Time, StringComparer.Ordinal)];
    }

    private static List<LogLine> Lines(JsonElement answer) =>
    [
        .. answer.GetProperty("data").GetProperty("result").EnumerateArray().SelectMany(stream => stream.GetProperty("values").EnumerateArray().Select(v => new LogLine(
            stream.GetProperty("stream").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!, StringComparer.Ordinal),
            v[0].GetString()!,
            v[1].GetString()!))),
    ];
}

/// <summary>A line as Loki's API answers it: labels and structured metadata together.</summary>
internal sealed record LogLine(Dictionary<string, string> Labels, string Time, string Text);
