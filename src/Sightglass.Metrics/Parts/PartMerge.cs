using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Metrics.Blocks;
using Sightglass.Metrics.Deletion;
using Sightglass.Metrics.Downsampling;
using Sightglass.Metrics.Memory;
using Sightglass.Storage;

namespace Sightglass.Metrics.Parts;

/// <summary>Makes parts: of a memory table, and of neighbouring parts of one partition.</summary>
internal static class PartMerge
{
    /// <summary>Unpacked pieces that a merge keeps: a few groups and the times of many series for each part.</summary>
    private const long CacheBytes = 8 << 20;

    /// <summary>Series between two looks at the cancellation, and at what else is to be done.</summary>
    private const int CancellationInterval = 128;

    /// <summary>Writes a frozen table as one part for each partition; returns their names, completed and not yet committed.</summary>
    public static List<string> Flush(IFileSystem files, Manifest manifest, MemoryTable table, long cutoff, CancellationToken cancellation)
    {
        var order = table.Registry.Order();
        using var key = new ByteWriter();
        var names = new List<string>();
        var samples = new SampleList();
        foreach (var partition in PartitionsOf(table, order, cutoff, samples))
        {
            var start = partition * PartFormat.PartitionMs;
            using var writer = new MetricPartWriter(files, manifest, partition);
            for (var i = 0; i < order.Length; i++)
            {
                if (i % CancellationInterval == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                if (i % MemoryTable.MaxTouched == 0)
                {
                    table.Touch(order.AsSpan(i, Math.Min(MemoryTable.MaxTouched, order.Length - i)));
                }

                if (!table.Overlaps(order[i], start, start + PartFormat.PartitionMs - 1))
                {
                    continue;
                }

                samples.Clear();
                table.Read(order[i], samples);
                samples.Normalize();
                key.Clear();
                table.Registry.WriteKey(order[i], key);
                writer.Add(key.Written, samples, samples.LowerBound(Math.Max(start, cutoff)), samples.LowerBound(start + PartFormat.PartitionMs));
            }

            if (writer.SampleCount > 0)
            {
                writer.Complete();
                names.Add(writer.Name);
            }
        }

        return names;
    }

    /// <summary>Merges parts of one partition, oldest first; of duplicates the newest part's sample stays. Lost blocks and what was deleted are left out.</summary>
    /// <remarks>Downsamples to buckets of <paramref name="resolutionMs"/> when it is above 0. <paramref name="between"/> is called again and again between series.</remarks>
    /// <returns>The new part's name, or null when nothing is left within the retention.</returns>
    public static string? Merge(IFileSystem files, Manifest manifest, IReadOnlyList<MetricPart> parts, long cutoff, long resolutionMs, Action between, CancellationToken cancellation)
    {
        using var writer = new MetricPartWriter(files, manifest, parts[0].Partition, resolutionMs);
        var downsampler = resolutionMs > 0 ? new Downsampler(resolutionMs) : null;
        var cache = new BlockCache(CacheBytes);
        var cursors = parts.Select(p => new Cursor(p, cache)).ToArray();
        using var key = new ByteWriter();
        var samples = new SampleList();
        try
        {
            for (var done = 0; ; done++)
            {
                if (done % CancellationInterval == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    between();
                }

                Cursor? least = null;
                foreach (var cursor in cursors)
                {
                    if (!cursor.AtEnd && (least is null || KeyOrder.Compare(cursor.Key, least.Key) < 0))
                    {
                        least = cursor;
                    }
                }

                if (least is null)
                {
                    break;
                }

                samples.Clear();
                key.Clear();
                key.Write(least.Key);
                foreach (var cursor in cursors)
                {
                    if (!cursor.AtEnd && cursor.Key.SequenceEqual(key.Written))
                    {
                        cursor.Read(samples);
                        cursor.MoveNext();
                    }
                }

                samples.Normalize();
                var written = downsampler?.Apply(samples) ?? samples;
                writer.Add(key.Written, written, written.LowerBound(cutoff), written.Count);
            }
        }
        finally
        {
            foreach (var cursor in cursors)
            {
                cursor.Dispose();
            }
        }

        if (writer.SampleCount == 0)
        {
            return null;
        }

        writer.Complete();
        return writer.Name;
    }

    private static List<long> PartitionsOf(MemoryTable table, int[] ids, long cutoff, SampleList samples)
    {
        if (table.SampleCount == 0)
        {
            return [];
        }

        var first = PartFormat.PartitionOf(Math.Max(table.MinTime, cutoff));
        var last = PartFormat.PartitionOf(table.MaxTime);
        if (last - first <= 2)
        {
            return [.. Enumerable.Range(0, (int)Math.Max(last - first + 1, 0)).Select(i => first + i)];
        }

        var found = new SortedSet<long>();
        foreach (var id in ids)
        {
            samples.Clear();
            table.Read(id, samples);
            foreach (var time in samples.Timestamps)
            {
                if (time >= cutoff)
                {
                    found.Add(PartFormat.PartitionOf(time));
                }
            }
        }

        return [.. found];
    }

    private sealed class Cursor : IDisposable
    {
        private readonly MetricPart _part;
        private readonly PartView _view;
        private readonly PartDeletions? _deletions;
        private readonly PartStarts? _starts;
        private readonly ByteWriter _key = new();
        private int _series = -1;

        public Cursor(MetricPart part, BlockCache cache)
        {
            _part = part;
            _view = part.Shared.Through(cache);
            _deletions = part.Deletions;
            _starts = StartsOf(part);
            MoveNext();
        }

        public bool AtEnd => _series >= _view.Index.SeriesCount;

        public ReadOnlySpan<byte> Key => _key.Written;

        public void MoveNext()
        {
            _key.Clear();
            if (++_series < _view.Index.SeriesCount)
            {
                _view.Index.WriteKey(_series, _key);
            }
        }

        public void Read(SampleList into)
        {
            var before = into.Count;
            while (true)
            {
                try
                {
                    _part.Read(_view, _series, long.MinValue, long.MaxValue, into);
                    if (_starts?.Has(_series) == true && into.Count > before)
                    {
                        _starts.Fill(_series, into.Timestamps[before..], into.StartsOfLast(into.Count - before));
                    }

                    _deletions?.Remove(_series, into, before);
                    return;
                }
                catch (CorruptDataException)
                {
                    // The part knows the loss now and reports it; the rest of the series is read again without it.
                    into.Truncate(before);
                }
            }
        }

        // Samples without their starts are worth more than no samples.
        private static PartStarts? StartsOf(MetricPart part)
        {
            try
            {
                return part.Starts();
            }
            catch (CorruptDataException)
            {
                return null;
            }
        }

        public void Dispose() => _key.Dispose();
    }
}
