using Sightglass.Core.Model;

namespace Sightglass.Alerting.Receivers;

/// <summary>A secret given in the configuration or in a file that is read each time it is used.</summary>
/// <param name="Value">The value, or null when it is in a file.</param>
/// <param name="File">The file, or null.</param>
public sealed record SecretSource(Secret? Value, string? File)
{
    /// <summary>The secret now; white space around the content of a file is not part of it.</summary>
    internal async ValueTask<Secret> ReadAsync(CancellationToken cancellation)
    {
        if (Value is not null)
        {
            return Value;
        }

        try
        {
            return new Secret((await System.IO.File.ReadAllTextAsync(File!, cancellation).ConfigureAwait(false)).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeliveryException($"reading {File}: {e.Message}", recoverable: false, e);
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, where nothing can be waited for.</summary>
    internal Secret Read()
    {
        try
        {
            return Value ?? new Secret(System.IO.File.ReadAllText(File!).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeliveryException($"reading {File}: {e.Message}", recoverable: false, e);
        }
    }
}

/// <summary>One way of telling within a receiver.</summary>
public abstract record IntegrationConfiguration
{
    /// <summary>The kind, as Alertmanager names it: <c>webhook</c>, <c>slack</c>, <c>pagerduty</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Tell when alerts are over, too.</summary>
    public required bool SendResolved { get; init; }

    /// <summary>Longest time of one attempt; zero is the time until the group's next flush.</summary>
    public TimeSpan Timeout { get; init; }
}

/// <summary>How to make HTTP requests.</summary>
public sealed record HttpConfiguration
{
    /// <summary>The defaults.</summary>
    public static HttpConfiguration Default { get; } = new();

    /// <summary>User of basic authentication, or null.</summary>
    public string? Username { get; init; }

    /// <summary>File with the user of basic authentication, or null.</summary>
    public SecretSource? UsernameFile { get; init; }

    /// <summary>Password of basic authentication, or null.</summary>
    public SecretSource? Password { get; init; }

    /// <summary>Scheme of the authorization header.</summary>
    public string AuthorizationType { get; init; } = "Bearer";

    /// <summary>Credentials of the authorization header, or null.</summary>
    public SecretSource? Credentials { get; init; }

    /// <summary>TLS settings.</summary>
    public TlsConfiguration Tls { get; init; } = TlsConfiguration.Default;

    /// <summary>Follow redirects.</summary>
    public bool FollowRedirects { get; init; } = true;

    /// <summary>Tokens of a server that makes them, or null.</summary>
    public OAuth2Configuration? OAuth2 { get; init; }

    /// <summary>Proxy, or null.</summary>
    public ReceiverProxy? Proxy { get; init; }

    /// <summary>Headers to add.</summary>
    public IReadOnlyList<KeyValuePair<string, SecretSource>> Headers { get; init; } = [];

    /// <summary>Where requests may go.</summary>
    public OutgoingPolicy Outgoing { get; init; } = OutgoingPolicy.Open;
}

/// <summary>Alertmanager's webhook.</summary>
public sealed record WebhookConfiguration : IntegrationConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "webhook";

    /// <summary>Where to post; addresses often carry tokens.</summary>
    public required SecretSource Url { get; init; }

    /// <summary>Most alerts in a message; 0 is no limit.</summary>
    public int MaxAlerts { get; init; }

    /// <summary>What to send instead of Alertmanager's message, or null.</summary>
    public PayloadNode? Payload { get; init; }

    /// <summary>HTTP settings.</summary>
    public HttpConfiguration Http { get; init; } = HttpConfiguration.Default;
}

/// <summary>A field of a Slack attachment.</summary>
/// <param name="Title">Template.</param>
/// <param name="Value">Template.</param>
/// <param name="Short">Beside the next, or null for the message's setting.</param>
public sealed record SlackField(string Title, string Value, bool? Short);

/// <summary>A button of a Slack attachment; all texts are templates.</summary>
/// <param name="Type">Kind of action.</param>
/// <param name="Text">Label.</param>
/// <param name="Url">Link.</param>
/// <param name="Style">Style.</param>
/// <param name="Name">Name for the answer.</param>
/// <param name="Value">Value for the answer.</param>
/// <param name="Confirm">Question before it acts, or null: text, title, yes, no.</param>
public sealed record SlackAction(string Type, string Text, string Url, string Style, string Name, string Value, (string Text, string Title, string Ok, string Dismiss)? Confirm);

/// <summary>A message to Slack; texts are templates.</summary>
public sealed record SlackConfiguration : IntegrationConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "slack";

    /// <summary>The webhook's or the API's address.</summary>
    public required SecretSource Url { get; init; }

    /// <summary>Token for the API, or null.</summary>
    public SecretSource? AppToken { get; init; }

    /// <summary>HTTP settings.</summary>
    public HttpConfiguration Http { get; init; } = HttpConfiguration.Default;

    /// <summary>Texts by their key in the configuration; without <c>color</c>, each alert's severity gives its colour.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>Fields of the attachment; null shows each alert with its rule, severity, value, threshold, time and labels.</summary>
    public IReadOnlyList<SlackField>? Fields { get; init; }

    /// <summary>Actions of the attachment.</summary>
    public IReadOnlyList<SlackAction> Actions { get; init; } = [];

    /// <summary>Fields are short unless they say; null is false, and true for those that are shown by default.</summary>
    public bool? ShortFields { get; init; }

    /// <summary>Change the message of a group instead of sending another.</summary>
    public bool UpdateMessage { get; init; }

    /// <summary>Link names in texts.</summary>
    public bool LinkNames { get; init; }

    /// <summary>Parts in which markdown is read.</summary>
    public IReadOnlyList<string> MarkdownIn { get; init; } = [];
}

/// <summary>How messages of a group of alerts are put into one thread of a mailbox.</summary>
public enum EmailThreading
{
    /// <summary>Each message by itself.</summary>
    None,

    /// <summary>One thread per group and day.</summary>
    Daily,

    /// <summary>One thread per group.</summary>
    Group,
}

/// <summary>An email; texts and headers are templates.</summary>
public sealed record EmailConfiguration : IntegrationConfiguration
{
    /// <inheritdoc/>
    public override string Kind => "email";

    /// <summary>Recipients.</summary>
    public required string To { get; init; }

    /// <summary>Sender.</summary>
    public required string From { get; init; }

    /// <summary>Name to greet the server with.</summary>
    public string Hello { get; init; } = "localhost";

    /// <summary>The server.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>User, or empty.</summary>
    public string Username { get; init; } = string.Empty;

    /// <summary>Identity of PLAIN.</summary>
    public string Identity { get; init; } = string.Empty;

    /// <summary>Password for PLAIN and LOGIN, or null.</summary>
    public SecretSource? Password { get; init; }

    /// <summary>Secret for CRAM-MD5, or null.</summary>
    public SecretSource? AuthSecret { get; init; }

    /// <summary>Refuse to send without TLS.</summary>
    public bool RequireTls { get; init; } = true;

    /// <summary>TLS from the first byte; null means on port 465.</summary>
    public bool? ImplicitTls { get; init; }

    /// <summary>TLS settings.</summary>
    public TlsConfiguration Tls { get; init; } = TlsConfiguration.Default;

    /// <summary>How messages of a group are put into one thread.</summary>
    public EmailThreading Threading { get; init; }

    /// <summary>Headers by name.</summary>
    public LabelSet Headers { get; init; } = LabelSet.Empty;

    /// <summary>Where messages may go.</summary>
    public OutgoingPolicy Outgoing { get; init; } = OutgoingPolicy.Open;

    /// <summary>HTML body, or empty.</summary>
    public required string Html { get; init; }

    /// <summary>Text body, or empty.</summary>
    public string Text { get; init; } = string.Empty;
}

/// <summary>A message that did not arrive.</summary>
public sealed class DeliveryException : Exception
{
    /// <summary>Makes one. The message must not carry a secret.</summary>
    public DeliveryException(string message, bool recoverable, Exception? inner = null)
        : base(message, inner) => Recoverable = recoverable;

    /// <summary>Trying again may help.</summary>
    public bool Recoverable { get; }

    /// <summary>How long the receiver asks to be left alone, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
