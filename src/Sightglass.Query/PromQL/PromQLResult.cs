using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL;

/// <summary>The value of a query.</summary>
public sealed record PromQLResult
{
    /// <summary>Type of the value: a range query's is always <see cref="PromQLType.Matrix"/>.</summary>
    public required PromQLType Type { get; init; }

    /// <summary>Series of a vector (one point each, at the query's time) or matrix. A matrix is sorted by labels; a vector is in the order that the query makes.</summary>
    public IReadOnlyList<ResultSeries> Series { get; init; } = [];

    /// <summary>Value of a scalar.</summary>
    public double Scalar { get; init; }

    /// <summary>Value of a string.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Time of an instant query, milliseconds since the Unix epoch.</summary>
    public long TimeMs { get; init; }

    /// <summary>What it cost.</summary>
    public QueryStatistics Statistics { get; init; } = new();

    /// <summary>Warnings, each once, sorted.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Infos, each once, sorted.</summary>
    public IReadOnlyList<string> Infos { get; init; } = [];
}
