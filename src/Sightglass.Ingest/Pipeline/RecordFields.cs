using System.Globalization;
using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>The fields of a record at one moment, to be shown and compared.</summary>
internal sealed class RecordFields
{
    private static readonly LogField[] Fixed = [LogField.Of("body"), LogField.Of("level"), LogField.Of("event_name"), LogField.Of("trace_id"), LogField.Of("span_id")];
    private readonly List<(string Name, string Value)> _fields = [];

    /// <summary>All of them.</summary>
    public string Text => string.Join(", ", _fields.Select(f => $"{f.Name}={Shown(f.Value)}"));

    public static RecordFields Of(LogRowView view)
    {
        var fields = new RecordFields();
        fields._fields.Add(("stream", Stream(view)));
        fields._fields.Add(("time", DateTimeOffset.UnixEpoch.AddTicks(view.Row.TimeUnixNano / 100).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)));
        foreach (var field in Fixed)
        {
            if (view.TryText(field, out var text))
            {
                fields._fields.Add((field.Name, Encoding.UTF8.GetString(text)));
            }
        }

        for (var i = 0; i < view.AttributeCount; i++)
        {
            var (key, type, bits) = view.Attribute(i);
            fields._fields.Add((Encoding.UTF8.GetString(view.Batch.Text(key)), Value(view.Batch, type, bits)));
        }

        return fields;
    }

    /// <summary>What is new (+), gone (-) and different; empty where nothing is.</summary>
    public string ChangesSince(RecordFields before)
    {
        var changes = new List<string>();
        foreach (var (name, value) in before._fields)
        {
            if (!_fields.Exists(f => f.Name == name))
            {
                changes.Add($"-{name}");
            }
            else if (_fields.Find(f => f.Name == name).Value is var now && now != value)
            {
                changes.Add($"{name}={Shown(value)} -> {Shown(now)}");
            }
        }

        changes.AddRange(_fields.Where(f => !before._fields.Exists(b => b.Name == f.Name)).Select(f => $"+{f.Name}={Shown(f.Value)}"));
        return string.Join(", ", changes);
    }

    private static string Stream(LogRowView view)
    {
        var range = view.Batch.Resources[view.Row.Resource].Attributes;
        return $"{{{string.Join(", ", Enumerable.Range(range.Start, range.Count)
            .Select(i => $"{Encoding.UTF8.GetString(view.Batch.AttributeKey(i))}=\"{Value(view.Batch, view.Batch.AttributeTypeOf(i), view.Batch.AttributeBits(i))}\""))}}}";
    }

    private static string Value(LogBatch batch, AttributeType type, long bits) => type switch
    {
        AttributeType.Int => bits.ToString(CultureInfo.InvariantCulture),
        AttributeType.Double => BitConverter.Int64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture),
        AttributeType.Bool => bits != 0 ? "true" : "false",
        AttributeType.None => string.Empty,
        _ => Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(bits))),
    };

    private static string Shown(string value) => value.Length > 0 && value.IndexOfAny([' ', '"', ',', '\n', '=']) < 0 || value.StartsWith('{') ? value : $"\"{value.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
