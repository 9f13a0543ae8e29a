using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Otlp;

/// <summary>
/// Decodes an <c>ExportMetricsServiceRequest</c> straight into series as Prometheus' OTLP receiver names them. Holds working memory and is
/// used again from request to request. Not thread-safe.
/// </summary>
internal sealed partial class OtlpMetricsDecoder(MetricFamilies families, OtlpMetricOptions options, DeltaAccumulator deltas, IngestLimits limits) : IDisposable
{
    private readonly SeriesLabels _labels = new(options.Escapes);
    private readonly SeriesLabels _promoted = new(options.Escapes);
    private readonly ByteWriter _scratch = new(4096);
    private readonly ByteWriter _identity = new(256);
    private MetricBatch _batch = null!;
    private Rejections _rejections = null!;
    private long _nowUnixNano;
    private long _latestMs;
    private ItemCount _items;

    public void Decode(ReadOnlySpan<byte> request, MetricBatch batch, Rejections rejections, long nowUnixNano)
    {
        _batch = batch;
        _rejections = rejections;
        _nowUnixNano = nowUnixNano;
        _items = new ItemCount(limits);
        var reader = new ProtoReader(request);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                ResourceMetrics(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labels.Dispose();
        _promoted.Dispose();
        _scratch.Dispose();
        _identity.Dispose();
    }

    private void ResourceMetrics(ReadOnlySpan<byte> message)
    {
        var resource = OtlpValues.Owner(message, out _);
        _labels.Clear();
        _latestMs = long.MinValue;
        AddIdentity(resource);
        ReadPromoted(resource);
        var identity = _labels.Fix();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                _labels.Cut(identity);
                ScopeMetrics(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }

        _labels.Cut(identity);
        AddTargetInfo(resource);
    }

    /// <summary><c>job</c> and <c>instance</c> of the resource.</summary>
    private void AddIdentity(ReadOnlySpan<byte> resource)
    {
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> space = default;
        ReadOnlySpan<byte> instance = default;
        var reader = new ProtoReader(resource);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var key = OtlpValues.Key(reader.ReadBytes(), out var any);
            var type = OtlpValues.Read(any, limits.MaxNestingDepth, out _, out var text);
            if (type != AttributeType.String)
            {
                continue;
            }

            if (key.SequenceEqual("service.name"u8))
            {
                name = text;
            }
            else if (key.SequenceEqual("service.namespace"u8))
            {
                space = text;
            }
            else if (key.SequenceEqual("service.instance.id"u8))
            {
                instance = text;
            }
        }

        _identity.Clear();
        if (name.Length > 0)
        {
            if (space.Length > 0)
            {
                _identity.Write(space);
                _identity.WriteByte((byte)'/');
            }

            _identity.Write(name);
        }

        CheckValue("job", _identity.Length);
        CheckValue("instance", instance.Length);
        _labels.Add("job"u8, _identity.Written);
        _labels.Add("instance"u8, instance);
    }

