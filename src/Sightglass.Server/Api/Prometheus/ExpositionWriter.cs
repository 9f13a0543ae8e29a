using Sightglass.Core.Model;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Writes samples for a Prometheus to scrape, family by family. A series gets labels of <c>further</c> unless it has them.</summary>
internal abstract class ExpositionWriter : IDisposable
{
    /// <summary>What is not flushed yet, in characters or bytes.</summary>
    public abstract int Written { get; }

    /// <summary>Whether native histograms have a form here.</summary>
    public abstract bool HasHistograms { get; }

    /// <summary>One sample of a type that is not known; <paramref name="begins"/> says that it is the first of its family.</summary>
    public abstract void Sample(LabelSet labels, List<Label> further, double value, long timestampMs, bool begins);

    /// <summary>One native histogram.</summary>
    public abstract void Histogram(LabelSet labels, List<Label> further, NativeHistogram histogram, long timestampMs, bool begins);

    /// <summary>Hands over what is written; <paramref name="ends"/> says that nothing comes after.</summary>
    public abstract Task FlushAsync(bool ends, CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract void Dispose();
}
