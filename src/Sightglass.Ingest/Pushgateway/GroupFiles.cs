using System.Text.Json;
using System.Text.Json.Serialization;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>Keeps groups on disk: one JSON file each, named by the hash of its key, replaced as a whole.</summary>
internal sealed class GroupFiles
{
    private const string Extension = ".json";
    private const int FormatVersion = 1;

    private static readonly JsonSerializerOptions Options = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly string _folder;
    private readonly Action<string> _report;

    public GroupFiles(string folder, Action<string> report)
    {
        _folder = folder;
        _report = report;
        Try(() => Directory.CreateDirectory(folder));
    }

    /// <summary>All groups; a file that does not read is reported and set aside.</summary>
    public IEnumerable<PushedGroup> Load()
    {
        foreach (var path in Directory.GetFiles(_folder, "*" + Extension))
        {
            PushedGroup? group = null;
            try
            {
                group = JsonSerializer.Deserialize<StoredGroup>(File.ReadAllBytes(path), Options)?.ToGroup();
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                _report($"pushed group {path} does not read and is set aside: {e.Message}");
                Try(() => File.Move(path, path + ".bad", overwrite: true));
            }

            if (group is not null)
            {
                yield return group;
            }
        }
    }

    public void Save(PushedGroup group) => Try(() =>
    {
        var path = PathOf(group.Key);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(StoredGroup.Of(group), Options));
        File.Move(path + ".new", path, overwrite: true);
    });

    public void Delete(LabelSet key) => Try(() => File.Delete(PathOf(key)));

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"pushed groups in {_folder}: {e.Message}", e);
        }
    }

    private string PathOf(LabelSet key)
    {
        using var writer = new ByteWriter();
        key.WriteKey(writer);
        var hash = Hash128.Compute(writer.Written);
        return Path.Combine(_folder, $"{hash.High:x16}{hash.Low:x16}{Extension}");
    }

    private sealed record StoredGroup(int Version, Dictionary<string, string> Key, DateTimeOffset? LastPush, DateTimeOffset? LastFailure, List<StoredFamily> Families)
    {
        public static StoredGroup Of(PushedGroup group) => new(FormatVersion, Pairs(group.Key), group.LastPush, group.LastFailure, [.. group.Families.Values.Select(StoredFamily.Of)]);

        public PushedGroup ToGroup() => Version != FormatVersion ? throw new JsonException($"got version {Version}, want {FormatVersion}") : new PushedGroup(Labels(Key), Families.ToDictionary(static f => f.Name, static f => f.ToFamily(), StringComparer.Ordinal), LastPush, LastFailure);
    }

    private sealed record StoredFamily(string Name, MetricType Type, string Help, string Unit, DateTimeOffset Pushed, List<StoredSample> Samples)
    {
        public static StoredFamily Of(PushedFamily family) => new(
            family.Metadata.Family, family.Metadata.Type, family.Metadata.Help, family.Metadata.Unit, family.Pushed,
            [.. family.Samples.Select(static s => new StoredSample(Pairs(s.Labels), BitConverter.DoubleToInt64Bits(s.Value), s.Histogram))]);

        public PushedFamily ToFamily() => new(
            new MetricMetadata(Name, Type, Help, Unit), Pushed, [.. Samples.Select(static s => new PushedSample(Labels(s.Labels), BitConverter.Int64BitsToDouble(s.ValueBits), s.Histogram))]);
    }

    /// <summary>Values are kept as their bits, so that every NaN stays what it was.</summary>
    private sealed record StoredSample(Dictionary<string, string> Labels, long ValueBits, NativeHistogram? Histogram);

    private static Dictionary<string, string> Pairs(LabelSet labels) => labels.ToDictionary(static l => l.Name, static l => l.Value, StringComparer.Ordinal);

    private static LabelSet Labels(Dictionary<string, string> pairs) => LabelSet.From(pairs.Select(static p => new Label(p.Key, p.Value)));
}
