using System.Collections.Concurrent;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>One step of a pipeline. Thread-safe.</summary>
internal abstract class LogProcessor
{
    /// <summary>Changes the record; false takes it out.</summary>
    public abstract bool Apply(LogRowView row);

    public static LogProcessor Create(ProcessorConfiguration configuration, CounterSource counters, LogMetrics metrics) => configuration switch
    {
        FilterConfiguration filter => new Filter(filter.Where, filter.Keep),
        RenameConfiguration rename => new Rename([.. rename.Names.Select(n => (Encoding.UTF8.GetBytes(n.Key), Encoding.UTF8.GetBytes(n.Value)))]),
        DropConfiguration drop => new Drop([.. drop.Names.Select(n => (Encoding.UTF8.GetBytes(n.TrimEnd('*')), n.EndsWith('*')))]),
        DeriveConfiguration { Pattern: null } derive => new Template(LogField.Of(derive.Field), LogTemplate.Parse(derive.Template)),
        DeriveConfiguration derive => new Groups(derive, counters.Of(PipelineCount.Unmatched)),
        RedactConfiguration redact => new Redaction.RedactProcessor(redact, counters),
        SampleConfiguration sample => new Sample(sample.OneIn, sample.By),
        MetricConfiguration metric => new Measure(metrics.Of(metric), metric, counters.Of(PipelineCount.Unread, metric.Name), counters.Of(PipelineCount.Overflow, metric.Name)),
        RouteConfiguration route => new Route(route.Labels),
        _ => throw new System.Diagnostics.UnreachableException($"BUG: a processor {configuration.GetType().Name}"),
    };

    private sealed class Filter(LogCondition where, bool keep) : LogProcessor
    {
        // The pipeline asks the other processors' condition; a filter is its condition.
        public override bool Apply(LogRowView row) => where.Holds(row) == keep;
    }

    private sealed class Rename((byte[] From, byte[] To)[] names) : LogProcessor
    {
        public override bool Apply(LogRowView row)
        {
            foreach (var (from, to) in names)
            {
                if (!row.HasAttribute(from))
                {
                    continue;
                }

                var attributes = row.Edit();
                attributes.RemoveAll(a => row.Batch.Text(a.Key).SequenceEqual(to));
                for (var i = 0; i < attributes.Count; i++)
                {
                    if (row.Batch.Text(attributes[i].Key).SequenceEqual(from))
                    {
                        attributes[i] = (row.Batch.AddText(to), attributes[i].Type, attributes[i].Bits);
                    }
                }
            }

            return true;
        }
    }

    private sealed class Drop((byte[] Name, bool IsPrefix)[] names) : LogProcessor
    {
        public override bool Apply(LogRowView row)
        {
            for (var i = 0; i < row.AttributeCount; i++)
            {
                if (IsDropped(row.Batch.Text(row.Attribute(i).Key)))
                {
                    row.Edit().RemoveAll(a => IsDropped(row.Batch.Text(a.Key)));
                    break;
                }
            }

            return true;
        }

        private bool IsDropped(ReadOnlySpan<byte> key)
        {
            foreach (var (name, isPrefix) in names)
            {
                if (isPrefix ? key.StartsWith(name) : key.SequenceEqual(name))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private sealed class Template(LogField target, LogTemplate template) : LogProcessor
    {
        public override bool Apply(LogRowView row)
        {
            row.Set(target, template.Render(row));
            return true;
        }
    }

    private sealed class Groups(DeriveConfiguration configuration, int unmatched) : LogProcessor
    {
        private readonly LogField _from = LogField.Of(configuration.From);
        private readonly (int Number, LogField Field)[] _groups =
            [.. configuration.Pattern!.GetGroupNames().Where(n => !char.IsAsciiDigit(n[0])).Select(n => (configuration.Pattern!.GroupNumberFromName(n), LogField.Of(n)))];

        public override bool Apply(LogRowView row)
        {
            if (!row.TryText(_from, out var text) || configuration.Pattern!.Match(row.Characters(text).ToString()) is not { Success: true } match)
            {
                row.Count(unmatched);
                return true;
            }

            foreach (var (number, field) in _groups)
            {
                if (match.Groups[number] is { Success: true, Length: > 0 } group)
                {
                    row.Set(field, Encoding.UTF8.GetBytes(group.Value));
                }
            }

            return true;
        }
    }

    private sealed class Sample(int oneIn, SampleBy by) : LogProcessor
    {
        // More patterns than this are begun anew: the first of each is kept again.
        private const int MaxPatterns = 10_000;
        private static readonly byte[] WeightKey = Encoding.UTF8.GetBytes(SampleConfiguration.WeightAttribute);
        private readonly ConcurrentDictionary<Hash128, SampleCount> _patterns = [];
        private readonly SampleCount _all = new();

        public override bool Apply(LogRowView row)
        {
            if (by == SampleBy.Trace && !row.Row.TraceId.IsEmpty)
            {
                if (row.Row.TraceId.Low % (ulong)oneIn != 0)
                {
                    return false;
                }
            }
            else
            {
                var count = CounterOf(row);
                row.Sampled.Add(count);
                if ((count.Next() - 1) % oneIn != 0)
                {
                    return false;
                }
            }

            row.Weight *= oneIn;
            row.SetAttribute(WeightKey, AttributeType.Int, row.Weight);
            return true;
        }

        private SampleCount CounterOf(LogRowView row)
        {
            if (by != SampleBy.Pattern)
            {
                return _all;
            }

            if (_patterns.Count >= MaxPatterns)
            {
                _patterns.Clear();
            }

            return _patterns.GetOrAdd(LinePattern.Of(row), static _ => new SampleCount());
        }
    }

    private sealed class Measure(LogMetric metric, MetricConfiguration configuration, int unread, int overflow) : LogProcessor
    {
        private readonly LogField _value = LogField.Of(configuration.Value);
        private readonly bool _counts = configuration.Value.Length == 0;
        private readonly (string Name, LogField Field)[] _labels = [.. configuration.Labels.Select(l => (l.Key, LogField.Of(l.Value)))];

        public override bool Apply(LogRowView row)
        {
            var value = 1.0;
            if (!_counts && (!row.TryText(_value, out var number) || !System.Buffers.Text.Utf8Parser.TryParse(number, out value, out var used) || used != number.Length || !double.IsFinite(value)
                || (value < 0 && !metric.IsHistogram)))
            {
                row.Count(unread);
                return true;
            }

            var labels = new LabelSetBuilder();
            foreach (var (name, field) in _labels)
            {
                if (row.TryText(field, out var text))
                {
                    labels.Set(name, Encoding.UTF8.GetString(text));
                }
            }

            row.Observations.Add(new PendingObservation(metric, labels.Build(), value, row.Weight, overflow));
            return true;
        }
    }

    private sealed class Route(IReadOnlyList<KeyValuePair<string, string>> labels) : LogProcessor
    {
        private readonly (byte[] Name, byte[] Value)[] _labels = [.. labels.Select(l => (Encoding.UTF8.GetBytes(l.Key), Encoding.UTF8.GetBytes(l.Value)))];

        public override bool Apply(LogRowView row)
        {
            row.Row.Resource = row.ResourceWith(_labels);
            return true;
        }
    }
}
