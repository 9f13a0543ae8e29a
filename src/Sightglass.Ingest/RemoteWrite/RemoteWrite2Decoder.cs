using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>
/// Decodes an <c>io.prometheus.write.v2.Request</c>: floats into one batch and native histograms into another, so that what the store says of each
/// can be told apart in the answer. One object for each request.
/// </summary>
internal sealed class RemoteWrite2Decoder(MetricBatch floats, MetricBatch histograms, Rejections rejections, IngestLimits limits, SeenFamilies seen) : IDisposable
{
    private readonly SymbolLabels _labels = new(limits);
    private readonly SymbolLabels _exemplarLabels = new(limits);
    private readonly ByteWriter _scratch = new(512);
    private readonly HashSet<Hash128> _newFamilies = [];
    private ItemCount _count = new(limits);

    /// <summary>Metadata that are new, to be remembered when they were stored.</summary>
    public IReadOnlyCollection<Hash128> NewFamilies => _newFamilies;

    /// <summary>Exemplars that were handed on.</summary>
    public int Exemplars => floats.Exemplars.Count + histograms.Exemplars.Count;

    public void Dispose() => _scratch.Dispose();

    public void Decode(ReadOnlySpan<byte> body)
    {
        var symbols = new SymbolTable(body);
        try
        {
            // Symbols may stand behind the series that use them.
            var reader = new ProtoReader(body);
            while (reader.Next())
            {
                if (reader.Field == 4)
                {
                    _count.Take();
                    var length = reader.ReadBytes().Length;
                    symbols.Add(reader.Position, length);
                }
                else
                {
                    reader.Skip();
                }
            }

            reader = new ProtoReader(body);
            while (reader.Next())
            {
                if (reader.Field == 5)
                {
                    _count.Take();
                    Series(reader.ReadBytes(), symbols);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        finally
        {
            symbols.Dispose();
        }
    }

    private void Series(ReadOnlySpan<byte> message, in SymbolTable symbols)
    {
        _labels.Clear();
        ReadOnlySpan<byte> metadata = default;
        var items = 0;
        var hasFloats = false;
        var hasHistograms = false;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    _labels.Read(ref reader);
                    break;
                case 2 or 3:
                    items++;
                    hasFloats |= reader.Field == 2;
                    hasHistograms |= reader.Field == 3;
                    reader.Skip();
                    break;
                case 5:
                    metadata = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var wrong = _labels.Check(symbols);
        var name = wrong is null ? _labels.MetricName(symbols) : default;
        wrong ??= name.Length > 0 ? null : "series without a metric name";
        if (wrong is null && hasFloats && hasHistograms)
        {
            wrong = "series has both samples and histograms";
        }

        var batch = hasHistograms ? histograms : floats;
        var series = wrong is null ? _labels.AddTo(batch, symbols) : -1;
        if (series < 0)
        {
            rejections.Add("invalid_series", wrong ?? "label name stands twice in one series", Math.Max(items, 1));
            return;
        }

        if (metadata.Length > 0)
        {
            Metadata(metadata, name, symbols);
        }

        Items(message, series, batch, symbols);
    }

    private void Items(ReadOnlySpan<byte> message, int series, MetricBatch batch, in SymbolTable symbols)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    _count.Take();
                    RemoteSample.Add(reader.ReadBytes(), series, batch);
                    break;
                case 3:
                    _count.Take();
                    if (RemoteHistogram.Read(reader.ReadBytes(), limits, out var at, out var startMs, out var histogram) is { } reason)
                    {
                        rejections.Add("invalid_histogram", reason);
                        break;
                    }

                    batch.Histograms.Add((series, at, histogram!));
                    if (startMs != 0)
                    {
                        batch.SetHistogramStart(startMs);
                    }

                    break;
                case 4:
                    _count.Take();
                    Exemplar(reader.ReadBytes(), series, batch, symbols);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void Exemplar(ReadOnlySpan<byte> message, int series, MetricBatch batch, in SymbolTable symbols)
    {
        _exemplarLabels.Clear();
        double value = 0;
        long timestampMs = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    _exemplarLabels.Read(ref reader);
                    break;
                case 2:
                    value = reader.ReadDouble();
                    break;
                case 3:
                    timestampMs = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (_exemplarLabels.Check(symbols) is { } wrong)
        {
            rejections.Add("invalid_exemplar", $"exemplar: {wrong}");
        }
        else
        {
            batch.Exemplars.Add((series, timestampMs, value, _exemplarLabels.ToSet(symbols)));
        }
    }

    private void Metadata(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, in SymbolTable symbols)
    {
        var type = MetricType.Unknown;
        uint helpReference = 0;
        uint unitReference = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    // The enumeration of remote write has the order of ours.
                    type = reader.ReadInt32() is > 0 and <= (int)MetricType.StateSet and var number ? (MetricType)number : MetricType.Unknown;
                    break;
                case 3:
                    helpReference = (uint)Math.Min(reader.ReadUInt64(), uint.MaxValue);
                    break;
                case 4:
                    unitReference = (uint)Math.Min(reader.ReadUInt64(), uint.MaxValue);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!symbols.TryGet(helpReference, out var help) || !symbols.TryGet(unitReference, out var unit)
            || help.Length > limits.MaxLabelValueBytes || unit.Length > limits.MaxLabelNameBytes
            || (type == MetricType.Unknown && help.Length == 0 && unit.Length == 0))
        {
            return;
        }

        var family = Family(name, type);
        _scratch.Clear();
        _scratch.WriteByte((byte)type);
        _scratch.WriteLengthPrefixed(family);
        _scratch.WriteLengthPrefixed(unit);
        _scratch.Write(help);
        var hash = Hash128.Compute(_scratch.Written);
        if (!seen.Has(hash) && _newFamilies.Add(hash))
        {
            floats.Metadata.Add(new MetricMetadata(Encoding.UTF8.GetString(family), type, Encoding.UTF8.GetString(help), Encoding.UTF8.GetString(unit)));
        }
    }

    /// <summary>The family that a series of this name belongs to: without the suffix of a part of a histogram or summary.</summary>
    private static ReadOnlySpan<byte> Family(ReadOnlySpan<byte> name, MetricType type)
    {
        if (type is not (MetricType.Histogram or MetricType.GaugeHistogram or MetricType.Summary))
        {
            return name;
        }

        var suffix = name.EndsWith("_bucket"u8) && type != MetricType.Summary ? 7
            : name.EndsWith("_count"u8) ? 6
            : name.EndsWith("_sum"u8) ? 4
            : 0;
        return name.Length > suffix ? name[..^suffix] : name;
    }
}
