using System.IO.Enumeration;

namespace Sightglass.Alerting;

/// <summary>Finds the files that a pattern with <c>*</c> and <c>?</c> in any of its parts names.</summary>
internal static class FilePattern
{
    private const int MaxFiles = 10_000;

    /// <summary>The files, sorted; a pattern without a wildcard is itself, when it is there.</summary>
    public static IReadOnlyList<string> Expand(string pattern, string folder)
    {
        var full = Path.GetFullPath(pattern, folder);
        var name = Path.GetFileName(full);
        return [.. Folders(Path.GetDirectoryName(full) ?? "/").Where(Directory.Exists)
            .SelectMany(d => name.AsSpan().ContainsAny('*', '?')
                ? Directory.EnumerateFiles(d).Where(f => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(f), ignoreCase: false))
                : File.Exists(Path.Combine(d, name)) ? [Path.Combine(d, name)] : [])
            .Take(MaxFiles).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Folders(string folder)
    {
        if (!folder.AsSpan().ContainsAny('*', '?'))
        {
            return [folder];
        }

        var (parent, name) = (Path.GetDirectoryName(folder) ?? "/", Path.GetFileName(folder));
        return Folders(parent).Where(Directory.Exists)
            .SelectMany(p => Directory.EnumerateDirectories(p).Where(d => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(d), ignoreCase: false)));
    }
}
