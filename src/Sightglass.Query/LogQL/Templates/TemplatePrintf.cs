using Sightglass.Core.Templates;

namespace Sightglass.Query.LogQL.Templates;

/// <summary><c>printf</c> over the values of a line's template.</summary>
internal static class TemplatePrintf
{
    public static string Format(string format, ReadOnlySpan<object?> arguments)
    {
        var values = new Argument[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = new Argument(arguments[i]);
        }

        return GoPrintf.Format<Argument>(format, values);
    }

    private readonly struct Argument(object? value) : IPrintfValue<Argument>
    {
        public PrintfKind Kind => value switch
        {
            null => PrintfKind.Nothing,
            string => PrintfKind.Text,
            long => PrintfKind.Integer,
            double => PrintfKind.Float,
            bool => PrintfKind.Truth,
            TemplateDuration => PrintfKind.Duration,
            List<object?> => PrintfKind.List,
            _ => PrintfKind.Other,
        };

        public string TypeName => TemplateValue.TypeOf(value);

        public long Integer => value switch
        {
            long number => number,
            TemplateDuration duration => duration.Nanoseconds,
            _ => 0,
        };

        public double Float => value is double number ? number : 0;

        public int Count => value is List<object?> list ? list.Count : 0;

        public Argument Item(int index) => new(((List<object?>)value!)[index]);

        public string Print(bool names) => TemplateValue.Inner(value);
    }
}
