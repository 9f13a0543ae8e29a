using System.Net;
using Shop.Telemetry;

namespace Shop.Processes;

/// <summary>Runs one of the shop's services until it is told to stop, then flushes its telemetry.</summary>
internal static class ServiceHost
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    public static async Task RunWebAsync(ShopOptions options, Action<IServiceCollection, ShopOptions> register, Action<WebApplication> map)
    {
        // The empty builder: neither settings files nor environment variables of the machine change what the sample does.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = options.ServiceName });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRoutingCore();
        // What a body leaves out is the sender's mistake (400), not a null to stumble over.
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        Prepare(builder, options);
        register(builder.Services, options);

        await using var app = builder.Build();
        app.Services.StartTelemetry();
        app.UseMiddleware<RequestTelemetry>();
        map(app);

        await app.StartAsync();
        // The supervisor reads this line to learn the port.
        Console.WriteLine($"ready {app.Urls.Single()}");
        await app.WaitForShutdownAsync();
    }

    public static async Task RunWorkerAsync(ShopOptions options, Action<IServiceCollection, ShopOptions> register)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = options.ServiceName });
        Prepare(builder, options);
        register(builder.Services, options);

        using var host = builder.Build();
        host.Services.StartTelemetry();
        await host.StartAsync();
        Console.WriteLine("ready");
        await host.WaitForShutdownAsync();
    }

    private static void Prepare(IHostApplicationBuilder builder, ShopOptions options)
    {
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Random.Shared);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddHostedService<StandardInputWatch>();
        builder.AddTelemetry(options);
    }
}
