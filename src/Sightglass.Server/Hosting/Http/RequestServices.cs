namespace Sightglass.Server.Hosting.Http;

/// <summary>The services that handlers and the framework's middleware ask a request for: its logging, and when the server closes.</summary>
internal sealed class RequestServices : IServiceProvider, IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Never: whoever asks finds it started.</summary>
    public CancellationToken ApplicationStarted => CancellationToken.None;

    /// <summary>Cancelled when the server begins to close: requests without an end have to end.</summary>
    public CancellationToken ApplicationStopping => _stopping.Token;

    /// <summary>Never: nobody waits for it.</summary>
    public CancellationToken ApplicationStopped => CancellationToken.None;

    /// <summary>Says that the server closes.</summary>
    public void StopApplication() => _stopping.Cancel();

    /// <summary>The service, or null.</summary>
    public object? GetService(Type serviceType) =>
        serviceType == typeof(IHostApplicationLifetime) ? this : serviceType == typeof(ILoggerFactory) ? StandardErrorLog.Instance : null;

    /// <summary>Frees what <see cref="ApplicationStopping"/> holds.</summary>
    public void Dispose() => _stopping.Dispose();
}
