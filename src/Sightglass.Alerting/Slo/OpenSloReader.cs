using Sightglass.Core.Model;

namespace Sightglass.Alerting.Slo;

/// <summary>Reads a file of OpenSLO v1 documents: objectives and what they refer to.</summary>
internal sealed class OpenSloReader
{
    private const string Version = "openslo/v1";
    private static readonly string[] Kinds = ["DataSource", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service"];

    private static readonly string[] CompositeKeys = ["compositeWeight", "sli", "sliRef"];

    private readonly Dictionary<(string Kind, string Name), OpenSloDocument> _documents = [];
    private readonly string _file;

    private OpenSloReader(string file, IEnumerable<YamlSection> documents)
    {
        _file = file;
        foreach (var section in documents)
        {
            var document = Document(section);
            if (!_documents.TryAdd((document.Kind, document.Name), document))
            {
                throw section.Error($"a second {document.Kind} of the name \"{document.Name}\"");
            }
        }
    }

    /// <summary>Whether a document says that it is OpenSLO's.</summary>
    public static bool Is(YamlSection document) => document.Text("apiVersion", string.Empty).StartsWith("openslo", StringComparison.OrdinalIgnoreCase);

    /// <summary>The objectives of a file.</summary>
    public static IReadOnlyList<SloDefinition> Read(string file, IReadOnlyList<YamlSection> documents)
    {
        var reader = new OpenSloReader(file, documents);
        // What nothing refers to is read, too: its errors are errors.
        var indicators = new OpenSloIndicators(reader.Sources());
        var alerts = new OpenSloAlerts(reader._documents);
        foreach (var document in reader._documents.Values)
        {
            switch (document.Kind)
            {
                case "SLI":
                    indicators.Add(document);
                    break;
                case "Service":
                    _ = document.Spec.Text("description");
                    document.Spec.RejectUnknown();
                    break;
                case "AlertPolicy" or "AlertCondition" or "AlertNotificationTarget":
                    alerts.Check(document);
                    break;
            }
        }

        return [.. reader._documents.Values.Where(static d => d.Kind == "SLO").OrderBy(static d => d.Spec.Line).SelectMany(d => reader.Slo(d, indicators, alerts))];
    }

    private static OpenSloDocument Document(YamlSection section)
    {
        var version = section.Text("apiVersion", string.Empty);
        if (version != Version)
        {
            throw section.Error("apiVersion", $"apiVersion: got \"{version}\", want {Version}");
        }

        var kind = section.Text("kind", string.Empty);
        if (!Kinds.Contains(kind))
        {
            throw section.Error("kind", $"kind: got \"{kind}\", want {string.Join(", ", Kinds)}");
        }

        var metadata = section.Section("metadata") ?? throw section.Error($"{kind}: metadata with a name must be set");
        var spec = section.Section("spec") ?? (kind == "Service" ? section.Of(new YamlDotNet.RepresentationModel.YamlMappingNode(), "spec") : throw section.Error($"{kind}: spec must be set"));
        section.RejectUnknown();
        var document = new OpenSloDocument(kind, SloText.Name(metadata, "name"), metadata.Text("displayName", string.Empty), SloText.Labels(metadata, "labels"), spec);
        metadata.Accept("annotations");
        metadata.RejectUnknown();
        return document;
    }

    private Dictionary<string, string> Sources()
    {
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in _documents.Values.Where(static d => d.Kind == "DataSource"))
        {
            types.Add(source.Name, source.Spec.Text("type") ?? throw source.Spec.Error($"DataSource \"{source.Name}\": type must be set"));
            _ = source.Spec.Text("description");
            // How to reach another system is nothing to this one: its own store is asked.
            source.Spec.Accept("connectionDetails");
            source.Spec.RejectUnknown();
        }

        return types;
    }

