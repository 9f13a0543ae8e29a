using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Ingest.Tail;

/// <summary>A glob over absolute paths: <c>*</c> and <c>?</c> within a segment, <c>**</c> for any number of folders.</summary>
internal sealed class Glob
{
    // A pattern at the root of a large tree must not walk it for ever.
    private const int MaxFiles = 10_000;
    private readonly Regex _expression;
    private readonly string _root;
    private readonly bool _deep;

    public Glob(string pattern)
    {
        var full = Path.GetFullPath(pattern);
        var segments = full.Split('/');
        var fixedSegments = segments.TakeWhile(s => s.IndexOfAny(['*', '?']) < 0).ToArray();
        _root = fixedSegments.Length == segments.Length ? Path.GetDirectoryName(full)! : string.Join('/', fixedSegments) is { Length: > 0 } root ? root : "/";
        _deep = segments.Length - Math.Min(fixedSegments.Length, segments.Length - 1) > 1;
        var text = new StringBuilder();
        for (var i = 0; i < full.Length; i++)
        {
            if (full[i] == '*' && i + 1 < full.Length && full[i + 1] == '*')
            {
                text.Append(i + 2 < full.Length && full[i + 2] == '/' ? "(?:.*/)?" : ".*");
                i += i + 2 < full.Length && full[i + 2] == '/' ? 2 : 1;
            }
            else
            {
                text.Append(full[i] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape(c.ToString()) });
            }
        }

        _expression = new Regex($@"\A{text}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    public bool IsMatch(string path) => _expression.IsMatch(path);

    /// <summary>Files that match now; folders that cannot be read are passed over.</summary>
    public IEnumerable<string> Files() => !Directory.Exists(_root) ? [] : Directory.EnumerateFiles(_root, "*", new EnumerationOptions
    {
        RecurseSubdirectories = _deep,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.Device,
        MaxRecursionDepth = 16,
    }).Where(IsMatch).Take(MaxFiles);
}
