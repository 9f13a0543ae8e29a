namespace Sightglass.Alerting.Receivers;

/// <summary>A message to a service that people read or are paged by, one of those that <see cref="Routing.ForeignIntegrations"/> names.</summary>
public sealed record MessagingConfiguration : IntegrationConfiguration
{
    /// <inheritdoc/>
    public override string Kind => Service;

    /// <summary>The service, as Alertmanager's configuration names it.</summary>
    public required string Service { get; init; }

    /// <summary>Texts by their key in the configuration; templates.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>Secrets by their key in the configuration.</summary>
    public required IReadOnlyDictionary<string, SecretSource> Secrets { get; init; }

    /// <summary>Details by name; templates.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];

    /// <summary>Lists of mappings (images, links, responders) by their key; values are templates.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> Lists { get; init; } =
        new Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>>();

    /// <summary>Labels of an issue; templates.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Attachments of a message.</summary>
    public IReadOnlyList<MessageAttachment> Attachments { get; init; } = [];

    /// <summary>Values of any shape by their key (fields of an issue, a signature's settings); their texts are templates.</summary>
    public IReadOnlyDictionary<string, PayloadNode> Trees { get; init; } = new Dictionary<string, PayloadNode>();

    /// <summary>HTTP settings.</summary>
    public HttpConfiguration Http { get; init; } = HttpConfiguration.Default;

    /// <summary>A text of the configuration, empty when it has none.</summary>
    internal string Text(string key) => Texts.GetValueOrDefault(key, string.Empty);
}

/// <summary>An attachment; texts are templates.</summary>
/// <param name="Texts">Texts by their key.</param>
/// <param name="Fields">Fields with title, value and short.</param>
public sealed record MessageAttachment(IReadOnlyDictionary<string, string> Texts, IReadOnlyList<IReadOnlyDictionary<string, string>> Fields);