    private List<SloDefinition> Slo(OpenSloDocument document, OpenSloIndicators indicators, OpenSloAlerts alerts)
    {
        var spec = document.Spec;
        var service = spec.Text("service") is { Length: > 0 } given ? given : throw spec.Error($"SLO \"{document.Name}\": service must be set");
        var description = spec.Text("description", string.Empty);
        var shared = indicators.Of(spec);
        var window = OpenSloWindow.Read(spec);
        var method = spec.Text("budgetingMethod", "Occurrences");
        if (method is not ("Occurrences" or "Timeslices" or "RatioTimeslices"))
        {
            throw spec.Error("budgetingMethod", $"budgetingMethod: got \"{method}\", want Occurrences, Timeslices or RatioTimeslices");
        }

        var objectives = spec.Sections("objectives");
        var conditions = alerts.Of(spec);
        spec.RejectUnknown();
        if (objectives.Count == 0)
        {
            throw spec.Error($"SLO \"{document.Name}\": objectives must have an entry");
        }

        var slos = new List<SloDefinition>();
        foreach (var objective in objectives)
        {
            var displayName = objective.Text("displayName", string.Empty);
            var target = Target(objective);
            if (Array.Find(CompositeKeys, objective.Has) is { } composite)
            {
                throw objective.Error(composite, $"{composite}: OpenSLO v1 has no composite objectives; they are in the draft v2alpha1, which does not say what a weight does");
            }

            var source = indicators.Of(objective) ?? shared ?? throw spec.Error($"SLO \"{document.Name}\": one of indicator and indicatorRef must be set");
            var indicator = Sliced(objective, method, source.For(objective));
            objective.RejectUnknown();
            SloText.Check(objective, "timeSliceWindow", indicator, window);
            var name = objectives.Count == 1 ? document.Name : $"{document.Name}-{SloIndicator.Number(target * 100)}";
            if (slos.Exists(s => s.Name == name))
            {
                name = $"{name}-{slos.Count + 1}";
            }

            slos.Add(new SloDefinition
            {
                Name = name,
                Service = service,
                DisplayName = displayName.Length > 0 && objectives.Count > 1 ? $"{document.DisplayName} {displayName}".Trim() : document.DisplayName,
                Description = description,
                Indicator = indicator,
                Target = target,
                Window = window,
                Labels = document.Labels,
                Alerting = conditions is null ? new SloAlerting() : new SloAlerting { Conditions = conditions },
                File = _file,
                Line = objective.Line,
            });
        }

        return slos;
    }

    private static decimal Target(YamlSection objective) => (SloText.Number(objective, "target"), SloText.Number(objective, "targetPercent")) switch
    {
        ({ } share, null) => SloText.Share(objective, "target", share, 1),
        (null, { } percent) => SloText.Share(objective, "targetPercent", percent, 100),
        (null, null) => throw objective.Error("one of target and targetPercent must be set"),
        _ => throw objective.Error("targetPercent", "only one of target and targetPercent can be set"),
    };

    private static SloIndicator Sliced(YamlSection objective, string method, SloIndicator indicator)
    {
        var slice = objective.Text("timeSliceWindow") is not { } text ? (TimeSpan?)null
            : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var minutes) ? TimeSpan.FromMinutes(minutes)
            : PromDuration.TryParse(text, out var span) ? span
            : throw objective.Error("timeSliceWindow", $"timeSliceWindow: got \"{text}\", want minutes or a duration such as 5m");
        var least = SloText.Number(objective, "timeSliceTarget");
        if (method == "Occurrences")
        {
            return slice is null && least is null ? indicator : throw objective.Error("timeSliceWindow", "slices of time need the budgetingMethod Timeslices or RatioTimeslices");
        }

        if (slice is not { } length || length < TimeSpan.FromSeconds(10))
        {
            throw objective.Error("timeSliceWindow", $"timeSliceWindow: {method} needs one of 10s or more");
        }

        if (method == "RatioTimeslices")
        {
            return least is null ? SampledIndicator.OfSlices(indicator, length, null) : throw objective.Error("timeSliceTarget", "RatioTimeslices has no timeSliceTarget");
        }

        return least is > 0 and <= 1
            ? SampledIndicator.OfSlices(indicator, length, least)
            : throw objective.Error("timeSliceTarget", "timeSliceTarget: Timeslices needs one, more than 0 and 1 at most");
    }
}

/// <summary>A document of a file.</summary>
internal sealed record OpenSloDocument(string Kind, string Name, string DisplayName, LabelSet Labels, YamlSection Spec);
