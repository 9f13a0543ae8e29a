namespace Sightglass.Alerting.Slo;

/// <summary>Loads objectives: files of OpenSLO v1 documents, and the short form as the configuration has it.</summary>
public static class SloLoader
{
    /// <summary>Loads a file of OpenSLO documents, or one with <c>slos</c> in the short form.</summary>
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static IReadOnlyList<SloDefinition> Load(string path, string text)
    {
        var documents = new YamlFile(path).ReadAll(text, "the document");
        if (documents.Count == 0)
        {
            throw new AlertingConfigurationException(path, 1, "no document in the file");
        }

        if (OpenSloReader.Is(documents[0]))
        {
            return Checked(OpenSloReader.Read(path, documents));
        }

        if (documents.Count > 1)
        {
            throw documents[1].Error("a second YAML document in the file; only OpenSLO's files (apiVersion: openslo/v1) have several");
        }

        var slos = Short(documents[0], path);
        documents[0].RejectUnknown();
        return slos;
    }

    /// <summary>Whether a text is one of OpenSLO documents.</summary>
    public static bool IsOpenSlo(string path, string text) => new YamlFile(path).ReadAll(text, "the document") is [{ } first, ..] && OpenSloReader.Is(first);

    /// <summary>Refuses two objectives of one name, and more than the limit.</summary>
    /// <exception cref="AlertingConfigurationException">There are such.</exception>
    public static IReadOnlyList<SloDefinition> Checked(IReadOnlyList<SloDefinition> slos)
    {
        if (slos.Count > SloLimits.MaxSlos)
        {
            throw new AlertingConfigurationException(slos[^1].File, slos[^1].Line, $"{slos.Count} objectives, limit MaxSlos is {SloLimits.MaxSlos}");
        }

        var names = new Dictionary<string, SloDefinition>(StringComparer.Ordinal);
        foreach (var slo in slos)
        {
            if (!names.TryAdd(slo.Name, slo))
            {
                throw new AlertingConfigurationException(slo.File, slo.Line, $"a second slo of the name \"{slo.Name}\", the first is in {names[slo.Name].File}:{names[slo.Name].Line}");
            }
        }

        // What a user gave may still make no rule: that is said now and not when the server starts.
        foreach (var slo in slos)
        {
            _ = SloRules.File(slo);
        }

        return slos;
    }

    /// <summary>The objectives under <c>slos</c>.</summary>
    internal static IReadOnlyList<SloDefinition> Short(YamlSection root, string path) => Checked([.. root.Sections("slos").Select(s => SloReader.Read(s, path))]);
}
