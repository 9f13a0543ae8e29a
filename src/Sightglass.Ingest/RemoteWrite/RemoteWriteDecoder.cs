using System.Text.Unicode;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.RemoteWrite;

/// <summary>
/// Decodes a <c>prometheus.WriteRequest</c> (remote write 1.0) into a <see cref="MetricBatch"/>: samples, native histograms, exemplars and
/// metadata. Series that break a rule are left out with all their samples.
/// </summary>
internal static class RemoteWriteDecoder
{
    /// <summary>Most bytes made room for before anything was read.</summary>
    private const int MaxKeyRoomBytes = 4 << 20;

    /// <summary>Adds the series of <paramref name="body"/> to <paramref name="batch"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> body, MetricBatch batch, Rejections rejections, IngestLimits limits)
    {
        var count = new ItemCount(limits);
        var sorted = new SortedLabels(limits);

        // Keys take nearly as much as the body: room for all of them at once saves copying them from buffer to bigger buffer.
        batch.KeyRoom(Math.Min(body.Length + SortedLabels.Slack, MaxKeyRoomBytes));
        var reader = new ProtoReader(body);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    count.Take();
                    var message = reader.ReadBytes();
                    var series = Sorted(body[(reader.Position - message.Length)..], message, sorted, batch, out var labelBytes);
                    if (series >= 0)
                    {
                        Items(RemoteSample.AddLeading(message[labelBytes..], series, batch, ref count), series, batch, rejections, limits, ref count);
                    }
                    else
                    {
                        Series(message, batch, rejections, limits, ref count);
                    }

                    break;
                case 3:
                    count.Take();
                    Metadata(reader.ReadBytes(), batch, limits);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    /// <summary>The index of the series when its labels are as usual, or -1.</summary>
    private static int Sorted(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> message, SortedLabels sorted, MetricBatch batch, out int labelBytes)
    {
        labelBytes = 0;
        if (rest.Length < message.Length + SortedLabels.Slack)
        {
            return -1;
        }

        var length = sorted.Write(rest, message.Length, batch.KeyRoom(message.Length + SortedLabels.Slack), out labelBytes);
        return length >= 0 && !RemoteSample.HasLabels(message[labelBytes..]) ? batch.AddWrittenKey(length) : -1;
    }

    private static void Series(ReadOnlySpan<byte> message, MetricBatch batch, Rejections rejections, IngestLimits limits, ref ItemCount count)
    {
        batch.BeginSeries();
        string? wrong = null;
        var named = false;
        var items = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                wrong = Label(reader.ReadBytes(), batch, limits, ref named) ?? wrong;
            }
            else
            {
                items += reader.Field is 2 or 4 ? 1 : 0;
                reader.Skip();
            }
        }

        wrong ??= named ? null : "series without a metric name";
        var series = wrong is null ? batch.EndSeries() : -1;
        if (series < 0)
        {
            rejections.Add("invalid_series", wrong ?? "label name stands twice in one series", Math.Max(items, 1));
            return;
        }

        Items(message, series, batch, rejections, limits, ref count);
    }

    private static void Items(ReadOnlySpan<byte> fields, int series, MetricBatch batch, Rejections rejections, IngestLimits limits, ref ItemCount count)
    {
        var reader = new ProtoReader(fields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    count.Take();
                    RemoteSample.Add(reader.ReadBytes(), series, batch);
                    break;
                case 3:
                    count.Take();
                    Exemplar(reader.ReadBytes(), series, batch, limits);
                    break;
                case 4:
                    count.Take();
                    if (RemoteHistogram.Read(reader.ReadBytes(), limits, out var at, out var startMs, out var histogram) is { } reason)
                    {
                        rejections.Add("invalid_histogram", reason);
                    }
                    else
                    {
                        batch.Histograms.Add((series, at, histogram!));
                        if (startMs != 0)
                        {
                            batch.SetHistogramStart(startMs);
                        }
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static string? Label(ReadOnlySpan<byte> message, MetricBatch batch, IngestLimits limits, ref bool named)
    {
        ReadLabel(message, out var name, out var value);
        if (name.Length == 0)
        {
            return "label without a name";
        }

        if (!Utf8.IsValid(name) || !Utf8.IsValid(value))
        {
            return "label that is not valid UTF-8";
        }

        if (name.Length > limits.MaxLabelNameBytes)
        {
            return OtlpValues.Limit("label name", name.Length, nameof(IngestLimits.MaxLabelNameBytes), limits.MaxLabelNameBytes);
        }

        if (value.Length > limits.MaxLabelValueBytes)
        {
            return OtlpValues.Limit("label value", value.Length, nameof(IngestLimits.MaxLabelValueBytes), limits.MaxLabelValueBytes);
        }

        if (batch.PendingLabels >= limits.MaxLabelsPerSeries)
        {
            return OtlpValues.Limit("labels of a series", batch.PendingLabels + 1, nameof(IngestLimits.MaxLabelsPerSeries), limits.MaxLabelsPerSeries);
        }

        named |= value.Length > 0 && name.SequenceEqual("__name__"u8);
        batch.AddLabel(name, value);
        return null;
    }

    private static void ReadLabel(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = default;
        value = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadBytes();
                    break;
                case 2:
                    value = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void Exemplar(ReadOnlySpan<byte> message, int series, MetricBatch batch, IngestLimits limits)
    {
        var labels = new LabelSetBuilder();
        var taken = 0;
        double value = 0;
        long timestampMs = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadLabel(reader.ReadBytes(), out var name, out var text);
                    if (name.Length > 0 && Utf8.IsValid(name) && Utf8.IsValid(text) && name.Length <= limits.MaxLabelNameBytes && text.Length <= limits.MaxLabelValueBytes && taken++ < limits.MaxLabelsPerSeries)
                    {
                        labels.Set(System.Text.Encoding.UTF8.GetString(name), System.Text.Encoding.UTF8.GetString(text));
                    }

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

        batch.Exemplars.Add((series, timestampMs, value, labels.Build()));
    }

    private static void Metadata(ReadOnlySpan<byte> message, MetricBatch batch, IngestLimits limits)
    {
        var type = MetricType.Unknown;
        ReadOnlySpan<byte> family = default;
        ReadOnlySpan<byte> help = default;
        ReadOnlySpan<byte> unit = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    // The enumeration of remote write has the order of ours.
                    type = reader.ReadInt32() is > 0 and <= (int)MetricType.StateSet and var number ? (MetricType)number : MetricType.Unknown;
                    break;
                case 2:
                    family = reader.ReadBytes();
                    break;
                case 4:
                    help = reader.ReadBytes();
                    break;
                case 5:
                    unit = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (family.Length > 0 && family.Length <= limits.MaxLabelNameBytes && help.Length <= limits.MaxLabelValueBytes && unit.Length <= limits.MaxLabelNameBytes
            && Utf8.IsValid(family) && Utf8.IsValid(help) && Utf8.IsValid(unit))
        {
            var utf8 = System.Text.Encoding.UTF8;
            batch.Metadata.Add(new MetricMetadata(utf8.GetString(family), type, utf8.GetString(help), utf8.GetString(unit)));
        }
    }
}
