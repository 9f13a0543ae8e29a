using System.Globalization;
using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Server.Tests.Prometheus;

/// <summary>Shows <c>io.prometheus.client.MetricFamily</c> messages as text.</summary>
internal static class Families
{
    private static readonly string[] Names = ["", "", "sum", "", "count", "schema", "threshold", "", "zero", "negative", "", "", "positive", "", ""];

    /// <summary>Every family with a line for each of its metrics.</summary>
    public static string Text(ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder();
        var rest = new ByteReader(body);
        while (rest.Remaining > 0)
        {
            var family = new ProtoReader(rest.ReadLengthPrefixed());
            while (family.Next())
            {
                switch (family.Field)
                {
                    case 1:
                        text.Append(Encoding.UTF8.GetString(family.ReadBytes()));
                        break;
                    case 3:
                        text.Append(CultureInfo.InvariantCulture, $" {family.ReadInt64()}\n");
                        break;
                    default:
                        Metric(text.Append(' '), family.ReadBytes());
                        break;
                }
            }
        }

        return text.ToString();
    }

    private static void Metric(StringBuilder text, ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    var label = new ProtoReader(reader.ReadBytes());
                    label.Next();
                    text.Append(' ').Append(Encoding.UTF8.GetString(label.ReadBytes())).Append('=');
                    text.Append(label.Next() ? Encoding.UTF8.GetString(label.ReadBytes()) : string.Empty);
                    break;
                case 5:
                    var value = new ProtoReader(reader.ReadBytes());
                    text.Append(CultureInfo.InvariantCulture, $" value={(value.Next() ? value.ReadDouble() : 0)}");
                    break;
                case 7:
                    Histogram(text, reader.ReadBytes());
                    break;
                default:
                    text.Append(CultureInfo.InvariantCulture, $" @{reader.ReadInt64()}\n");
                    break;
            }
        }
    }

    private static void Histogram(StringBuilder text, ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var open = 0;
        while (reader.Next())
        {
            if (reader.Field is 9 or 12)
            {
                var (offset, length) = (0L, 0L);
                var span = new ProtoReader(reader.ReadBytes());
                while (span.Next())
                {
                    (offset, length) = span.Field == 1 ? (span.ReadSInt64(), length) : (offset, span.ReadInt64());
                }

                // Spans of one side stand in one pair of brackets.
                text.Append(open == reader.Field ? $"\b {offset}:{length}]" : $" {Names[reader.Field]}=[{offset}:{length}]");
                open = reader.Field;
                continue;
            }

            if (reader.Field is 11 or 14)
            {
                var counts = new ByteReader(reader.ReadBytes());
                while (counts.Remaining > 0)
                {
                    text.Append(CultureInfo.InvariantCulture, $" {counts.ReadDouble()}");
                }

                continue;
            }

            var number = reader.Field == 5 ? reader.ReadSInt64() : reader.ReadDouble();
            text.Append(CultureInfo.InvariantCulture, $" {Names[reader.Field]}={number}");
        }

        text.Replace("]\b", string.Empty);
    }
}
