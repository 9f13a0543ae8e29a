using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>Reads the grouping key of a push from the path behind <c>/metrics</c>.</summary>
public static class GroupingKey
{
    private const string Base64Suffix = "@base64";

    /// <summary>
    /// The labels in <paramref name="path"/>, <c>job/NAME{/LABEL/VALUE}</c> as it came over the wire (still percent-encoded). A name that ends in
    /// <c>@base64</c> has its value in base64url, where <c>=</c> is the empty text.
    /// </summary>
    /// <exception cref="MalformedInputException">It is no grouping key.</exception>
    public static LabelSet Parse(string path)
    {
        var parts = path.Trim('/').Split('/');
        if (parts.Length % 2 != 0)
        {
            throw new MalformedInputException($"odd number of components in label string \"{path}\"");
        }

        var labels = new LabelSetBuilder();
        var job = string.Empty;
        for (var i = 0; i < parts.Length; i += 2)
        {
            var name = Uri.UnescapeDataString(parts[i]);
            var value = Uri.UnescapeDataString(parts[i + 1]);
            if (name.EndsWith(Base64Suffix, StringComparison.Ordinal))
            {
                name = name[..^Base64Suffix.Length];
                value = Decode(name, value);
            }

            if (i == 0 && name != "job")
            {
                throw new MalformedInputException($"the grouping key has to begin with job, got \"{name}\"");
            }

            if (!LegacyName.IsLabel(name) || name.StartsWith("__", StringComparison.Ordinal))
            {
                throw new MalformedInputException($"improper label name \"{name}\"");
            }

            if (i > 0 && name == "job")
            {
                throw new MalformedInputException("job stands twice in the grouping key");
            }

            job = i == 0 ? value : job;
            labels.Set(name, value);
        }

        return job.Length > 0 ? labels.Build() : throw new MalformedInputException("job name is required");
    }

    private static string Decode(string name, string value)
    {
        var text = value.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new MalformedInputException($"invalid base64 encoding in label {name}");
    }
}
