using System.Globalization;
using System.Text;

namespace Sightglass.Alerting.Templates;

/// <summary>The functions that every Go template has. <c>and</c> and <c>or</c> stop early and live in the evaluator.</summary>
internal static class BuiltinFunctions
{
    public static void AddTo(TemplateFunctions functions)
    {
        const int Many = int.MaxValue;
        functions
            .Add("and", 1, Many, static (_, a) => a[^1])
            .Add("or", 1, Many, static (_, a) => a[^1])
            .Add("not", 1, static (_, a) => TemplateValue.Of(!a[0].IsTrue))
            .Add("len", 1, static (_, a) => TemplateValue.Of(Length(a[0])))
            .Add("index", 1, Many, static (_, a) => Index(a))
            .Add("slice", 1, 4, static (_, a) => Slice(a))
            .Add("print", 0, Many, static (_, a) => TemplateValue.Of(ValuePrinter.Sprint(a)))
            .Add("println", 0, Many, static (_, a) => TemplateValue.Of(ValuePrinter.Sprintln(a)))
            .Add("printf", 1, Many, static (_, a) => TemplateValue.Of(GoFormat.Sprintf(TemplateFunctions.Text(a[0]), a[1..])))
            .Add("html", 0, Many, static (_, a) => TemplateValue.Of(HtmlText.Escape(ValuePrinter.Sprint(a), forTemplate: false)))
            .Add("js", 0, Many, static (_, a) => TemplateValue.Of(Script(ValuePrinter.Sprint(a))))
            .Add("urlquery", 0, Many, static (_, a) => TemplateValue.Of(QueryEscape(ValuePrinter.Sprint(a))))
            .Add("call", 1, Many, static (_, a) => throw new TemplateFunctionException($"non-function of type {a[0].TypeName}"))
            .Add("eq", 1, Many, static (_, a) => TemplateValue.Of(Equal(a)))
            .Add("ne", 2, static (_, a) => TemplateValue.Of(!SameValue(a[0], a[1])))
            .Add("lt", 2, static (_, a) => TemplateValue.Of(Compare(a[0], a[1], orEqual: false)))
            .Add("le", 2, static (_, a) => TemplateValue.Of(Compare(a[0], a[1], orEqual: true)))
            .Add("gt", 2, static (_, a) => TemplateValue.Of(Compare(a[1], a[0], orEqual: false)))
            .Add("ge", 2, static (_, a) => TemplateValue.Of(Compare(a[1], a[0], orEqual: true)));
    }

