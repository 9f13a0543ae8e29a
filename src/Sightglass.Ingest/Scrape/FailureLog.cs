using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sightglass.Ingest.Scrape;

/// <summary><c>scrape_failure_log_file</c>: a line of JSON for each failed scrape. Several jobs may share a file. Thread-safe.</summary>
internal sealed class FailureLog(string path, string job, TimeProvider time, Action<string> report)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private int _reported;

    public void Write(Uri target, string error)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("level", "ERROR");
            json.WriteString("msg", error);
            json.WriteString("job_name", job);
            json.WriteString("target", Http.HttpFailure.Shown(target));
            json.WriteEndObject();
        }

        line.Write(Encoding.UTF8.GetBytes("\n"));
        try
        {
            // Opened for each line, so that a rotated file begins anew, and written at once, so that lines of several jobs do not mix.
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Interlocked.Exchange(ref _reported, 1) == 0)
            {
                report($"scrape job {job}: scrape_failure_log_file {path}: {e.Message}");
            }
        }
    }
}
