using Sightglass.Core.Templates;

namespace Sightglass.Query.LogQL.Templates;

/// <summary>The time between two, as <c>Sub</c> gives it.</summary>
internal readonly record struct TemplateDuration(long Nanoseconds)
{
    /// <summary>What a method gives.</summary>
    public bool TryCall(string name, out object? value)
    {
        value = name switch
        {
            "Seconds" => Nanoseconds / 1e9,
            "Minutes" => Nanoseconds / 6e10,
            "Hours" => Nanoseconds / 3.6e12,
            "Milliseconds" => Nanoseconds / 1_000_000,
            "Microseconds" => Nanoseconds / 1_000,
            "Nanoseconds" => Nanoseconds,
            "String" => ToString(),
            _ => null,
        };
        return value is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => GoDuration.Format(Nanoseconds);
}
