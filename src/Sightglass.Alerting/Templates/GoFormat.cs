namespace Sightglass.Alerting.Templates;

/// <summary><c>printf</c> of the language over this room's values.</summary>
internal static class GoFormat
{
    public static string Sprintf(string format, ReadOnlySpan<TemplateValue> arguments)
    {
        var values = new PrintfArgument[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = new PrintfArgument(arguments[i]);
        }

        return GoPrintf.Format<PrintfArgument>(format, values);
    }

    /// <summary>Go's double-quoted form.</summary>
    public static string Quote(string text) => GoPrintf.Quote(text);

    private readonly struct PrintfArgument(TemplateValue value) : IPrintfValue<PrintfArgument>
    {
        public PrintfKind Kind => value.Kind switch
        {
            TemplateKind.Nil => PrintfKind.Nothing,
            TemplateKind.Bool => PrintfKind.Truth,
            TemplateKind.Int => PrintfKind.Integer,
            TemplateKind.Float => PrintfKind.Float,
            TemplateKind.String or TemplateKind.Html => PrintfKind.Text,
            TemplateKind.Duration => PrintfKind.Duration,
            TemplateKind.List when value.Object.Printed is null => PrintfKind.List,
            _ => PrintfKind.Other,
        };

        public string TypeName => value.TypeName;

        public long Integer => value.Int;

        public double Float => value.Float;

        public int Count => value.List.Count;

        public PrintfArgument Item(int index) => new(value.List[index]);

        public string Print(bool names) => ValuePrinter.Inner(value, names);
    }
}
