using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sightglass.Ingest.Tail;

/// <summary>Where each followed file has been read to, kept in a small JSON file that is replaced as a whole. Used by one thread.</summary>
internal sealed class TailPositions
{
    private readonly string _path;
    private readonly Dictionary<FileIdentity, (long Offset, ulong? Mark)> _offsets = [];

    public TailPositions(string path, Action<string> report)
    {
        _path = path;
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (var entry in json.RootElement.GetProperty("files").EnumerateArray())
            {
                var identity = new FileIdentity(
                    ulong.Parse(entry.GetProperty("device").GetString()!, CultureInfo.InvariantCulture),
                    ulong.Parse(entry.GetProperty("inode").GetString()!, CultureInfo.InvariantCulture));
                _offsets[identity] = (
                    entry.GetProperty("offset").GetInt64(),
                    entry.TryGetProperty("mark", out var mark) ? ulong.Parse(mark.GetString()!, CultureInfo.InvariantCulture) : null);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            report($"{path}: not readable, followed files start from their beginning: {e.Message}");
            _offsets.Clear();
        }
    }

    /// <summary>Where the file was read to, with the mark of what stood before it (null where an earlier version saved none).</summary>
    public (long Offset, ulong? Mark)? Get(FileIdentity file) => _offsets.TryGetValue(file, out var position) ? position : null;

    public void Set(FileIdentity file, long offset, ulong mark) => _offsets[file] = (offset, mark);

    public void Forget(FileIdentity file) => _offsets.Remove(file);

    /// <summary>Writes the file: beside, synced, renamed over the old one.</summary>
    public void Save()
    {
        var text = new StringBuilder("{\"version\":1,\"files\":[");
        var first = true;
        foreach (var (file, (offset, mark)) in _offsets)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(first ? "" : ",")}{{\"device\":\"{file.Device}\",\"inode\":\"{file.Inode}\",\"offset\":{offset}");
            text.Append(mark is { } known ? string.Create(CultureInfo.InvariantCulture, $",\"mark\":\"{known}\"}}") : "}");
            first = false;
        }

        var temporary = _path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(Encoding.UTF8.GetBytes(text.Append("]}").ToString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, _path, overwrite: true);
    }
}
