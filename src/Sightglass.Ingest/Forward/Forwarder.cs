using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Forward;

/// <summary>
/// A stage in front of the store that queues every metric batch for all <c>remote_write</c> targets before it is stored: what the sender is told is
/// stored is then on its way too, even if the process is killed in between. Logs and spans pass through. Thread-safe.
/// </summary>
public sealed class Forwarder : IBatchSink, IAsyncDisposable
{
    private readonly IBatchSink _next;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly ReaderWriterLockSlim _gate = new();
    private volatile RemoteWriteSender[] _senders = [];

    /// <summary>Makes one and opens its queues, folders of <paramref name="folder"/>; nothing is sent before <see cref="Start"/>.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">A queue cannot be opened.</exception>
    public Forwarder(IBatchSink next, IReadOnlyList<RemoteWriteTarget> targets, string folder, TimeProvider time, Action<string> report)
    {
        _next = next;
        _folder = folder;
        _time = time;
        _report = report;
        _senders = Open(targets);
    }

    /// <summary>The figures of every target.</summary>
    public IReadOnlyList<ForwardFigures> Figures => [.. _senders.Select(static s => s.Figures)];

    /// <summary>Starts sending.</summary>
    public void Start()
    {
        foreach (var sender in _senders)
        {
            sender.Start();
        }
    }

    /// <summary>Starts sending to these targets instead of those before. Queues of targets that are gone stay on disk.</summary>
    /// <exception cref="Core.Errors.StorageFailedException">A queue cannot be opened.</exception>
    public async Task UpdateAsync(IReadOnlyList<RemoteWriteTarget> targets)
    {
        await StopAsync();
        _gate.EnterWriteLock();
        try
        {
            Close();
            _senders = Open(targets);
        }
        finally
        {
            _gate.ExitWriteLock();
        }

        Start();
    }

    /// <inheritdoc/>
    public AppendResult Append(MetricBatch batch)
    {
        _gate.EnterReadLock();
        try
        {
            foreach (var sender in _senders)
            {
                sender.Enqueue(batch);
            }
        }
        finally
        {
            _gate.ExitReadLock();
        }

        return _next.Append(batch);
    }

    /// <inheritdoc/>
    public AppendResult Append(LogBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public AppendResult Append(SpanBatch batch) => _next.Append(batch);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Close();
        _gate.Dispose();
    }

    private RemoteWriteSender[] Open(IReadOnlyList<RemoteWriteTarget> targets) =>
        [.. targets.Select(target => new RemoteWriteSender(target, Path.Combine(_folder, target.Name), _time, _report))];

    private Task StopAsync() => Task.WhenAll(_senders.Select(static s => s.StopAsync()));

    private void Close()
    {
        foreach (var sender in _senders)
        {
            sender.Dispose();
        }

        _senders = [];
    }
}
