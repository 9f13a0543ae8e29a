namespace Sightglass.Core.Templates;

/// <summary>How <see cref="GoPrintf"/> takes a value.</summary>
public enum PrintfKind
{
    /// <summary>Go's nil.</summary>
    Nothing,

    /// <summary>True or false.</summary>
    Truth,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Float,

    /// <summary>A text.</summary>
    Text,

    /// <summary>Nanoseconds, which print as a duration.</summary>
    Duration,

    /// <summary>A list, whose items each take the verb.</summary>
    List,

    /// <summary>Anything else: what it prints is a text.</summary>
    Other,
}

/// <summary>A value that <see cref="GoPrintf"/> writes. The two evaluators have different values; a struct in between costs nothing.</summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
public interface IPrintfValue<TSelf>
    where TSelf : struct, IPrintfValue<TSelf>
{
    /// <summary>What it is.</summary>
    PrintfKind Kind { get; }

    /// <summary>Go's name of its type.</summary>
    string TypeName { get; }

    /// <summary>Of a whole number or a duration.</summary>
    long Integer { get; }

    /// <summary>Of a number.</summary>
    double Float { get; }

    /// <summary>Of a list: how many items.</summary>
    int Count { get; }

    /// <summary>Of a list: an item.</summary>
    TSelf Item(int index);

    /// <summary>Its text as <c>%v</c>, or with the names of fields as <c>%+v</c>.</summary>
    string Print(bool names);
}
