using System.IO.Pipelines;
using Microsoft.Net.Http.Headers;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>The form in which a reader wants samples: Prometheus' text, or its protobuf, which has native histograms too.</summary>
internal readonly record struct ExpositionFormat(bool IsProtobuf, NameEscaping Escaping)
{
    private const string Family = "io.prometheus.client.MetricFamily";

    /// <summary>The <c>Content-Type</c> of the answer.</summary>
    public string ContentType
    {
        get
        {
            var escaping = Escaping switch { NameEscaping.AllowUtf8 => "allow-utf-8", NameEscaping.Dots => "dots", NameEscaping.Values => "values", _ => "underscores" };
            return IsProtobuf
                ? $"application/vnd.google.protobuf; proto={Family}; encoding=delimited; escaping={escaping}"
                : $"text/plain; version={(Escaping == NameEscaping.AllowUtf8 ? "1.0.0" : "0.0.4")}; charset=utf-8; escaping={escaping}";
        }
    }

    /// <summary>The form that an <c>Accept</c> header likes best of those that there are; text where it likes none.</summary>
    public static ExpositionFormat Of(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return default;
        }

        // Prometheus says how it takes names beside its text formats only; that its protobuf can have any name is then known too.
        var best = accepted.OrderByDescending(static t => t.Quality ?? 1).ToList();
        var escaping = best.Select(static t => Parameter(t, "escaping")).FirstOrDefault(static e => e.Length > 0) switch
        {
            "allow-utf-8" => NameEscaping.AllowUtf8,
            "dots" => NameEscaping.Dots,
            "values" => NameEscaping.Values,
            _ => NameEscaping.Underscores,
        };
        foreach (var type in best)
        {
            if (type.MediaType.Equals("application/vnd.google.protobuf", StringComparison.OrdinalIgnoreCase) && Parameter(type, "proto") == Family && Parameter(type, "encoding") == "delimited")
            {
                return new ExpositionFormat(true, escaping);
            }

            if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase) && Parameter(type, "version") is "" or "0.0.4" or "1.0.0")
            {
                break;
            }
        }

        return new ExpositionFormat(false, escaping);
    }

    /// <summary>A writer in this form.</summary>
    public ExpositionWriter Writer(PipeWriter target) => IsProtobuf ? new ExpositionProtobuf(target, Escaping) : new ExpositionText(target, Escaping);

    private static string Parameter(MediaTypeHeaderValue type, string name)
    {
        foreach (var parameter in type.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
            }
        }

        return string.Empty;
    }
}
