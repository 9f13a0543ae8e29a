using System.Collections.Concurrent;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pushgateway;

/// <summary>
/// Groups of pushed metrics with Pushgateway's meaning: PUT replaces a group, POST replaces the families of the same names, DELETE removes it. Kept in
/// one file for each group, written before the answer. Thread-safe.
/// </summary>
public sealed class PushgatewayStore
{
    /// <summary>Most groups; more is a client that puts something unique into its grouping key.</summary>
    public const int MaxGroups = 10_000;

    private const string PushTime = "push_time_seconds";
    private const string FailureTime = "push_failure_time_seconds";

    private static readonly MetricMetadata PushTimeMetadata = new(PushTime, MetricType.Gauge, "Last Unix time when changing this group in the Pushgateway succeeded.", string.Empty);
    private static readonly MetricMetadata FailureTimeMetadata = new(FailureTime, MetricType.Gauge, "Last Unix time when changing this group in the Pushgateway failed.", string.Empty);

    private readonly ConcurrentDictionary<LabelSet, PushedGroup> _groups;
    private readonly GroupFiles _files;
    private readonly IngestLimits _limits;
    private readonly TimeProvider _time;
    private readonly Lock _changes = new();

    /// <summary>Opens the groups in a folder.</summary>
    /// <exception cref="StorageFailedException">The folder cannot be used.</exception>
    public PushgatewayStore(string folder, IngestLimits limits, TimeProvider time, Action<string> report)
    {
        _files = new GroupFiles(folder, report);
        _groups = new ConcurrentDictionary<LabelSet, PushedGroup>(_files.Load().Select(static g => KeyValuePair.Create(g.Key, g)));
        _limits = limits;
        _time = time;
    }

    /// <summary>All groups.</summary>
    public IReadOnlyList<PushedGroup> Groups => [.. _groups.Values.OrderBy(static g => g.Key)];

    /// <summary>Takes a push and gives the number of its samples. A push that is not taken changes nothing but the time of the last failure.</summary>
    /// <exception cref="MalformedInputException">It does not parse, or does not go together with what other groups have.</exception>
    /// <exception cref="LimitExceededException">There are too many groups.</exception>
    /// <exception cref="StorageFailedException">It could not be kept.</exception>
    public int Push(LabelSet key, ReadOnlySpan<byte> body, PushFormat format, bool replace)
    {
        if (key.Count > _limits.MaxLabelsPerSeries || key.Any(l => l.Name.Length > _limits.MaxLabelNameBytes || l.Value.Length > _limits.MaxLabelValueBytes))
        {
            throw new MalformedInputException($"grouping key is over {nameof(IngestLimits.MaxLabelsPerSeries)}, {nameof(IngestLimits.MaxLabelNameBytes)} or {nameof(IngestLimits.MaxLabelValueBytes)}");
        }

        lock (_changes)
        {
            var now = _time.GetUtcNow();
            var known = _groups.GetValueOrDefault(key);
            if (known is null && _groups.Count >= MaxGroups)
            {
                throw new LimitExceededException(nameof(MaxGroups), MaxGroups, _groups.Count + 1, "groups of pushed metrics");
            }

            try
            {
                var pushed = PushedBody.Read(body, format, key, now, _limits);
                pushed.Remove(PushTime);
                pushed.Remove(FailureTime);
                CheckConsistency(key, pushed.Values);
                var families = replace || known is null ? [] : known.Families.ToDictionary(StringComparer.Ordinal);
                foreach (var (name, family) in pushed)
                {
                    families[name] = family;
                }

                Set(new PushedGroup(key, families, now, known?.LastFailure));
                return pushed.Values.Sum(static f => f.Samples.Count);
            }
            catch (MalformedInputException)
            {
                Set((known ?? new PushedGroup(key, new Dictionary<string, PushedFamily>(StringComparer.Ordinal), null, null)) with { LastFailure = now });
                throw;
            }
        }
    }

    /// <summary>Removes a group; one that is not there is as good.</summary>
    /// <exception cref="StorageFailedException">Its file could not be removed.</exception>
    public void Delete(LabelSet key)
    {
        lock (_changes)
        {
            _files.Delete(key);
            _groups.TryRemove(key, out _);
        }
    }

    /// <summary>The times of a group's last push and last failure as metrics.</summary>
    public static IEnumerable<PushedFamily> Times(PushedGroup group)
    {
        yield return Family(PushTimeMetadata, group.LastPush);
        yield return Family(FailureTimeMetadata, group.LastFailure);

        PushedFamily Family(MetricMetadata metadata, DateTimeOffset? at) => new(
            metadata, at ?? DateTimeOffset.UnixEpoch, [new PushedSample(group.Key.With(LabelSet.MetricName, metadata.Family), (at?.ToUnixTimeMilliseconds() ?? 0) / 1000.0, null)]);
    }

    private void Set(PushedGroup group)
    {
        _files.Save(group);
        _groups[group.Key] = group;
    }

    private void CheckConsistency(LabelSet key, IReadOnlyCollection<PushedFamily> pushed)
    {
        foreach (var other in _groups.Values)
        {
            if (other.Key == key)
            {
                continue;
            }

            foreach (var family in pushed)
            {
                if (!other.Families.TryGetValue(family.Metadata.Family, out var theirs))
                {
                    continue;
                }

                if (theirs.Metadata.Type != family.Metadata.Type)
                {
                    throw Inconsistent($"{family.Metadata.Family} is a {family.Metadata.Type}, in group {other.Key} it is a {theirs.Metadata.Type}");
                }

                // Only where one grouping key contains the other can two groups have the same series.
                var same = family.Samples.Select(static s => s.Labels).Intersect(theirs.Samples.Select(static s => s.Labels)).FirstOrDefault();
                if (same is not null)
                {
                    throw Inconsistent($"{same} was collected before with the same name and label values");
                }
            }
        }
    }

    private static MalformedInputException Inconsistent(string what) => new($"pushed metrics are invalid or inconsistent with existing metrics: {what}");
}
