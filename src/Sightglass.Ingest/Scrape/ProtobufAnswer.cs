using System.Buffers.Binary;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;

namespace Sightglass.Ingest.Scrape;

/// <summary>
/// Takes answers in Prometheus' protobuf format: <c>io.prometheus.client.MetricFamily</c> messages, each behind its length. Series are known by the bytes
/// of their labels, so that in the steady state no label is decoded. Not thread-safe; one for each target.
/// </summary>
internal sealed class ProtobufAnswer(SampleAppender appender, MetricFamilies families, ScrapeConfiguration configuration)
{
    private readonly ExposedLabels _exemplarLabels = new();
    private readonly ProtobufHistogram _histogram = new(appender.Limits.MaxHistogramBuckets);
    private byte[] _identity = new byte[256];
    private int _identityLength;
    private MetricFamily _family = null!;
    private MetricType _type;
    private int _labelsEnd;
    private long? _timestampMs;
    private long _createdMs;

    /// <exception cref="MalformedInputException">It is not in that format.</exception>
    /// <exception cref="ScrapeFailedException">A series cannot be taken.</exception>
    public void Read(ReadOnlySpan<byte> body)
    {
        while (body.Length > 0)
        {
            var length = ProtoReader.ReadPackedVarint(ref body);
            if (length > (ulong)body.Length)
            {
                throw new MalformedInputException($"a metric family of {length} bytes is past the end of the answer");
            }

            Family(body[..(int)length]);
            body = body[(int)length..];
        }
    }

