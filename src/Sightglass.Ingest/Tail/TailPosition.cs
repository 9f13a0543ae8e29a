using System.Globalization;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Tail;

/// <summary>How far a file was read, and by what its content is known again. Stored with the lines themselves (<see cref="ReadPosition"/>).</summary>
/// <param name="Offset">The first byte that is not stored.</param>
/// <param name="Mark">Hash of what stands right before it.</param>
/// <param name="HeadLength">Bytes of the beginning that <paramref name="Head"/> is of.</param>
/// <param name="Head">Hash of the beginning.</param>
/// <param name="Seen">When it was stored, seconds since 1970.</param>
/// <param name="Done">An archive that was read to its end: it does not grow.</param>
/// <param name="Path">Where the file was found.</param>
internal sealed record TailPosition(long Offset, ulong Mark, int HeadLength, ulong Head, long Seen, bool Done, string Path)
{
    /// <summary>What names of sources begin with.</summary>
    public const string Prefix = "file/";

    /// <summary>Of files with less before the position a copy is not looked for: too many begin alike.</summary>
    private const int LeastForCopies = 128;

    private const string Version = "1";

    /// <summary>The source's name of a file.</summary>
    public static string SourceOf(FileIdentity identity) => Prefix + identity;

    /// <summary>The source's name of what a file held before it was truncated.</summary>
    public string SourceOfFormer(FileIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{identity}/{Head:x16}");

    public string Format() => string.Create(CultureInfo.InvariantCulture, $"{Version} {Offset} {Mark} {HeadLength} {Head} {Seen} {(Done ? 1 : 0)} {Path}");

    public static bool TryParse(string text, out TailPosition position)
    {
        position = null!;
        var parts = text.Split(' ', 8);
        if (parts.Length != 8 || parts[0] != Version
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var mark)
            || !int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var headLength)
            || !ulong.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out var head)
            || !long.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var seen))
        {
            return false;
        }

        position = new TailPosition(offset, mark, headLength, head, seen, parts[6] == "1", parts[7]);
        return true;
    }

    /// <summary>Whether a file still begins and goes on to the position as it did.</summary>
    public bool Holds(TailContent content) =>
        Offset <= content.Length && content.Mark(Offset) == Mark && (HeadLength == 0 || content.Head(HeadLength) == Head);

    /// <summary>Whether a file may hold a copy of this one's content: it was named after it and begins as it does.</summary>
    public bool MayBeCopiedTo(string path, TailContent content) =>
        Offset >= LeastForCopies && IsRotationOf(path) && content.Length >= HeadLength && content.Head(HeadLength) == Head;

    // app.log.1, app.log-20260101.gz, app-20260101.log beside app.log.
    private bool IsRotationOf(string path)
    {
        if (path.Length <= Path.Length || System.IO.Path.GetDirectoryName(path) != System.IO.Path.GetDirectoryName(Path))
        {
            return false;
        }

        var extension = System.IO.Path.GetExtension(Path);
        var stem = extension.Length > 1 && extension[1..].All(char.IsAsciiDigit) ? System.IO.Path.ChangeExtension(Path, null) : Path;
        stem = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(stem) ?? string.Empty, System.IO.Path.GetFileNameWithoutExtension(stem));
        return path.StartsWith(stem, StringComparison.Ordinal);
    }
}
