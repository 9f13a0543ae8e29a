namespace Sightglass.Ingest.Bodies;

/// <summary>Why a body could not be read.</summary>
public enum BodyError
{
    /// <summary>Truncated or not in the encoding that it claims (400).</summary>
    Malformed,

    /// <summary>Larger than a limit (413).</summary>
    TooLarge,

    /// <summary>An encoding or content type that is not known (415).</summary>
    Unsupported,

    /// <summary>No memory left for bodies just now (503, come again).</summary>
    Busy,
}

/// <summary>A request body that could not be read.</summary>
public sealed class BodyException : Exception
{
    /// <summary>Makes one.</summary>
    public BodyException(BodyError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>Why.</summary>
    public BodyError Error { get; }
}