    private void Family(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> help = default;
        ReadOnlySpan<byte> unit = default;
        var (kind, metrics) = (0, 0);
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
                    kind = reader.ReadInt32();
                    break;
                case 5:
                    unit = reader.ReadUtf8();
                    break;
                default:
                    metrics += reader.Field == 4 ? 1 : 0;
                    reader.Skip();
                    break;
            }
        }

        if (metrics == 0)
        {
            return;
        }

        if (name.Length == 0)
        {
            throw new MalformedInputException("a metric family has no name");
        }

        _type = kind switch
        {
            0 => MetricType.Counter,
            1 => MetricType.Gauge,
            2 => MetricType.Summary,
            3 => MetricType.Unknown,
            4 => MetricType.Histogram,
            5 => MetricType.GaugeHistogram,
            _ => throw new MalformedInputException($"unknown metric type {kind} for metric \"{Encoding.UTF8.GetString(name)}\""),
        };
        _family = families.OfName(name);
        _family.SetType(_type);
        _family.SetHelp(help, escaped: false);
        _family.SetUnit(unit);
        reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 4)
            {
                Metric(reader.ReadBytes(), name);
            }
            else
            {
                reader.Skip();
            }
        }

        appender.FlushHistograms();
    }

    private void Metric(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        _identityLength = 0;
        Identify(name);
        _timestampMs = null;
        _createdMs = 0;
        var wanted = _type switch { MetricType.Gauge => 2, MetricType.Counter => 3, MetricType.Summary => 4, MetricType.Unknown => 5, _ => 7 };
        ReadOnlySpan<byte> value = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                Identify(reader.ReadBytes());
            }
            else if (reader.Field == 6)
            {
                _timestampMs = reader.ReadInt64() is not 0 and var milliseconds ? milliseconds : null;
            }
            else if (reader.Field == wanted)
            {
                value = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }

        _labelsEnd = _identityLength;
        switch (_type)
        {
            case MetricType.Histogram or MetricType.GaugeHistogram:
                Histogram(message, value);
                break;
            case MetricType.Summary:
                Summary(message, value);
                break;
            default:
                Single(message, value);
                break;
        }
    }

    private void Single(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> message)
    {
        var value = 0.0;
        ReadOnlySpan<byte> exemplar = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                value = reader.ReadDouble();
            }
            else if (reader.Field == 2 && _type == MetricType.Counter)
            {
                exemplar = reader.ReadBytes();
            }
            else if (reader.Field == 3 && _type == MetricType.Counter)
            {
                _createdMs = ProtobufHistogram.ReadTimestamp(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }

        Sample(metric, string.Empty, null, 0, value, exemplar);
    }

    private void Summary(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> message)
    {
        _createdMs = SummaryCreated(message);
        var reader = new ProtoReader(message);
        var (count, sum) = (0UL, 0.0);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    count = reader.ReadUInt64();
                    break;
                case 2:
                    sum = reader.ReadDouble();
                    break;
                case 3:
                    var (quantile, value) = (0.0, 0.0);
                    var fields = new ProtoReader(reader.ReadBytes());
                    while (fields.Next())
                    {
                        switch (fields.Field)
                        {
                            case 1:
                                quantile = fields.ReadDouble();
                                break;
                            case 2:
                                value = fields.ReadDouble();
                                break;
                            default:
                                fields.Skip();
                                break;
                        }
                    }

                    Sample(metric, string.Empty, "quantile", quantile, value, default);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Sample(metric, "_count", null, 0, count, default);
        Sample(metric, "_sum", null, 0, sum, default);
    }

    private static long SummaryCreated(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 4)
            {
                return ProtobufHistogram.ReadTimestamp(reader.ReadBytes());
            }

            reader.Skip();
        }

        return 0;
    }

    private void Histogram(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> message)
    {
        _histogram.Read(message);
        _createdMs = _histogram.CreatedMs;
        var native = configuration.NativeHistograms && _histogram.IsNative;
        if (native)
        {
            var series = Find(metric, string.Empty, null, 0, family: null);
            var at = appender.Add(series, _timestampMs, _histogram.Build(_type == MetricType.GaugeHistogram), _createdMs);
            NativeExemplars(message, at, series);
            if (!configuration.AlwaysClassicHistograms || !_histogram.HasBuckets)
            {
                return;
            }
        }

        Sample(metric, "_count", null, 0, _histogram.Count, default, native);
        Sample(metric, "_sum", null, 0, _histogram.Sum, default, native);
        var hasInfinity = false;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != 3)
            {
                reader.Skip();
                continue;
            }

            var (count, bound) = ProtobufHistogram.ReadBucket(reader.ReadBytes(), out var exemplar);
            hasInfinity |= double.IsPositiveInfinity(bound);
            Sample(metric, "_bucket", "le", bound, count, exemplar, native);
        }

        if (!hasInfinity)
        {
            Sample(metric, "_bucket", "le", double.PositiveInfinity, _histogram.Count, default, native);
        }
    }

    // Those of the histogram; where it has none, those of its classic buckets. Without a timestamp they cannot be told apart and are left out.
    private void NativeExemplars(ReadOnlySpan<byte> message, int at, ExposedSeries series)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 16)
            {
                Exemplar(reader.ReadBytes(), at, series, needsTimestamp: true);
            }
            else if (reader.Field == 3 && !_histogram.HasExemplars)
            {
                ProtobufHistogram.ReadBucket(reader.ReadBytes(), out var exemplar);
                if (exemplar.Length > 0)
                {
                    Exemplar(exemplar, at, series, needsTimestamp: true);
                }
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void Sample(ReadOnlySpan<byte> metric, string suffix, string? boundName, double bound, double value, ReadOnlySpan<byte> exemplar, bool besideNative = false)
    {
        var series = Find(metric, suffix, boundName, bound, _type is MetricType.Histogram or MetricType.GaugeHistogram && !besideNative ? _family.Name : null);
        if (series.Part is { } part)
        {
            part.Histogram.Gauge = _type == MetricType.GaugeHistogram;
        }

        var at = appender.Add(series, _timestampMs, value, _createdMs);
        if (exemplar.Length > 0)
        {
            Exemplar(exemplar, at, series, needsTimestamp: false);
        }
    }

    private ExposedSeries Find(ReadOnlySpan<byte> metric, string suffix, string? boundName, double bound, string? family)
    {
        _identityLength = _labelsEnd;
        Span<byte> end = stackalloc byte[9];
        end[0] = (byte)suffix.Length;
        BinaryPrimitives.WriteDoubleLittleEndian(end[1..], bound);
        Identify(end);
        var identity = Hash128.Compute(_identity.AsSpan(0, _identityLength));
        if (appender.Cache.Find(identity) is { } known)
        {
            return known;
        }

        var labels = appender.Labels;
        labels.Clear();
        labels.Add(LabelSet.MetricName, _family.Name + suffix);
        ReadLabels(metric, labels);
        if (boundName is not null)
        {
            labels.Set(boundName, GoNumber.OpenMetrics(bound));
        }

        return appender.Learn(identity, family);
    }

    // Each piece behind its length, so that no two lists of pieces look the same.
    private void Identify(ReadOnlySpan<byte> piece)
    {
        if (_identity.Length - _identityLength < piece.Length + 4)
        {
            Array.Resize(ref _identity, (_identityLength + piece.Length + 4) * 2);
        }

        BinaryPrimitives.WriteInt32LittleEndian(_identity.AsSpan(_identityLength), piece.Length);
        piece.CopyTo(_identity.AsSpan(_identityLength + 4));
        _identityLength += piece.Length + 4;
    }

    private static void ReadLabels(ReadOnlySpan<byte> message, ExposedLabels labels)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            ReadOnlySpan<byte> name = default;
            ReadOnlySpan<byte> value = default;
            var pair = new ProtoReader(reader.ReadBytes());
            while (pair.Next())
            {
                switch (pair.Field)
                {
                    case 1:
                        name = pair.ReadUtf8();
                        break;
                    case 2:
                        value = pair.ReadUtf8();
                        break;
                    default:
                        pair.Skip();
                        break;
                }
            }

            if (name.Length == 0 || !labels.Add(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)))
            {
                throw new MalformedInputException($"label name \"{Encoding.UTF8.GetString(name)}\" is empty or not unique: invalid sample");
            }
        }
    }

    private void Exemplar(ReadOnlySpan<byte> message, int series, ExposedSeries exposed, bool needsTimestamp)
    {
        if (series < 0 && exposed.Part is null)
        {
            return;
        }

        _exemplarLabels.Clear();
        ReadLabels(message, _exemplarLabels);
        var value = 0.0;
        long? timestampMs = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    value = reader.ReadDouble();
                    break;
                case 3:
                    timestampMs = ProtobufHistogram.ReadTimestamp(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (timestampMs is not null || !needsTimestamp)
        {
            appender.AddExemplar(series, exposed, value, timestampMs, _timestampMs, _exemplarLabels.ToSet());
        }
    }
}