    /// <summary>The resource's attributes that are to be labels of every series, where a point does not say otherwise.</summary>
    private void ReadPromoted(ReadOnlySpan<byte> resource)
    {
        _promoted.Clear();
        if (!options.PromotesAny)
        {
            return;
        }

        var reader = new ProtoReader(resource);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var attribute = reader.ReadBytes();
            if (options.Promotes(OtlpValues.Key(attribute, out _)) && _promoted.AddAttribute(default, attribute, limits) is { } limit)
            {
                throw new MalformedInputException($"resource: {limit}");
            }
        }
    }

    private void CheckValue(string label, int length)
    {
        if (length > limits.MaxLabelValueBytes)
        {
            throw new MalformedInputException($"resource: {OtlpValues.Limit(label, length, nameof(IngestLimits.MaxLabelValueBytes), limits.MaxLabelValueBytes)}");
        }
    }

    /// <summary>The resource's other attributes as the series <c>target_info</c>, at the time of its latest sample.</summary>
    private void AddTargetInfo(ReadOnlySpan<byte> resource)
    {
        if (_latestMs == long.MinValue || _labels.Count == 0)
        {
            return;
        }

        var identity = _labels.Count;
        var reader = new ProtoReader(resource);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var attribute = reader.ReadBytes();
            var key = OtlpValues.Key(attribute, out _);
            var identifies = key.SequenceEqual("service.name"u8) || key.SequenceEqual("service.namespace"u8) || key.SequenceEqual("service.instance.id"u8);
            if ((options.KeepIdentifyingResourceAttributes || !identifies) && _labels.AddAttribute(default, attribute, limits) is { } limit)
            {
                _rejections.Add("limit", $"target_info: {limit}");
                _labels.CutPoint();
                return;
            }
        }

        if (_labels.Count > identity)
        {
            _batch.AddSample(Series("target_info"u8), _latestMs, 1);
        }

        _labels.CutPoint();
    }

    /// <summary>Adds a series with the point's labels to the batch.</summary>
    private int Series(ReadOnlySpan<byte> metricName, ReadOnlySpan<byte> extraName = default, ReadOnlySpan<byte> extraValue = default)
    {
        _items.Take();
        if (_batch.KeyBytes >= limits.MaxDecompressedBodyBytes)
        {
            // Long labels times many buckets: a few bytes of input may stand for very many here.
            throw new LimitExceededException(nameof(IngestLimits.MaxDecompressedBodyBytes), limits.MaxDecompressedBodyBytes, _batch.KeyBytes, "labels of the request's series");
        }

        return _labels.AddTo(_batch, metricName, extraName, extraValue);
    }

    private void ScopeMetrics(ReadOnlySpan<byte> message)
    {
        if (options.PromoteScopeMetadata)
        {
            AddScope(OtlpValues.Owner(message, out var schemaUrl), schemaUrl);
        }

        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                Metric(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void AddScope(ReadOnlySpan<byte> scope, ReadOnlySpan<byte> schemaUrl)
    {
        ReadOnlySpan<byte> name = default;
        var reader = new ProtoReader(scope);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadUtf8();
                    _labels.Add("otel_scope_name"u8, name);
                    break;
                case 2:
                    _labels.Add("otel_scope_version"u8, reader.ReadUtf8());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (name.Length > 0)
        {
            _labels.Add("otel_scope_schema_url"u8, schemaUrl);
        }

        reader = new ProtoReader(scope);
        while (reader.Next())
        {
            if (reader.Field != 3)
            {
                reader.Skip();
            }
            else if (_labels.AddAttribute("otel_scope_"u8, reader.ReadBytes(), limits) is { } limit)
            {
                throw new MalformedInputException($"scope: {limit}");
            }
        }

        _labels.Fix();
    }

    private void Metric(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> help = default;
        ReadOnlySpan<byte> unit = default;
        ReadOnlySpan<byte> data = default;
        var kind = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadUtf8();
                    break;
                case 2:
                    help = reader.ReadUtf8();
                    break;
                case 3:
                    unit = reader.ReadUtf8();
                    break;
                case 5 or 7 or 9 or 10 or 11:
                    kind = reader.Field;
                    data = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (kind == 0)
        {
            return;
        }

        var (temporality, monotonic) = Temporality(data, kind);
        if (name.Length == 0 || name.Length > limits.MaxLabelNameBytes || help.Length > limits.MaxLabelValueBytes || unit.Length > limits.MaxLabelNameBytes)
        {
            RejectMetric(data, "invalid_name", $"metric name has {name.Length} bytes, want 1 to {limits.MaxLabelNameBytes}; or its description or unit is too long");
            return;
        }

        if (kind is 7 or 9 or 10 && temporality is not (1 or 2))
        {
            RejectMetric(data, "invalid_temporality", $"aggregation temporality is {temporality}, want 1 (delta) or 2 (cumulative)");
            return;
        }

        var type = kind switch
        {
            5 => MetricType.Gauge,
            7 => monotonic ? MetricType.Counter : MetricType.Unknown,
            11 => MetricType.Summary,
            _ => MetricType.Histogram,
        };
        var family = families.Find(type, name, unit, help, _scratch);
        if (family.Name.Length == 0)
        {
            RejectMetric(data, "invalid_name", "metric name has no letter, digit or colon");
            return;
        }

        _items.Take();

        // A sum that goes up and down is a gauge to Prometheus, without the gauge's suffix.
        _batch.Metadata.Add(type == MetricType.Unknown ? family.AsGauge : family.Metadata);
        var points = new ProtoReader(data);
        while (points.Next())
        {
            if (points.Field == 1)
            {
                Point(points.ReadBytes(), kind, family, temporality == 1, monotonic);
            }
            else
            {
                points.Skip();
            }
        }
    }

    private static (int Temporality, bool Monotonic) Temporality(ReadOnlySpan<byte> data, int kind)
    {
        var temporality = 0;
        var monotonic = false;
        var reader = new ProtoReader(data);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2 when kind is 7 or 9 or 10:
                    temporality = reader.ReadInt32();
                    break;
                case 3 when kind is 7:
                    monotonic = reader.ReadBool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (temporality, monotonic);
    }

    private void RejectMetric(ReadOnlySpan<byte> data, string reason, string example)
    {
        var points = 0;
        var reader = new ProtoReader(data);
        while (reader.Next())
        {
            points += reader.Field == 1 ? 1 : 0;
            reader.Skip();
        }

        if (points > 0)
        {
            _rejections.Add(reason, example, points);
        }
    }
}
