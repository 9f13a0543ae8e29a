using System.Globalization;
using Sightglass.Alerting.Receivers;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Routing;

/// <summary>Reads an entry of <c>email_configs</c>. The keys <c>subject</c> and <c>body</c> stand for the header and the text.</summary>
internal static class EmailReader
{
    private const string DefaultHtml = """{{ template "email.default.html" . }}""";
    private const string DefaultSubject = """{{ template "email.default.subject" . }}""";

    public static EmailConfiguration Read(YamlSection section, GlobalSettings global, List<UnsupportedSetting> unsupported)
    {
        var to = section.Text("to", string.Empty);
        if (to.Length == 0)
        {
            throw section.Error("missing to address in email config");
        }

        var smarthost = section.Text("smarthost", global["smtp_smarthost"]);
        if (smarthost.Length == 0)
        {
            throw section.Error("no global SMTP smarthost set");
        }

        var from = section.Text("from", global["smtp_from"]);
        if (from.Length == 0)
        {
            throw section.Error("no global SMTP from set");
        }

        var (host, port) = Address(section, smarthost);
        var (password, secret) = (Secret(section, "auth_password"), Secret(section, "auth_secret"));
        if (password is null && secret is null)
        {
            (password, secret) = (global.Secret("smtp_auth_password"), global.Secret("smtp_auth_secret"));
        }

        var tls = section.Has("tls_config") ? HttpReader.Tls(section.Section("tls_config"), unsupported) : global.Tls;
        var body = section.Text("body");
        var text = section.Text("text", body ?? string.Empty);
        if (body is not null && section.Has("text"))
        {
            throw section.Error("body", "at most one of body & text must be configured");
        }

        var configuration = new EmailConfiguration
        {
            To = to,
            From = from,
            Hello = section.Text("hello", global["smtp_hello"]) is { Length: > 0 } hello ? hello : "localhost",
            Host = host,
            Port = port,
            Username = section.Text("auth_username", global["smtp_auth_username"]),
            Identity = section.Text("auth_identity", global["smtp_auth_identity"]),
            Password = password,
            AuthSecret = secret,
            RequireTls = section.Bool("require_tls") ?? global.RequireTls,
            ImplicitTls = section.Bool("force_implicit_tls") ?? global.ImplicitTls,
            Tls = tls,
            Outgoing = global.Http.Outgoing,
            Threading = Threading(section.Section("threading")),
            Headers = Headers(section),
            // A configuration that writes its own body means that body, not a second one in HTML beside it.
            Html = section.Text("html", body is null ? DefaultHtml : string.Empty),
            Text = text,
            SendResolved = section.Bool("send_resolved") ?? false,
        };
        section.RejectUnknown();
        return configuration;
    }

    /// <summary>Host and port of a mail server.</summary>
    public static (string Host, int Port) Address(YamlSection section, string smarthost)
    {
        var colon = smarthost.LastIndexOf(':');
        if (colon >= 0 && smarthost[..colon].Contains(':', StringComparison.Ordinal) && smarthost is not ['[', ..])
        {
            throw section.Error($"address {smarthost}: too many colons in address");
        }

        var name = smarthost[(colon + 1)..];
        // The names that /etc/services has for mail.
        var port = name switch { "smtp" => 25, "submission" => 587, "submissions" or "smtps" => 465, _ => -1 };
        return colon >= 0 && (port > 0 || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out port))
            ? (colon == 0 ? "localhost" : smarthost[..colon].Trim('[', ']'), port)
            : throw section.Error($"address {smarthost}: missing port in address");
    }

    /// <summary>Of both, as Alertmanager has it here, the file counts.</summary>
    private static SecretSource? Secret(YamlSection section, string key)
    {
        var (value, file) = (section.Confidential(key), section.Text(key + "_file"));
        return file is { Length: > 0 } ? new SecretSource(null, file) : value is { Length: > 0 } ? new SecretSource(new Secret(value), null) : null;
    }

    private static EmailThreading Threading(YamlSection? section)
    {
        if (section is null)
        {
            return EmailThreading.None;
        }

        var enabled = section.Bool("enabled") ?? false;
        var threading = section.Text("thread_by_date", string.Empty) switch
        {
            "daily" => EmailThreading.Daily,
            "none" => EmailThreading.Group,
            "" when !enabled => EmailThreading.None,
            var other => throw section.Error("thread_by_date", $"thread_by_date: got \"{other}\", want daily or none"),
        };
        section.RejectUnknown();
        return enabled ? threading : EmailThreading.None;
    }

    private static LabelSet Headers(YamlSection section)
    {
        var builder = new LabelSetBuilder();
        foreach (var (name, value) in section.Map("headers"))
        {
            var canonical = Canonical(name);
            if (builder.Get(canonical).Length > 0)
            {
                throw section.Error("headers", $"duplicate header \"{canonical}\" in email config");
            }

            builder.Set(canonical, value);
        }

        if (section.Text("subject") is { } subject)
        {
            if (builder.Get("Subject").Length > 0)
            {
                throw section.Error("subject", "at most one of subject & the header Subject must be configured");
            }

            builder.Set("Subject", subject);
        }

        return builder.Get("Subject").Length > 0 ? builder.Build() : builder.Set("Subject", DefaultSubject).Build();
    }

    private static string Canonical(string name) =>
        string.Join('-', name.Split('-').Select(static p => p.Length == 0 ? p : char.ToUpperInvariant(p[0]) + p[1..].ToLowerInvariant()));
}
