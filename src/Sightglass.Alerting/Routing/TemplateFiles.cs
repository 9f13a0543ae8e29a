using System.IO.Enumeration;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Routing;

/// <summary>Finds template files by the patterns of the configuration.</summary>
internal static class TemplateFiles
{
    private const int MaxFiles = 1_000;

    /// <summary>Reads all files that a pattern names; a pattern without matches is none. Each has to parse.</summary>
    public static IEnumerable<(string Path, string Text)> Read(string pattern, string folder, Func<string, Exception> error)
    {
        var full = Path.GetFullPath(pattern, Path.GetFullPath(folder));
        var directory = Path.GetDirectoryName(full) ?? "/";
        var paths = new List<string>();
        foreach (var match in Directories(directory))
        {
            if (Directory.Exists(match))
            {
                paths.AddRange(Directory.EnumerateFiles(match).Where(f => FileSystemName.MatchesSimpleExpression(Path.GetFileName(full), Path.GetFileName(f), ignoreCase: false)).Take(MaxFiles));
            }
        }

        paths.Sort(StringComparer.Ordinal);
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

    private static IEnumerable<string> Directories(string directory)
    {
        if (!directory.AsSpan().ContainsAny('*', '?'))
        {
            return [directory];
        }

        var (parent, name) = (Path.GetDirectoryName(directory) ?? "/", Path.GetFileName(directory));
        return Directories(parent).Where(Directory.Exists)
            .SelectMany(p => Directory.EnumerateDirectories(p).Where(d => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(d), ignoreCase: false)));
    }
}
