using Sightglass.Core.Errors;
using Sightglass.Core.Limits;

namespace Sightglass.Ingest.Otlp;

/// <summary>Counts what one request makes us keep, against <see cref="IngestLimits.MaxItemsPerRequest"/>.</summary>
internal struct ItemCount(IngestLimits limits)
{
    private readonly int _max = limits.MaxItemsPerRequest;
    private int _taken;

    /// <summary>Counts one thing that costs memory, whether it is kept or not.</summary>
    public void Take()
    {
        if (++_taken > _max)
        {
            throw new LimitExceededException(nameof(IngestLimits.MaxItemsPerRequest), _max, _taken, "items of the request");
        }
    }
}
