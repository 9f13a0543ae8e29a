using System.Diagnostics;
using System.Runtime.InteropServices;
using Sightglass.Alerting.Rules;
using Sightglass.Server.Configuration;
using Sightglass.Server.Hosting;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass</c> and <c>sightglass demo</c>: serve until told to stop.</summary>
internal static class ServeCommand
{
    private static string ShopFolder => Path.Combine(AppContext.BaseDirectory, "shop");

    /// <summary>The configuration with the demo's rules, short intervals, and a data folder of its own unless one was named.</summary>
    public static ServerConfiguration ForDemo(ServerConfiguration configuration, string? dataPath)
    {
        var rules = Path.Combine(ShopFolder, "demo-rules.yml");
        if (!File.Exists(rules))
        {
            throw new FileNotFoundException($"the sample shop is not beside this executable ({ShopFolder}); a Release build or dotnet publish puts it there");
        }

        return configuration with
        {
            DataPath = dataPath ?? "./sightglass-demo-data",
            ScrapeInterval = TimeSpan.FromSeconds(5),
            EvaluationInterval = TimeSpan.FromSeconds(5),
            Rules = [.. configuration.Rules, new RuleFileLoader().Load(rules, File.ReadAllText(rules))],
        };
    }

    public static async Task<int> RunAsync(Func<ServerConfiguration> read, bool demo, CancellationToken cancellation)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        await using var cancelled = cancellation.Register(() => stop.TrySetResult());

        // From the beginning: a signal that nobody waits for ends the process.
        var started = new TaskCompletionSource<SightglassServer>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _ = ReloadAsync(started.Task);
        });
        await using var server = await SightglassServer.StartAsync(read(), TimeProvider.System, read, () => stop.TrySetResult());
        started.SetResult(server);
        var addresses = server.Addresses;
        using var shop = demo ? StartShop(addresses) : null;
        StandardErrorLog.WriteLine($"ready http={addresses.Http} otlp_grpc={addresses.OtlpGrpc} otlp_http={addresses.OtlpHttp}");
        await stop.Task;
        if (shop is { HasExited: false })
        {
            // The shop ends when its standard input does, after it has sent what it has.
            shop.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await Task.WhenAny(shop.WaitForExitAsync(CancellationToken.None), Task.Delay(Timeout.Infinite, patience.Token));
        }

        return 0;
    }

    private static async Task ReloadAsync(Task<SightglassServer> server) =>
        StandardErrorLog.WriteLine(await (await server).ReloadAsync() is { } error ? $"configuration not reloaded: {error}" : "configuration reloaded");

    private static Process StartShop(ListenAddresses addresses)
    {
        var start = new ProcessStartInfo(Path.Combine(ShopFolder, "shop")) { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in new[] { "all", "--otlp", ListenAddresses.UriOf(addresses.OtlpGrpc).ToString().TrimEnd('/') })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new IOException("the sample shop did not start");
    }

    private static void Stop(PosixSignalContext context, TaskCompletionSource stop)
    {
        context.Cancel = true;
        stop.TrySetResult();
    }
}
