using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Alerting.Templates;

/// <summary>Renders notifications with Alertmanager's functions, its default templates and those of the configuration. Thread-safe.</summary>
internal sealed class NotificationTemplates
{
    private readonly TemplateSet _set;

    /// <exception cref="TemplateException">A file does not parse.</exception>
    public NotificationTemplates(IEnumerable<(string Path, string Text)> files, TimeProvider time)
    {
        _set = new TemplateSet(Functions(time));
        _set.Add("default.tmpl", DefaultTemplates.Text);
        _set.Add("email.tmpl", DefaultTemplates.Email);
        foreach (var (path, text) in files)
        {
            _set.Add(Path.GetFileName(path), text);
        }
    }

    public static void Check(string path, string text) => new TemplateSet(Functions(TimeProvider.System)).Check(path, text);

    public string Text(string source, TemplateValue data) => _set.Render(string.Empty, source, data);

    public string Html(string source, TemplateValue data) => _set.Render(string.Empty, source, data, html: true);

    private static TemplateFunctions Functions(TimeProvider time) => CommonFunctions.AddTo(new TemplateFunctions())
        .Add("title", 1, static (_, a) => TemplateValue.Of(TitleCase.OfNotifications(TemplateFunctions.Text(a[0]))))
        .Add("trimSpace", 1, static (_, a) => TemplateValue.Of(TemplateFunctions.Text(a[0]).Trim()))
        .Add("join", 2, static (_, a) => TemplateValue.Of(string.Join(TemplateFunctions.Text(a[0]), Strings(a[1]))))
        .Add("safeUrl", 1, static (_, a) => TemplateValue.OfHtml(HtmlText.Escape(TemplateFunctions.Text(a[0]), forTemplate: false)))
        .Add("stringSlice", 0, int.MaxValue, static (_, a) => TemplateValue.OfStrings(Texts(a)))
        .Add("date", 2, static (_, a) => TemplateValue.Of(Time(a[1]).Format(TemplateFunctions.Text(a[0]))))
        .Add("tz", 2, static (_, a) => TimeZoneInfo.TryFindSystemTimeZoneById(TemplateFunctions.Text(a[0]), out var zone)
            ? TemplateValue.Of(new GoTime(Time(a[1]).Utc, zone))
            : throw new TemplateFunctionException($"unknown time zone {a[0].Text}"))
        .Add("now", 0, (_, _) => TemplateValue.Of(new GoTime(time.GetUtcNow())))
        .Add("since", 1, (_, a) => TemplateValue.OfDuration((time.GetUtcNow() - Time(a[0]).Utc).Ticks * 100))
        .Add("list", 0, int.MaxValue, static (_, a) => TemplateValue.Of(new TemplateList(a.ToArray(), "[]interface {}")))
        .Add("append", 1, int.MaxValue, static (_, a) => TemplateValue.Of(new TemplateList([.. Items(a[0]), .. a[1..]], "[]interface {}")))
        .Add("dict", 0, int.MaxValue, static (_, a) => Dictionary(a))
        .Add("toJson", 1, static (_, a) => TemplateValue.Of(Json(a[0])));

    private static List<string> Texts(ReadOnlySpan<TemplateValue> values)
    {
        var texts = new List<string>(values.Length);
        foreach (var value in values)
        {
            texts.Add(TemplateFunctions.Text(value));
        }

        return texts;
    }

    private static IEnumerable<TemplateValue> Items(TemplateValue value) => value.Kind == TemplateKind.List
        ? Enumerable.Range(0, value.List.Count).Select(i => value.List[i])
        : throw new TemplateFunctionException($"wrong type for value; expected list; got {value.TypeName}");

    private static IEnumerable<string> Strings(TemplateValue value) => Items(value).Select(TemplateFunctions.Text);

    private static GoTime Time(TemplateValue value) => value.Kind == TemplateKind.Time ? value.Time
        : throw new TemplateFunctionException($"wrong type for value; expected time.Time; got {value.TypeName}");

    private static TemplateValue Dictionary(ReadOnlySpan<TemplateValue> arguments)
    {
        if (arguments.Length % 2 != 0)
        {
            throw new TemplateFunctionException("dict needs an even number of arguments");
        }

        var map = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            map[TemplateFunctions.Text(arguments[i])] = arguments[i + 1];
        }

        return TemplateValue.Of(new TemplateMap(map, default, "map[string]interface {}"));
    }

    private static string Json(TemplateValue value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(writer, value);
        }

        // As Go writes JSON, so that it can stand in HTML. These are in texts only.
        return Encoding.UTF8.GetString(stream.ToArray()).Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal);
    }

    private static void Write(Utf8JsonWriter writer, TemplateValue value)
    {
        switch (value.Kind)
        {
            case TemplateKind.Nil: writer.WriteNullValue(); break;
            case TemplateKind.Bool: writer.WriteBooleanValue(value.Bool); break;
            case TemplateKind.Int or TemplateKind.Duration: writer.WriteNumberValue(value.Int); break;
            case TemplateKind.Float when double.IsFinite(value.Float): writer.WriteNumberValue(value.Float); break;
            case TemplateKind.Float: throw new TemplateFunctionException("json: unsupported value: " + value.Float.ToString(CultureInfo.InvariantCulture));
            case TemplateKind.String or TemplateKind.Html: writer.WriteStringValue(value.Text); break;
            case TemplateKind.Time: writer.WriteStringValue(value.Time.Rfc3339()); break;
            case TemplateKind.List:
                writer.WriteStartArray();
                for (var i = 0; i < value.List.Count; i++)
                {
                    Write(writer, value.List[i]);
                }

                writer.WriteEndArray();
                break;
            case TemplateKind.Map:
                writer.WriteStartObject();
                foreach (var pair in value.Map.Sorted)
                {
                    writer.WritePropertyName(pair.Key);
                    Write(writer, pair.Value);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteStartObject();
                foreach (var (name, field) in value.Object.Fields)
                {
                    // Pairs have no names of their own in JSON.
                    writer.WritePropertyName(value.Object.TypeName == "template.Pair" ? name : char.ToLowerInvariant(name[0]) + name[1..]);
                    Write(writer, field);
                }

                writer.WriteEndObject();
                break;
        }
    }
}
