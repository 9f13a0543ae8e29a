using System.Globalization;
using System.Text;
using System.Text.Json;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>Makes batches of lines of every shape, and says what they are to the model.</summary>
internal sealed class ModelData(Random random, int streams, bool otlp)
{
    private const string ServiceName = "service_name";

    private static readonly string[] Levels = ["info", "INFO", "warn", "error", "debug", "Fatal", "odd"];
    private static readonly string[] Numbers = ["1", "2", "5", "200", "404", "500", "1.5", "-3", "1e3", "0", "abc", "", "7", "42", "1000", "NaN", "Inf", "-inf"];
    private static readonly string[] Words = ["alpha", "beta gamma", "élan 漢字", "err: bad", "10.0.0.1", "timeout", "a=b", "x|y", "", "🙂", "2001:db8::7", "192.168.1.77 x"];
    private static readonly string[] Durations = ["5ms", "1.5s", "2m30s", "1h", "0", "soon"];
    private static readonly string[] Sizes = ["5KB", "1.5 MiB", "2GB", "700", "5kib", "heavy"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public List<ModelLine> Lines { get; } = [];

    /// <summary>Seconds in which the lines are.</summary>
    public int Seconds { get; } = random.Next(3) == 0 ? 60 : 3600;

    /// <summary>A batch; its lines are in <see cref="Lines"/> from now on.</summary>
    public LogBatch Next(int count)
    {
        var batch = LogBatch.Rent();
        for (var i = 0; i < count; i++)
        {
            if (otlp && random.Next(2) == 0)
            {
                AddRecord(batch);
            }
            else
            {
                AddLine(batch);
            }
        }

        return batch;
    }

    private void AddLine(LogBatch batch)
    {
        var labels = Stream(random.Next(streams));
        foreach (var (name, value) in labels)
        {
            batch.AddAttribute(Encoding.UTF8.GetBytes(name), AttributeType.String, Encoding.UTF8.GetBytes(value));
        }

        var resource = batch.EndResource(ResourceKind.Labels);
        labels[ServiceName] = labels.GetValueOrDefault("app") ?? "unknown_service";
        var metadata = Metadata(batch, labels);
        var severity = random.Next(4) == 0 ? random.Next(1, 25) : 0;
        var text = Text();
        Finish(batch, new LogRow { Resource = resource, Scope = -1, SeverityNumber = (byte)severity, BodyType = AttributeType.String, BodyBits = batch.AddText(text).Packed }, labels, metadata, text);
    }

    // As OpenTelemetry sends it: what is known of a line is of the resource, the scope, the record or a field.
    private void AddRecord(LogBatch batch)
    {
        var labels = new Dictionary<string, string> { [ServiceName] = Pick(["web", "db", "cart"]) };
        var metadata = new List<(string Name, string Value)>();
        Put(batch, "service.name", labels[ServiceName]);
        if (random.Next(3) == 0)
        {
            Put(batch, "k8s.pod.name", labels["k8s_pod_name"] = "p-" + random.Next(3).ToString(CultureInfo.InvariantCulture));
        }

        Attributes(batch, labels, metadata, ["host.name", "user"]);
        var resource = batch.EndResource(ResourceKind.Otlp);
        var row = new LogRow
        {
            Resource = resource,
            Scope = -1,
            ObservedTimeUnixNano = random.Next(4) == 0 ? LogWorld.At(5) : 0,
            SeverityNumber = (byte)(random.Next(2) == 0 ? random.Next(1, 25) : 0),
            SeverityText = batch.AddText(random.Next(3) == 0 ? Pick(Levels) : string.Empty),
            Flags = (uint)random.Next(2),
            TraceId = random.Next(2) == 0 ? new TraceId(7, (ulong)random.Next(4)) : default,
            SpanId = random.Next(2) == 0 ? (ulong)random.Next(1, 4) : 0,
            EventName = batch.AddText(random.Next(4) == 0 ? Pick(["start", "stop"]) : string.Empty),
        };
        var scope = random.Next(3);
        if (scope > 0)
        {
            Attributes(batch, labels, metadata, ["lib.kind", "user"]);
            row.Scope = batch.EndScope(batch.AddText("scope" + scope), batch.AddText(scope == 1 ? "1.0" : string.Empty));
        }

        Attributes(batch, labels, metadata, ["http.status", "user", "x", "level", "1st", "req_id", "map"]);
        Know(labels, metadata, "scope_name", scope > 0 ? "scope" + scope : string.Empty);
        Know(labels, metadata, "scope_version", scope == 1 ? "1.0" : string.Empty);
        Know(labels, metadata, "observed_timestamp", row.ObservedTimeUnixNano);
        Know(labels, metadata, "severity_text", Encoding.UTF8.GetString(batch.Text(row.SeverityText)));
        Know(labels, metadata, "flags", row.Flags);
        Know(labels, metadata, "trace_id", row.TraceId == default ? string.Empty : $"{7:x16}{row.TraceId.Low:x16}");
        Know(labels, metadata, "span_id", row.SpanId == 0 ? string.Empty : $"{row.SpanId:x16}");
        Know(labels, metadata, "event_name", Encoding.UTF8.GetString(batch.Text(row.EventName)));
        var (type, bits, text) = random.Next(12) switch
        {
            0 => (AttributeType.Int, 42L, "42"),
            1 => (AttributeType.Bool, 1L, "true"),
            2 => (AttributeType.None, 0L, string.Empty),
            _ => (AttributeType.String, 0L, Text()),
        };
        (row.BodyType, row.BodyBits) = (type, type == AttributeType.String ? batch.AddText(text).Packed : bits);
        Finish(batch, row, labels, metadata, text);
    }

    private void Finish(LogBatch batch, LogRow row, Dictionary<string, string> labels, List<(string Name, string Value)> metadata, string text)
    {
        row.TimeUnixNano = LogWorld.At(random.Next(8) == 0 ? random.Next(Seconds) : random.Next(Seconds * 1000) / 1000.0);
        batch.AddRow(row);
        Know(labels, metadata, "severity_number", row.SeverityNumber);
        metadata.Add((LevelDetector.Label, Level(labels, metadata, row.SeverityNumber, text)));
        Lines.Add(new ModelLine(row.TimeUnixNano, labels, metadata, text));
    }

    // Attributes of any type; what they are to a query goes into the metadata.
    private void Attributes(LogBatch batch, Dictionary<string, string> labels, List<(string Name, string Value)> metadata, string[] keys)
    {
        foreach (var key in keys)
        {
            var name = key == "1st" ? "key_1st" : key.Replace('.', '_');
            switch (random.Next(10))
            {
                case < 4:
                    break;
                case 4:
                    var number = random.Next(3) * 100;
                    batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Int, number);
                    Know(labels, metadata, name, number.ToString(CultureInfo.InvariantCulture));
                    break;
                case 5:
                    batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Bool, 1);
                    Know(labels, metadata, name, "true");
                    break;
                case 6:
                    // A map { a: "x" }, which is a label for each of its entries.
                    batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.Composite, [0x32, 0x0a, 0x0a, 0x08, 0x0a, 0x01, (byte)'a', 0x12, 0x03, 0x0a, 0x01, (byte)'x']);
                    Know(labels, metadata, name + "_a", "x");
                    break;
                default:
                    var text = key is "level" ? Pick(Levels) : Pick(["200", "404", "alpha", "10.0.0.7", "é"]);
                    Put(batch, key, text);
                    Know(labels, metadata, name, text);
                    break;
            }
        }
    }

    private static void Put(LogBatch batch, string key, string value) => batch.AddAttribute(Encoding.UTF8.GetBytes(key), AttributeType.String, Encoding.UTF8.GetBytes(value));

    private static void Know(Dictionary<string, string> labels, List<(string Name, string Value)> metadata, string name, long value) =>
        Know(labels, metadata, name, value == 0 ? string.Empty : value.ToString(CultureInfo.InvariantCulture));

    // The first of a name counts.
    private static void Know(Dictionary<string, string> labels, List<(string Name, string Value)> metadata, string name, string value)
    {
        name = labels.ContainsKey(name) ? name + "_extracted" : name;
        if (value.Length > 0 && !metadata.Exists(m => m.Name == name))
        {
            metadata.Add((name, value));
        }
    }

    private static Dictionary<string, string> Stream(int number)
    {
        var labels = new Dictionary<string, string> { ["env"] = number % 3 == 0 ? "prod" : "dev" };
        if (number % 7 != 6)
        {
            labels["app"] = new[] { "web", "db", "api.v2" }[number % 3];
        }

        if (number % 5 == 4)
        {
            labels["level"] = number % 2 == 0 ? "warning" : "strange";
        }

        labels["pod"] = "p-" + number.ToString(CultureInfo.InvariantCulture);
        return labels;
    }

    private List<(string Name, string Value)> Metadata(LogBatch batch, Dictionary<string, string> labels)
    {
        var metadata = new List<(string, string)>();
        foreach (var name in new[] { "user", "x", "level", "req_id", "app" })
        {
            if (random.Next(name == "app" ? 20 : 4) != 0)
            {
                continue;
            }

            var key = Encoding.UTF8.GetBytes(name);
            var text = name switch { "level" => Pick(Levels), "x" => Pick(Numbers), "req_id" => $"{random.Next(1 << 16):x4}-{random.Next(1 << 16):x4}", _ => Pick(Words) };
            switch (random.Next(4))
            {
                case 0 when name == "x":
                    var whole = random.Next(-5, 600);
                    batch.AddAttribute(key, AttributeType.Int, whole);
                    text = whole.ToString(CultureInfo.InvariantCulture);
                    break;
                case 1 when name == "x":
                    var half = random.Next(-5, 600) + 0.5;
                    batch.AddAttribute(key, AttributeType.Double, BitConverter.DoubleToInt64Bits(half));
                    text = half.ToString(CultureInfo.InvariantCulture);
                    break;
                default:
                    batch.AddAttribute(key, AttributeType.String, Encoding.UTF8.GetBytes(text));
                    break;
            }

            metadata.Add((labels.ContainsKey(name) ? name + "_extracted" : name, text));
        }

        return metadata;
    }

    // What says the level: the stream, the row, its number, and last the line.
    private static string Level(Dictionary<string, string> labels, List<(string Name, string Value)> metadata, int severity, string text)
    {
        var said = LevelDetector.Fields.Select(f => labels.GetValueOrDefault(f)).FirstOrDefault(static l => l is not null)
            ?? LevelDetector.Fields.Select(f => metadata.Find(m => m.Name == f).Value).FirstOrDefault(static l => l is not null);
        return said is not null ? LevelDetector.Normalize(said) ?? said : severity > 0 ? LevelDetector.FromSeverityNumber(severity) : LevelDetector.FromLine(text);
    }

    private string Pick(string[] from) => from[random.Next(from.Length)];

    private string Text() => random.Next(14) switch
    {
        12 => Shaped(),
        13 => Odd(),
        < 4 => Json(0),
        < 7 => Logfmt(),
        7 => $"10.0.0.{random.Next(20)} - {Pick(Words)} [x] \"GET /a?id={random.Next(50)} HTTP/1.1\" {random.Next(2, 6)}00 {random.Next(5000)}",
        8 => Pick(["", " ", "plain text of a line", "\u001b[31mred\u001b[0m text", "err: no such file", "[WARN] careful", "{}", "{\"a\":", "[1,2]", "\"text\"", "level=", "a=1 a=2", "5", "null", "{\"x\":1,\"n\":{bad},\"y\":2}", "{\"x\":\"7\" \"y\":1}", "=broken x=3", "x=\"open y=2"]),
        9 => $"user {random.Next(20)} did {Pick(Words)} in {random.Next(400)}ms",
        10 => JsonSerializer.Serialize(new Dictionary<string, object> { ["_entry"] = Logfmt(), ["x"] = Pick(Numbers), ["pod"] = "inner", ["n"] = 5 }),
        _ => random.Next(12) == 0 ? string.Concat(Enumerable.Repeat(Pick(["long ", "x=1 ", "漢 "]), random.Next(100, 3000))) + Json(0) : Json(0) + Pick(["", " ", "\n", " tail", "}"]),
    };

    // What a store may take for numbers, ids and addresses in a text that is otherwise the same.
    private string Shaped() => Pick(["request", "job"]) + random.Next(10) switch
    {
        0 => $" {new Guid(random.Next(50), 7, 8, 1, 2, 3, 4, 5, 6, 7, 8)} took {random.Next(100)}.{random.Next(100):00}s",
        1 => $" {new Guid(random.Next(50), 7, 8, 1, 2, 3, 4, 5, 6, 7, 8).ToString().ToUpperInvariant()} done",
        2 => $" id=00{random.Next(200)} n={random.Next(3)}.50 m=-{random.Next(9)} p=+{random.Next(9)}",
        3 => $" 0x{random.Next(1 << 20):x} {random.Next(1 << 20):X8}",
        4 => $" 99999999999999999999{random.Next(20)} 1e{random.Next(400)}",
        5 => $" from 10.0.{random.Next(3)}.{random.Next(300)}:{random.Next(70000)}",
        6 => $" at 2026-01-{random.Next(1, 32):00}T00:00:0{random.Next(10)}.{random.Next(1000):000}Z",
        7 => $"\t{random.Next(9)}\tof\t{random.Next(9)}",
        8 => $"{random.Next(20)}{Pick(["", "x", "é", "_"])}{random.Next(20)}",
        _ => $" user_{random.Next(30)} ({random.Next(5)}/{random.Next(5)})",
    };

    // Objects that no serializer writes.
    private string Odd() => random.Next(10) switch
    {
        0 => $$"""{"x":{{random.Next(9)}},"x":{{random.Next(9)}},"level":"info","level":"error"}""",
        1 => $$"""{ "x" : {{random.Next(9)}} , "n":{"x":1.0E+2,"n":{"x":-0} },"n_x":"flat" }""",
        2 => $$"""{"a-b":1,"a.b":{{random.Next(9)}},"a b":3,"":"nameless","x":"{{random.Next(9)}}"}""",
        3 => """{"\u0078":"escaped","m\u0073g":"\u00e9\n\ud83d\ude42","y":4}""",
        4 => $$"""{"list":["]","}",{"x":"[{"}],"x":{{random.Next(9)}},"n":{"list":[[[]]],"x":"}"} }""",
        5 => $$$"""{"n":{"n":{"x":{{{random.Next(9)}}},"level":"warn"},"x":5},"msg":"a \"quoted\" {x}","level":"{{{Pick(Levels)}}}"}""",
        6 => $$"""{"level":null,"x":true,"y":[],"status":{},"msg":"{{random.Next(50)}}"}""",
        7 => $$"""{"x":{{random.Next(9)}},"big":"{{new string('b', random.Next(600))}}","y":2}""",
        8 => "{\n\t\"x\": " + Pick(["1", "\"2\"", "nul", "tru", "-", "01", "1."]) + ",\r\n\t\"y\": 3\n}",
        _ => $$"""{"time":"2026-01-01T00:00:{{random.Next(60):00}}Z","caller":"a.go:{{random.Next(99)}}","x":"{{Pick(Numbers)}}","msg":"{{random.Next(9)}}"}""",
    };

    private string Json(int depth)
    {
        var members = new Dictionary<string, object?>();
        foreach (var key in Keys())
        {
            members[key] = key switch
            {
                "n" when depth < 3 => JsonSerializer.Deserialize<JsonElement>(Json(depth + 1)),
                "n" or "list" => new object?[] { 1, "two", null, new { a = 3 } },
                "x" when random.Next(2) == 0 => random.Next(-3, 500),
                "y" => random.Next(100) / 4.0,
                "flag" => random.Next(3) switch { 0 => true, 1 => false, _ => null },
                _ => Value(key),
            };
        }

        return JsonSerializer.Serialize(members, random.Next(12) == 0 ? Indented : null);
    }

    private string Logfmt() => string.Join(Pick([" ", " ", "  "]), Keys().Where(static k => k is not ("n" or "list" or "é k")).Select(k =>
    {
        var value = k == "y" ? random.Next(100).ToString(CultureInfo.InvariantCulture) : Value(k);
        return value.Any(static c => c is ' ' or '=' or '"') || random.Next(5) == 0 ? $"{k}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : $"{k}={value}";
    }));

    private IEnumerable<string> Keys()
    {
        string[] keys = ["level", "x", "y", "d", "size", "status", "msg", "user", "app", "n", "list", "flag", "é k", "2nd", "a-b", "severity"];
        random.Shuffle(keys);
        return keys.Take(random.Next(1, 7));
    }

    private string Value(string key) => key switch
    {
        "level" or "severity" => Pick(Levels),
        "x" => Pick(Numbers),
        "d" => Pick(Durations),
        "size" => Pick(Sizes),
        "status" => Pick(["200", "404", "500"]),
        "app" => Pick(["web", "inner"]),
        _ => random.Next(6) == 0 ? Pick(["say \"hi\"", "back\\slash", "tab\there", "two\nlines", "<tag>&"]) : Pick(Words),
    };
}
