namespace Sightglass.Query.PromQL;

/// <summary>The value of a part of a query over the steps.</summary>
internal readonly struct EvaluatedValue
{
    private EvaluatedValue(PromQLType type, double[]? scalar, List<Column>? vector, string? text)
    {
        Type = type;
        Scalar = scalar!;
        Vector = vector!;
        Text = text!;
    }

    public PromQLType Type { get; }

    public double[] Scalar { get; }

    public List<Column> Vector { get; }

    public string Text { get; }

    public static implicit operator EvaluatedValue(List<Column> vector) => new(PromQLType.Vector, null, vector, null);

    public static implicit operator EvaluatedValue(double[] scalar) => new(PromQLType.Scalar, scalar, null, null);

    public static implicit operator EvaluatedValue(string text) => new(PromQLType.String, null, null, text);
}
