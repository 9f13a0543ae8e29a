using System.Globalization;
using System.Runtime.InteropServices;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.LogQL.Insight;

public sealed partial class LogInsights
{
    // Labels that tell streams apart whatever their values look like; what else has only ids as values is not worth a list.
    private static readonly HashSet<string> AlwaysLabels = new(["cluster", "namespace", "instance", "pod"], StringComparer.Ordinal);

    /// <summary>
    /// Bytes of the lines of a selection by the labels of their streams, in cells of time that are named by their ends: by label values or, with
    /// <paramref name="names"/>, by label name. Without target labels those of the selector count, by name all. What is more than
    /// <see cref="StreamVolumes.MaxExactLines"/> lines is reckoned from the count of lines and the mean length of each stream's newest lines.
    /// </summary>
    /// <returns>Most bytes first.</returns>
    public IReadOnlyList<LogQLSeries> Volume(string selector, long minUnixNano, long maxUnixNano, long stepNano, IReadOnlyList<string> targets, bool names, int limit, CancellationToken cancellation)
    {
        var matchers = Matchers(selector);
        if (stepNano <= 0 || (maxUnixNano - minUnixNano) / stepNano >= limits.MaxPointsPerSeries)
        {
            throw new QueryException(QueryErrorKind.BadData, $"exceeded maximum resolution of {limits.MaxPointsPerSeries} points per time series. Try increasing the value of the step parameter");
        }

        var wanted = targets.Count > 0 ? targets : [.. matchers.Select(static m => m.Name).Distinct()];
        var volumes = new Dictionary<LabelSet, Dictionary<long, double>>();
        foreach (var (stream, cells) in new StreamVolumes(store, limits).Bytes(matchers, minUnixNano, maxUnixNano, stepNano, cancellation))
        {
            LabelSet[] keys = names
                ? [.. stream.Where(l => targets.Count == 0 || targets.Contains(l.Name)).Select(static l => LabelSet.FromSorted([new Label(l.Name, string.Empty)]))]
                : [wanted.Count == 0 ? stream : stream.Only([.. wanted])];
            foreach (var key in keys)
            {
                ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(volumes, key, out _);
                sums ??= [];
                foreach (var (cell, bytes) in cells)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(sums, Math.Min(maxUnixNano, cell + stepNano), out _) += bytes;
                }
            }
        }

        return
        [
            .. volumes.OrderByDescending(static v => v.Value.Values.Sum()).ThenBy(static v => v.Key).Take(limit)
                .Select(static v => (v.Key, Cells: v.Value.OrderBy(static c => c.Key).ToList()))
                .Select(static v => new LogQLSeries(v.Key, [.. v.Cells.Select(static c => c.Key)], [.. v.Cells.Select(static c => Math.Round(c.Value))])),
        ];
    }

    /// <summary>Streams, lines and bytes that a selector finds: streams and lines exactly, bytes as <see cref="Volume"/> has them.</summary>
    public (int Streams, long Lines, long Bytes) Statistics(string selector, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var volumes = new StreamVolumes(store, limits);
        var lines = volumes.Lines(Matchers(selector), minUnixNano, maxUnixNano, 0, cancellation);
        var bytes = volumes.Bytes(lines, minUnixNano, maxUnixNano, cancellation);
        return (lines.Count, lines.Values.Sum(static c => c.Values.Sum()), (long)bytes.Values.Sum(static c => c.Values.Sum()));
    }

    /// <summary>Index labels in use with the number of their values, sorted by name; labels that have only ids as values are left out.</summary>
    public IReadOnlyList<(string Name, int Values)> Labels(string selector, long minUnixNano, long maxUnixNano, CancellationToken cancellation)
    {
        var matchers = Matchers(selector);
        var labels = new SortedDictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var stream in store.Streams(EventSignal.Logs, minUnixNano, maxUnixNano, cancellation))
        {
            var view = View.LokiStream.Of(stream);
            if (!view.Matches(matchers))
            {
                continue;
            }

            foreach (var label in view.Labels)
            {
                if (!labels.TryGetValue(label.Name, out var values))
                {
                    labels.Add(label.Name, values = new HashSet<string>(StringComparer.Ordinal));
                }

                values.Add(label.Value);
            }
        }

        return [.. labels.Where(static l => AlwaysLabels.Contains(l.Key) || !l.Value.All(IsId)).Select(static l => (l.Key, l.Value.Count))];
    }

    private IReadOnlyList<LabelMatcher> Matchers(string selector) =>
        Parse(selector) is { Stages.Count: 0, Matchers: { } matchers } ? matchers : throw new QueryException(QueryErrorKind.BadData, "only label matchers are supported");

    private static bool IsId(string value) => Guid.TryParse(value, out _) || double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
