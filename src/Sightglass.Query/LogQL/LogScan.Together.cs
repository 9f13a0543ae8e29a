using Sightglass.Core.Contracts;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL;

/// <summary>Scans of the same streams that share what the store hands out.</summary>
internal sealed partial class LogScan
{
    /// <summary>
    /// Reads rows once for several scans, which were made for it, have the same selector and do not fold. Each runs its own stages on an entry of its own: what
    /// a parser looks for, and what is an error, differs between them.
    /// </summary>
    public static void RunTogether(IReadOnlyList<(LogScan Scan, Action<LogEntry> Take)> scans, CancellationToken cancellation)
    {
        var passes = scans.Select(static s => s.Scan._passes[0]).ToArray();
        var columns = new List<ColumnRef>();
        foreach (var pass in passes)
        {
            pass.Reader.ShareColumns(columns);
        }

        Func<ReadOnlySpan<byte>, bool>[] members = [.. passes.Select(static p => p.Plan.BodyMembers).OfType<Func<ReadOnlySpan<byte>, bool>>()];
        var plan = passes[0].Plan with
        {
            MinTimeUnixNano = passes.Min(static p => p.Plan.MinTimeUnixNano),
            MaxTimeUnixNano = passes.Max(static p => p.Plan.MaxTimeUnixNano),
            Where = passes.Any(static p => p.Plan.Where is AndPredicate { Terms.Count: 0 }) ? EventPredicate.True : new OrPredicate([.. passes.Select(static p => p.Plan.Where)]),
            Columns = columns,
            AllAttributes = passes.Any(static p => p.Plan.AllAttributes),
            BodyMembers = members.Length < passes.Length ? null : name =>
            {
                foreach (var wanted in members)
                {
                    if (wanted(name))
                    {
                        return true;
                    }
                }

                return false;
            },
            Order = passes.Any(static p => p.Plan.Order != EventOrder.Any) ? EventOrder.TimeAscending : EventOrder.Any,
        };
        var (store, statistics) = (scans[0].Scan._store, scans[0].Scan._statistics);
        using var cursor = store.Query(plan, cancellation);
        while (cursor.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            var page = cursor.Page;
            scans[0].Scan.Bound(page.Count);
            for (var row = 0; row < page.Count; row++)
            {
                var (lines, metadata, kept) = (0, 0, false);
                for (var i = 0; i < passes.Length; i++)
                {
                    var (own, reader, _) = passes[i];
                    if (page.TimesUnixNano[row] < own.MinTimeUnixNano || page.TimesUnixNano[row] >= own.MaxTimeUnixNano)
                    {
                        continue;
                    }

                    var (scan, take) = scans[i];
                    reader.Read(page, row);
                    (lines, metadata) = (Math.Max(lines, scan._entry.LineBytes), Math.Max(metadata, scan._entry.MetadataBytes));
                    if (scan.Process())
                    {
                        kept = true;
                        take(scan._entry);
                    }
                }

                statistics.LinesProcessed++;
                statistics.BytesProcessed += lines;
                statistics.MetadataBytes += metadata;
                statistics.LinesKept += kept ? 1 : 0;
            }
        }
    }
}
