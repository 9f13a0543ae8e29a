using System.Runtime.CompilerServices;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.View;

/// <summary>A stream as Loki sees it: index labels, and what of the resource is structured metadata. Immutable.</summary>
internal sealed class LokiStream
{
    private const string ServiceName = "service_name";

    // Loki's default otlp_config: resource attributes that become index labels.
    internal static readonly HashSet<string> IndexAttributes = new(StringComparer.Ordinal)
    {
        "service.name", "service.namespace", "service.instance.id", "deployment.environment", "deployment.environment.name",
        "cloud.region", "cloud.availability_zone", "k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.container.name",
        "container.name", "k8s.replicaset.name", "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name",
        "k8s.cronjob.name", "k8s.job.name",
    };

    // Loki's default discover_service_name, in its order.
    internal static readonly string[] ServiceNameSources =
    [
        "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container", "container_name",
        "k8s_container_name", "component", "workload", "job", "k8s_job_name",
    ];

    private static readonly ConditionalWeakTable<EventStream, LokiStream> Known = [];

    private LokiStream()
    {
        Source = new EventStream(default, ResourceKind.Labels, [], string.Empty);
        Labels = LabelSet.Empty;
        Metadata = [];
    }

    private LokiStream(EventStream stream)
    {
        var labels = new LabelSetBuilder();
        var metadata = new List<Label>();
        foreach (var attribute in stream.Attributes)
        {
            if (stream.Kind == ResourceKind.Labels)
            {
                labels.Set(attribute.Key, attribute.Value.ToString());
            }
            else if (IndexAttributes.Contains(attribute.Key))
            {
                Flatten(LabelNames.FromAttribute(attribute.Key), attribute.Value, (name, value) => labels.Set(name, value));
            }
            else
            {
                Flatten(LabelNames.FromAttribute(attribute.Key), attribute.Value, (name, value) => metadata.Add(new Label(name, value)));
            }
        }

        if (labels.Get(ServiceName).Length == 0)
        {
            var source = ServiceNameSources.FirstOrDefault(name => labels.Get(name).Length > 0);
            labels.Set(ServiceName, source is null ? "unknown_service" : labels.Get(source));
        }

        Source = stream;
        Labels = labels.Build();
        Metadata = metadata;
        foreach (var field in LevelDetector.Fields)
        {
            if (Labels.TryGet(field, out var level))
            {
                Level = LevelDetector.Normalize(level) ?? level;
                break;
            }
        }
    }

    /// <summary>A stream without any label, not even a service's name.</summary>
    public static LokiStream Empty { get; } = new();

    /// <summary>The stream in the store.</summary>
    public EventStream Source { get; }

    /// <summary>The index labels.</summary>
    public LabelSet Labels { get; }

    /// <summary>Attributes of the resource that are structured metadata of each line.</summary>
    public IReadOnlyList<Label> Metadata { get; }

    /// <summary>The level that the index labels tell, or null.</summary>
    public string? Level { get; }

    /// <summary>The view of a stream.</summary>
    public static LokiStream Of(EventStream stream) => Known.GetValue(stream, static s => new LokiStream(s));

    /// <summary>Whether the stream satisfies a selector.</summary>
    public bool Matches(IReadOnlyList<LabelMatcher> matchers)
    {
        foreach (var matcher in matchers)
        {
            if (!matcher.Matches(Labels[matcher.Name]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An attribute as labels: a map becomes a label for each of its entries, joined with an underscore.</summary>
    public static void Flatten(string name, AttributeValue value, Action<string, string> add)
    {
        if (value.Type != AttributeType.Composite)
        {
            add(name, value.ToString());
            return;
        }

        using var document = System.Text.Json.JsonDocument.Parse(value.ToString(), new System.Text.Json.JsonDocumentOptions { MaxDepth = AnyValueText.MaxDepth + 2 });
        Flatten(name, document.RootElement, add);
    }

    private static void Flatten(string name, System.Text.Json.JsonElement value, Action<string, string> add)
    {
        switch (value.ValueKind)
        {
            case System.Text.Json.JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Flatten(LabelNames.FromAttribute(name + "_" + member.Name), member.Value, add);
                }

                break;
            case System.Text.Json.JsonValueKind.String:
                add(name, value.GetString()!);
                break;
            case System.Text.Json.JsonValueKind.Null:
                add(name, string.Empty);
                break;
            default:
                add(name, value.GetRawText());
                break;
        }
    }
}
