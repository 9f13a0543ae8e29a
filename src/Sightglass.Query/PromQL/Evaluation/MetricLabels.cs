using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL;

/// <summary>Label sets as PromQL changes and prints them.</summary>
internal static class MetricLabels
{
    /// <summary>Label of a metric's type, dropped together with the name.</summary>
    public const string Type = "__type__";

    /// <summary>Label of a metric's unit, dropped together with the name.</summary>
    public const string Unit = "__unit__";

    /// <summary>Label of a classic histogram's bucket bound.</summary>
    public const string Bucket = "le";

    public static LabelSet WithoutName(LabelSet labels) => labels.Without(LabelSet.MetricName, Type, Unit);

    /// <summary>All labels in braces, the name among them, as Go prints label sets.</summary>
    public static string Text(LabelSet labels)
    {
        var output = new StringBuilder("{");
        foreach (ref readonly var label in labels.Span)
        {
            output.Append(output.Length > 1 ? ", " : string.Empty).Append(label.Name).Append('=').Append(QuotedText.Quote(label.Value));
        }

        return output.Append('}').ToString();
    }
}
