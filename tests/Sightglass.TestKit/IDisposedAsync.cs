using Xunit;

namespace Sightglass.TestKit;

/// <summary>A test class that is disposed of asynchronously: xunit 2 leaves <see cref="IAsyncDisposable"/> by itself alone.</summary>
public interface IDisposedAsync : IAsyncLifetime, IAsyncDisposable
{
    /// <summary>Nothing: what a test needs its constructor makes.</summary>
    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    /// <summary>After each test.</summary>
    Task IAsyncLifetime.DisposeAsync() => ((IAsyncDisposable)this).DisposeAsync().AsTask();
}
