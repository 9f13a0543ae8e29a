using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>
/// Reads records of log files into rows: fields become attributes; time, level and trace context are taken where the format has them; the body stays the
/// line as it is, or what a container's runtime or a stage says it is. A line that does not parse is kept as it is and counted. Not thread-safe.
/// </summary>
/// <param name="configuration">What the lines are.</param>
/// <param name="zone">The zone of times that do not name theirs.</param>
/// <param name="retention">How far back a line's own time may lie. An older one would be deleted at once: such a line is kept at the time when it was read.</param>
internal sealed class LineParser(ParserConfiguration configuration, TimeZoneInfo zone, TimeSpan retention)
{
    // Less than what the store allows, so that a line is not refused for the moment between here and there.
    private static readonly TimeSpan Future = TimeSpan.FromHours(23);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly (StageConfiguration Configuration, byte[] From, byte[] Message, LineStage Stage)[] _stages =
        [.. configuration.Stages.Select(s => (s, System.Text.Encoding.UTF8.GetBytes(s.From), System.Text.Encoding.UTF8.GetBytes(s.Message), LineStage.Create(s)))];

    private byte[] _content = [];

    /// <summary>Lines that did not parse.</summary>
    public long Unparsed { get; private set; }

    /// <summary>What a container's runtime has put around the lines.</summary>
    public LineWrapper Wrapper => configuration.Wrapper;

    /// <summary>Adds a record to the batch as a row of <paramref name="resource"/>; <paramref name="now"/> is used where it has no time.</summary>
    public void Add(LogBatch batch, int resource, ReadOnlySpan<byte> record, DateTimeOffset now)
    {
        var row = new LogRow
        {
            TimeUnixNano = Nanoseconds(now),
            ObservedTimeUnixNano = Nanoseconds(now),
            Resource = resource,
            Scope = -1,
            BodyType = AttributeType.String,
        };
        var parsed = true;
        if (Wrapper != LineWrapper.None)
        {
            parsed = TryUnwrap(record, batch, ref row, out var size);
            record = parsed ? _content.AsSpan(0, size) : record;
        }

        row.BodyBits = batch.AddText(record).Packed;
        var context = new LineContext(zone, now);
        foreach (var (stage, from, message, reader) in _stages)
        {
            if (!parsed)
            {
                break;
            }

            var before = row;
            var attributes = batch.OpenAttributes;
            if (Field(batch, from) is not { } text
                || !reader.Read((byte[])[.. batch.Text(from.Length == 0 ? TextRef.Unpack(row.BodyBits) : text)], context, batch, ref row))
            {
                parsed = false;
                row = before;
                batch.KeepOpenAttributes(attributes);
            }
            else if (message.Length > 0 && Field(batch, message) is { } body)
            {
                row.BodyBits = body.Packed;
            }
        }

        Unparsed += parsed ? 0 : 1;
        var age = (Int128)Nanoseconds(now) - row.TimeUnixNano;
        if (age > (Int128)(retention - Margin).Ticks * 100 || -age > (Int128)Future.Ticks * 100)
        {
            row.TimeUnixNano = Nanoseconds(now);
        }

        batch.AddRow(row);
    }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    internal static long Nanoseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>False where the time is before 1970 or does not fit into 64 bits of nanoseconds.</summary>
    internal static bool TryNanoseconds(DateTimeOffset time, out long nanoseconds)
    {
        nanoseconds = unchecked((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);
        return time >= DateTimeOffset.UnixEpoch && time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks <= long.MaxValue / 100;
    }

    // Text of an open attribute; an empty name is always there, null where there is no such attribute.
    private static TextRef? Field(LogBatch batch, byte[] name)
    {
        if (name.Length == 0)
        {
            return default(TextRef);
        }

        for (var i = batch.AttributeCount - batch.OpenAttributes; i < batch.AttributeCount; i++)
        {
            if (batch.AttributeTypeOf(i) == AttributeType.String && batch.AttributeKey(i).SequenceEqual(name))
            {
                return TextRef.Unpack(batch.AttributeBits(i));
            }
        }

        return null;
    }

    // All lines of the record; those that were written as pieces are put together without a break.
    private bool TryUnwrap(ReadOnlySpan<byte> record, LogBatch batch, ref LogRow row, out int size)
    {
        size = 0;
        if (_content.Length < record.Length + 1)
        {
            _content = new byte[record.Length * 2];
        }

        var continues = true;
        var first = true;
        while (!record.IsEmpty)
        {
            var end = record.IndexOf((byte)'\n');
            var line = end < 0 ? record : record[..end];
            record = end < 0 ? default : record[(end + 1)..];
            if (!continues)
            {
                _content[size++] = (byte)'\n';
            }

            if (!ContainerLine.TryUnwrap(Wrapper, line.TrimEnd((byte)'\r'), _content.AsSpan(size), out var written, out var time, out var errors, out var partial))
            {
                return false;
            }

            if (first)
            {
                row.TimeUnixNano = time != 0 ? time : row.TimeUnixNano;
                batch.AddAttribute("stream"u8, AttributeType.String, errors ? "stderr"u8 : "stdout"u8);
                first = false;
            }

            size += written;
            continues = partial;
        }

        return !first;
    }
}
