namespace Sightglass.Events.Columns;

/// <summary>What varies in the texts of a template.</summary>
internal sealed class TemplateVariable
{
    /// <summary>Key of the column whose values these are, or -1.</summary>
    public required int Other { get; init; }

    /// <summary>Kinds of bytes that occur (<see cref="ByteClasses"/>).</summary>
    public required int Classes { get; init; }

    /// <summary>Bytes of the longest.</summary>
    public required int Longest { get; init; }

    public int Offset { get; set; }

    public int StoredLength { get; init; }

    public int RawLength { get; init; }

    /// <summary>The values, once they were read.</summary>
    public ValueVector? Values { get; set; }
}

/// <summary>Texts of one shape: pieces that all have, and between them what varies.</summary>
internal sealed class Template
{
    /// <summary>Texts of the template.</summary>
    public required int Count { get; init; }

    /// <summary>One piece more than there are variables; they may be empty.</summary>
    public required byte[][] Pieces { get; init; }

    public required TemplateVariable[] Variables { get; init; }
}
