namespace Sightglass.Alerting.OnCall;

/// <summary>A time for which one person is on call.</summary>
/// <param name="Person">Who.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when, not included.</param>
/// <param name="Layer">The layer that says so; empty for an override.</param>
/// <param name="Override">Id of the override that says so, or empty.</param>
public sealed record Shift(string Person, DateTimeOffset From, DateTimeOffset To, string Layer, string Override);

/// <summary>Somebody stands in: goes before every layer of the rotation.</summary>
public sealed record OnCallOverride
{
    /// <summary>Its id, a UUID.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the rotation.</summary>
    public required string Rotation { get; init; }

    /// <summary>Who is on call.</summary>
    public required string Person { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Until when, not included.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made: of two for one time the later made holds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Why.</summary>
    public string Comment { get; init; } = string.Empty;
}
