using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>A query that ran, for the query log. Times are milliseconds since the Unix epoch.</summary>
internal sealed record LoggedQuery(string Query, long StartMs, long EndMs, long StepMs, PromQLResult? Result, string? Error)
{
    /// <summary>Address, method and path of who asked; null for rules.</summary>
    public (string Address, string Method, string Path)? Request { get; init; }

    /// <summary>File and name of the rule group that asked; null for requests.</summary>
    public (string File, string Name)? Rules { get; init; }
}

/// <summary><c>global.query_log_file</c>: a line of JSON for each PromQL query, with Prometheus' fields. Thread-safe.</summary>
internal sealed class QueryLog(TimeProvider time, Action<string> report)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gate = new();
    private volatile string? _path;
    private string? _reported;

    /// <summary>Where lines go; null for nowhere.</summary>
    public string? Path
    {
        get => _path;
        set => _path = value;
    }

    /// <summary>Writes a query down.</summary>
    public void Write(LoggedQuery query)
    {
        if (_path is not { } path)
        {
            return;
        }

        using var line = new MemoryStream();
        Write(line, query);
        line.WriteByte((byte)'\n');
        try
        {
            // Opened for each line, so that a rotated file begins anew.
            lock (_gate)
            {
                using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Interlocked.Exchange(ref _reported, path) != path)
            {
                report($"query_log_file {path}: {e.Message}");
            }
        }
    }

    private void Write(MemoryStream line, LoggedQuery query)
    {
        using var json = new Utf8JsonWriter(line, Options);
        json.WriteStartObject();
        json.WriteString("time"u8, time.GetUtcNow().UtcDateTime);
        json.WriteString("level"u8, "INFO"u8);
        json.WriteString("msg"u8, "promql query logged"u8);
        json.WriteStartObject("params"u8);
        json.WriteString("end"u8, Date(query.EndMs));
        json.WriteString("query"u8, query.Query);
        json.WriteString("start"u8, Date(query.StartMs));
        json.WriteNumber("step"u8, query.StepMs / 1000);
        json.WriteEndObject();
        if (query.Error is { } error)
        {
            json.WriteString("error"u8, error);
        }

        json.WritePropertyName("stats"u8);
        StatisticsJson.Write(json, query.Result?.Statistics ?? new QueryStatistics());
        if (query.Request is var (address, method, path))
        {
            json.WriteStartObject("httpRequest"u8);
            json.WriteString("clientIP"u8, address);
            json.WriteString("method"u8, method);
            json.WriteString("path"u8, path);
            json.WriteEndObject();
        }

        if (query.Rules is var (file, name))
        {
            json.WriteStartObject("ruleGroup"u8);
            json.WriteString("file"u8, file);
            json.WriteString("name"u8, name);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Date(long timeMs) => DateTimeOffset.FromUnixTimeMilliseconds(timeMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
