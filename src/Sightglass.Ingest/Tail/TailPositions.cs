using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sightglass.Ingest.Tail;

/// <summary>Where each followed file has been read to, kept in a small JSON file that is replaced as a whole. Used by one thread.</summary>
internal sealed class TailPositions
{
    private readonly string _path;
    private readonly Dictionary<FileIdentity, long> _offsets = [];

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
                _offsets[identity] = entry.GetProperty("offset").GetInt64();
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            report($"{path}: not readable, followed files start from their beginning: {e.Message}");
            _offsets.Clear();
        }
    }

    public long? Get(FileIdentity file) => _offsets.TryGetValue(file, out var offset) ? offset : null;

    public void Set(FileIdentity file, long offset) => _offsets[file] = offset;

    public void Forget(FileIdentity file) => _offsets.Remove(file);

    /// <summary>Writes the file: beside, synced, renamed over the old one.</summary>
    public void Save()
    {
        var text = new StringBuilder("{\"version\":1,\"files\":[");
        var first = true;
        foreach (var (file, offset) in _offsets)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(first ? "" : ",")}{{\"device\":\"{file.Device}\",\"inode\":\"{file.Inode}\",\"offset\":{offset}}}");
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
