namespace Sightglass.Core.Model;

/// <summary>Type of a metric family, by Prometheus' names.</summary>
public enum MetricType : byte
{
    /// <summary>Not known (<c>unknown</c>).</summary>
    Unknown,

    /// <summary><c>counter</c></summary>
    Counter,

    /// <summary><c>gauge</c></summary>
    Gauge,

    /// <summary><c>histogram</c></summary>
    Histogram,

    /// <summary><c>gaugehistogram</c></summary>
    GaugeHistogram,

    /// <summary><c>summary</c></summary>
    Summary,

    /// <summary><c>info</c></summary>
    Info,

    /// <summary><c>stateset</c></summary>
    StateSet,
}

/// <summary>What is known of a metric family beside its samples.</summary>
/// <param name="Family">Name of the family.</param>
/// <param name="Type">Its type.</param>
/// <param name="Help">Its description, possibly empty.</param>
/// <param name="Unit">Its unit, possibly empty.</param>
public sealed record MetricMetadata(string Family, MetricType Type, string Help, string Unit);
