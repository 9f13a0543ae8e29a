using System.Globalization;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Writes a message (RFC 5322, MIME): headers that cannot be injected into, text and HTML in quoted-printable.</summary>
internal static class EmailMessage
{
    private const int MaxLineLength = 76;

    public static string Write(
        EmailConfiguration configuration, NotificationTemplates templates, TemplateValue data, MailAddress from, IReadOnlyList<MailAddress> to, string groupKey, DateTimeOffset now)
    {
        var headers = new List<(string Name, string Value)>();
        foreach (var header in configuration.Headers.Span)
        {
            headers.Add((HeaderName(header.Name), Encode(templates.Text(header.Value, data))));
        }

        void AddMissing(string name, string value)
        {
            if (!headers.Exists(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                headers.Add((name, value));
            }
        }

        AddMissing("From", Address(from));
        AddMissing("To", string.Join(", ", to.Select(Address)));
        AddMissing("Message-Id", $"<{now.ToUnixTimeMilliseconds()}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}@{configuration.Hello}>");
        AddMissing("Date", now.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture));
        AddMissing("Auto-Submitted", "auto-generated");
        if (configuration.Threading != EmailThreading.None)
        {
            // The first message of a thread is one that was never sent: mail programs put those that name it together.
            var day = configuration.Threading == EmailThreading.Daily ? now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : string.Empty;
            var group = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(groupKey)))[..16];
            AddMissing("References", $"<alert-{group}-{day}@sightglass>");
            AddMissing("In-Reply-To", $"<alert-{group}-{day}@sightglass>");
        }

        AddMissing("X-Sightglass-Group", Encode(groupKey));
        AddMissing("MIME-Version", "1.0");
        var text = configuration.Text.Length > 0 ? templates.Text(configuration.Text, data) : string.Empty;
        var html = configuration.Html.Length > 0 ? templates.Html(configuration.Html, data) : string.Empty;
        var message = new StringBuilder();
        var boundary = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        AddMissing("Content-Type", $"multipart/alternative; boundary={boundary}");
        foreach (var (name, value) in headers)
        {
            message.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        message.Append("\r\n");
        if (text.Length > 0)
        {
            Part(message, boundary, "text/plain", text);
        }

        // Of alternatives the last is the preferred one.
        if (html.Length > 0)
        {
            Part(message, boundary, "text/html", html);
        }

        return message.Append("--").Append(boundary).Append("--\r\n").ToString();
    }

    private static void Part(StringBuilder message, string boundary, string type, string content) => message
        .Append("--").Append(boundary).Append("\r\nContent-Type: ").Append(type)
        .Append("; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n").Append(QuotedPrintable(content)).Append("\r\n");

    /// <summary>Header text on one line; what is not ASCII becomes encoded words (RFC 2047).</summary>
    internal static string Encode(string value)
    {
        var line = new string([.. value.ReplaceLineEndings(" ").Where(static c => !char.IsControl(c))]).Trim();
        if (Ascii.IsValid(line))
        {
            return Fold(line);
        }

        var words = new List<string>();
        var bytes = new List<byte>();
        foreach (var rune in line.EnumerateRunes())
        {
            var encoded = Encoding.UTF8.GetBytes(rune.ToString());
            if (bytes.Count + encoded.Length > 42)
            {
                words.Add($"=?utf-8?B?{Convert.ToBase64String([.. bytes])}?=");
                bytes.Clear();
            }

            bytes.AddRange(encoded);
        }

        words.Add($"=?utf-8?B?{Convert.ToBase64String([.. bytes])}?=");
        return string.Join("\r\n ", words);
    }

    internal static string QuotedPrintable(string text)
    {
        var output = new StringBuilder(text.Length + (text.Length / 8));
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var column = 0;
            var bytes = Encoding.UTF8.GetBytes(line);
            for (var i = 0; i < bytes.Length; i++)
            {
                var b = bytes[i];
                var atEnd = i == bytes.Length - 1;
                var token = b is >= 33 and <= 126 and not (byte)'=' || (b is (byte)' ' or (byte)'\t' && !atEnd)
                    ? ((char)b).ToString()
                    : "=" + b.ToString("X2", CultureInfo.InvariantCulture);
                if (column + token.Length > (atEnd ? MaxLineLength : MaxLineLength - 1))
                {
                    output.Append("=\r\n");
                    column = 0;
                }

                output.Append(token);
                column += token.Length;
            }

            output.Append("\r\n");
        }

        output.Length -= 2;
        return output.ToString();
    }

    private static string Fold(string line)
    {
        if (line.Length <= MaxLineLength)
        {
            return line;
        }

        var folded = new StringBuilder();
        var column = 0;
        foreach (var word in line.Split(' '))
        {
            if (column > 0 && column + word.Length + 1 > MaxLineLength - 12)
            {
                folded.Append("\r\n");
                column = 0;
            }

            folded.Append(folded.Length > 0 ? " " : string.Empty).Append(word);
            column += word.Length + 1;
        }

        return folded.ToString();
    }

    private static string HeaderName(string name) => name.All(static c => c is > ' ' and < '\x7f' and not ':') && name.Length > 0
        ? name
        : throw new DeliveryException("a header's name is not usable", recoverable: false);

    private static string Address(MailAddress address) =>
        address.DisplayName.Length == 0 ? address.Address : $"{(Ascii.IsValid(address.DisplayName) ? "\"" + address.DisplayName.Replace("\"", string.Empty, StringComparison.Ordinal) + "\"" : Encode(address.DisplayName))} <{address.Address}>";
}
