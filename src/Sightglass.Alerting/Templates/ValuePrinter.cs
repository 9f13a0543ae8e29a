using System.Globalization;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>Values as Go's <c>%v</c> prints them.</summary>
internal static class ValuePrinter
{
    /// <summary>What an action writes; a missing value is <c>&lt;no value&gt;</c>.</summary>
    public static string Print(TemplateValue value) => value.Kind == TemplateKind.Nil ? "<no value>" : Inner(value);

    /// <summary>As <c>fmt.Sprint</c>: a space between operands when neither is text.</summary>
    public static string Sprint(ReadOnlySpan<TemplateValue> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            text.Append(i > 0 && !values[i].IsText && !values[i - 1].IsText ? " " : string.Empty).Append(Inner(values[i]));
        }

        return text.ToString();
    }

    public static string Sprintln(ReadOnlySpan<TemplateValue> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            text.Append(i > 0 ? " " : string.Empty).Append(Inner(values[i]));
        }

        return text.Append('\n').ToString();
    }

    public static string Inner(TemplateValue value, bool fieldNames = false)
    {
        switch (value.Kind)
        {
            case TemplateKind.Nil:
                return "<nil>";
            case TemplateKind.Bool:
                return value.Bool ? "true" : "false";
            case TemplateKind.Int:
                return value.Int.ToString(CultureInfo.InvariantCulture);
            case TemplateKind.Float:
                return GoNumber.Format(value.Float, 'g', -1);
            case TemplateKind.String or TemplateKind.Html:
                return value.Text;
            case TemplateKind.Time:
                return value.Time.ToString();
            case TemplateKind.Duration:
                return GoDuration.Format(value.Nanoseconds);
        }

        if (value.Object.Printed is { } printed)
        {
            return printed;
        }

        var text = new StringBuilder();
        if (value.Kind == TemplateKind.List)
        {
            for (var i = 0; i < value.List.Count && text.Length < TemplateLimits.MaxOutputLength; i++)
            {
                text.Append(i > 0 ? " " : "[").Append(Inner(value.List[i], fieldNames));
            }

            return value.List.Count == 0 ? "[]" : text.Append(']').ToString();
        }

        if (value.Kind == TemplateKind.Map)
        {
            text.Append("map[");
            foreach (var pair in value.Map.Sorted)
            {
                text.Append(text.Length > 4 ? " " : string.Empty).Append(pair.Key).Append(':').Append(Inner(pair.Value, fieldNames));
            }

            return text.Append(']').ToString();
        }

        text.Append('{');
        foreach (var (name, field) in value.Object.Fields)
        {
            text.Append(text.Length > 1 ? " " : string.Empty).Append(fieldNames ? name + ":" : string.Empty).Append(Inner(field, fieldNames));
        }

        return text.Append('}').ToString();
    }
}