    /// <summary>As Go's <c>url.QueryEscape</c>: a space becomes <c>+</c>.</summary>
    public static string QueryEscape(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal)
        .Replace("!", "%21", StringComparison.Ordinal).Replace("'", "%27", StringComparison.Ordinal)
        .Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal).Replace("*", "%2A", StringComparison.Ordinal);

    private static long Length(TemplateValue value) => value.Kind switch
    {
        TemplateKind.String or TemplateKind.Html => Encoding.UTF8.GetByteCount(value.Text),
        TemplateKind.List => value.List.Count,
        TemplateKind.Map => value.Map.Count,
        TemplateKind.Nil => throw new TemplateFunctionException("len of nil pointer"),
        _ => throw new TemplateFunctionException($"len of type {value.TypeName}"),
    };

    private static TemplateValue Index(ReadOnlySpan<TemplateValue> arguments)
    {
        var value = arguments[0];
        foreach (var index in arguments[1..])
        {
            switch (value.Kind)
            {
                case TemplateKind.List:
                    value = value.List[Position(index, value.List.Count)];
                    break;
                case TemplateKind.Map:
                    value = value.Map.Get(TemplateFunctions.Text(index));
                    break;
                case TemplateKind.String:
                    var bytes = Encoding.UTF8.GetBytes(value.Text);
                    value = TemplateValue.Of((long)bytes[Position(index, bytes.Length)]);
                    break;
                case TemplateKind.Nil:
                    throw new TemplateFunctionException("index of untyped nil");
                default:
                    throw new TemplateFunctionException($"can't index item of type {value.TypeName}");
            }
        }

        return value;
    }

    private static int Position(TemplateValue index, int length)
    {
        if (index.Kind != TemplateKind.Int)
        {
            throw new TemplateFunctionException($"cannot index slice/array with type {index.TypeName}");
        }

        return index.Int >= 0 && index.Int < length ? (int)index.Int : throw new TemplateFunctionException($"index out of range: {index.Int}");
    }

    private static TemplateValue Slice(ReadOnlySpan<TemplateValue> arguments)
    {
        var value = arguments[0];
        var bytes = value.Kind == TemplateKind.String ? Encoding.UTF8.GetBytes(value.Text) : null;
        var length = bytes?.Length ?? (value.Kind == TemplateKind.List ? value.List.Count : throw new TemplateFunctionException($"can't slice item of type {value.TypeName}"));
        if (bytes is not null && arguments.Length == 4)
        {
            throw new TemplateFunctionException("cannot 3-index slice a string");
        }

        var from = arguments.Length > 1 ? Position(arguments[1], length + 1) : 0;
        var to = arguments.Length > 2 ? Position(arguments[2], length + 1) : length;
        if (from > to)
        {
            throw new TemplateFunctionException($"invalid slice index: {from} > {to}");
        }

        return bytes is not null
            ? TemplateValue.Of(Encoding.UTF8.GetString(bytes.AsSpan(from, to - from)))
            : TemplateValue.Of(new TemplateList([.. Enumerable.Range(from, to - from).Select(i => value.List[i])], value.TypeName));
    }

    private static bool Equal(ReadOnlySpan<TemplateValue> arguments)
    {
        if (arguments.Length == 1)
        {
            throw new TemplateFunctionException("missing argument for comparison");
        }

        foreach (var other in arguments[1..])
        {
            if (SameValue(arguments[0], other))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SameValue(TemplateValue left, TemplateValue right)
    {
        if (left.Kind == TemplateKind.Nil || right.Kind == TemplateKind.Nil)
        {
            return left.Kind == right.Kind;
        }

        return (Basic(left), Basic(right)) switch
        {
            (TemplateKind.Bool, TemplateKind.Bool) => left.Bool == right.Bool,
            (TemplateKind.Int, TemplateKind.Int) => left.Int == right.Int,
            (TemplateKind.Float, TemplateKind.Float) => left.Float == right.Float,
            (TemplateKind.String, TemplateKind.String) => left.Text == right.Text,
            (TemplateKind.Time, TemplateKind.Time) => left.Time.Utc == right.Time.Utc,
            _ => throw new TemplateFunctionException(Basic(left) == Basic(right) ? $"non-comparable type {left.TypeName}" : "incompatible types for comparison"),
        };
    }

    private static bool Compare(TemplateValue left, TemplateValue right, bool orEqual) => (Basic(left), Basic(right)) switch
    {
        (TemplateKind.Int, TemplateKind.Int) => left.Int < right.Int || (orEqual && left.Int == right.Int),
        (TemplateKind.Float, TemplateKind.Float) => left.Float < right.Float || (orEqual && left.Float == right.Float),
        (TemplateKind.String, TemplateKind.String) => string.CompareOrdinal(left.Text, right.Text) is var order && (order < 0 || (orEqual && order == 0)),
        _ => throw new TemplateFunctionException(Basic(left) != Basic(right) ? "incompatible types for comparison" : "invalid type for comparison"),
    };

    private static TemplateKind Basic(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Html => TemplateKind.String,
        TemplateKind.Duration => TemplateKind.Int,
        var kind => kind,
    };

    private static string Script(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            escaped.Append(c switch
            {
                '\\' => "\\\\",
                '\'' => "\\'",
                '"' => "\\\"",
                '<' or '>' or '&' or '=' => "\\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture),
                < ' ' => "\\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture),
                _ => c.ToString(),
            });
        }

        return escaped.ToString();
    }
}
