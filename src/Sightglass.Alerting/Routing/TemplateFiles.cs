using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Routing;

/// <summary>Finds template files by the patterns of the configuration.</summary>
internal static class TemplateFiles
{
    /// <summary>Reads all files that a pattern names; a pattern without matches is none. Each has to parse.</summary>
    public static IEnumerable<(string Path, string Text)> Read(string pattern, string folder, Func<string, Exception> error)
    {
        IReadOnlyList<string> paths;
        try
        {
            paths = FilePattern.Expand(pattern, Path.GetFullPath(folder));
        }
        catch (FormatException e)
        {
            throw error(e.Message);
        }

        foreach (var path in paths)
        {
            string text;
            try
            {
                text = File.ReadAllText(path);
                NotificationTemplates.Check(path, text);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or TemplateException)
            {
                throw error($"template file {path}: {e.Message}");
            }

            yield return (path, text);
        }
    }
}
