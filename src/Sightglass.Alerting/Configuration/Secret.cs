namespace Sightglass.Alerting;

/// <summary>Text that must not be shown: it prints as <c>&lt;secret&gt;</c> and is read only where it is sent.</summary>
public sealed class Secret : IEquatable<Secret>
{
    private const string Shown = "<secret>";
    private readonly string _value;

    /// <summary>Wraps a value.</summary>
    public Secret(string value) => _value = value;

    /// <summary>The value, for the one place that sends it.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => Shown;

    /// <summary>Removes the value from a text, such as an error of a library that quotes the address.</summary>
    public string Redact(string text) => _value.Length == 0 ? text : text.Replace(_value, Shown, StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool Equals(Secret? other) => other is not null && _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);
}
