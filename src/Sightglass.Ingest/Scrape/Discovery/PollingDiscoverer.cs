namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>A discoverer that asks somebody again and again. Thread-safe.</summary>
internal abstract class PollingDiscoverer(TimeSpan interval, DiscoveryContext context, string job) : Discoverer(context, job)
{
    protected TimeSpan Interval { get; } = interval;

    protected sealed override async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                Publish(await AskAsync(cancellation));
            }
            catch (Exception e) when (e is ScrapeFailedException or FormatException or TimeoutException)
            {
                // What was found last stands.
                Context.Report($"{Job}: {e.Message}");
            }

            await Task.Delay(Interval, Context.Time, cancellation);
        }
    }

    protected abstract Task<IReadOnlyList<TargetGroup>> AskAsync(CancellationToken cancellation);
}
