using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Syslog;

/// <summary>
/// Decodes messages of RFC 5424 and RFC 3164. The application is the service, the host the stream's <c>hostname</c> (the sender's address where the message
/// names none), facility, process id, message id and structured data are attributes. What is neither is kept as it came and counted.
/// </summary>
internal sealed class SyslogDecoder(RecordOptions options, TimeZoneInfo zone) : IMessageDecoder
{
    /// <summary>user.notice, which RFC 3164 gives to a message without a priority.</summary>
    private const int DefaultPriority = 13;

    private static readonly FieldMap NoFields = new();

    private static readonly byte[][] Facilities =
    [
        "kern"u8.ToArray(), "user"u8.ToArray(), "mail"u8.ToArray(), "daemon"u8.ToArray(), "auth"u8.ToArray(), "syslog"u8.ToArray(), "lpr"u8.ToArray(), "news"u8.ToArray(),
        "uucp"u8.ToArray(), "cron"u8.ToArray(), "authpriv"u8.ToArray(), "ftp"u8.ToArray(), "ntp"u8.ToArray(), "audit"u8.ToArray(), "console"u8.ToArray(), "clock"u8.ToArray(),
        "local0"u8.ToArray(), "local1"u8.ToArray(), "local2"u8.ToArray(), "local3"u8.ToArray(), "local4"u8.ToArray(), "local5"u8.ToArray(), "local6"u8.ToArray(), "local7"u8.ToArray(),
    ];

    private readonly ByteWriter _key = new(128);
    private readonly ByteWriter _value = new(256);
    private readonly SyslogInflater _inflater = new(options.Limits);

    public RecordWriter Writer { get; } = new(NoFields, options);

    public void Add(ReadOnlySpan<byte> message, IngestSource source, long now)
    {
        if (SyslogInflater.IsCompressed(message))
        {
            if (!_inflater.TryInflate(message, out var text, out var reason))
            {
                source.Reject(reason.Contains("limit", StringComparison.Ordinal) ? "limit" : "invalid_message", 1, $"syslog message: {reason}");
                return;
            }

            message = text;
        }

        message = message.TrimEnd("\r\n\0"u8);
        if (message.Length == 0)
        {
            return;
        }

        Writer.Begin(now);
        var rest = message;
        var priority = Priority(ref rest);
        var known = priority >= 0;
        priority = known ? priority : DefaultPriority;
        Severity.SetSyslog(priority & 7, Writer.Batch, ref Writer.Row);
        Writer.Attribute("facility"u8, Facilities[priority >> 3]);
        if (known && rest.StartsWith("1 "u8))
        {
            if (!Structured(rest[2..]))
            {
                // As much as could be read of the header stays; the line is kept whole.
                source.UnparsedItems(1);
                Writer.Body(message);
            }
        }
        else if (!Rfc3164.Read(rest, zone, now, Writer))
        {
            // RFC 3164, 4.3.2: a message without a header is all content.
            if (!known)
            {
                source.UnparsedItems(1);
            }

            Writer.Body(rest);
        }

        Writer.Host(Encoding.UTF8.GetBytes(source.Sender), int.MaxValue - 1);
        Writer.Service("syslog"u8, int.MaxValue - 1);
        if (Writer.End() is { } wrong)
        {
            source.Reject("invalid_message", 1, $"syslog message: {wrong}");
        }
    }

    public void Dispose()
    {
        Writer.Dispose();
        _key.Dispose();
        _value.Dispose();
        _inflater.Dispose();
    }

    /// <summary>Reads <c>&lt;165&gt;</c>; -1 where there is none, and nothing is taken then.</summary>
    private static int Priority(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 3 || rest[0] != '<')
        {
            return -1;
        }

        var end = rest[..Math.Min(rest.Length, 5)].IndexOf((byte)'>');
        if (end < 2 || !RecordTime.Digits(rest[1..end], out var priority) || priority > 191)
        {
            return -1;
        }

        rest = rest[(end + 1)..];
        return priority;
    }

    private bool Structured(ReadOnlySpan<byte> rest)
    {
        if (!Token(ref rest, out var time) || !Token(ref rest, out var host) || !Token(ref rest, out var application) || !Token(ref rest, out var process)
            || !Token(ref rest, out var id, last: true))
        {
            return false;
        }

        var timed = true;
        if (time.Length > 0)
        {
            timed = RecordTime.TryRead(time, out var unixNano);
            Writer.Row.TimeUnixNano = unixNano;
        }

        Writer.Host(host);
        Writer.Service(application);
        Writer.Attribute("appname"u8, application);
        Writer.Attribute("procid"u8, process);
        Writer.Attribute("msgid"u8, id);
        if (!timed || !Data(ref rest))
        {
            return false;
        }

        if (rest.Length > 0 && rest[0] == ' ')
        {
            rest = rest[1..];
        }

        // The byte order mark says that the text is UTF-8, which is what it is taken for anyway.
        Writer.Body(rest.StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]) ? rest[3..] : rest);
        return true;
    }

    private static bool Token(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> token, bool last = false)
    {
        var space = rest.IndexOf((byte)' ');
        token = default;
        if (space < 0 && !(last && rest.Length > 0))
        {
            return false;
        }

        token = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        if (token.SequenceEqual("-"u8))
        {
            token = default;
        }

        return true;
    }

    private bool Data(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length == 0)
        {
            return true;
        }

        if (rest[0] == '-')
        {
            rest = rest[1..];
            return rest.Length == 0 || rest[0] == ' ';
        }

        if (rest[0] != '[')
        {
            return false;
        }

        while (rest.Length > 0 && rest[0] == '[')
        {
            var end = rest.IndexOfAny((byte)' ', (byte)']');
            if (end < 2)
            {
                return false;
            }

            _key.Truncate(0);
            _key.Write(rest[1..end]);
            if (rest[end] == ']')
            {
                Writer.Attribute(_key.Written, AttributeType.Bool, 1, default);
            }

            rest = rest[end..];
            while (rest.Length > 0 && rest[0] == ' ')
            {
                rest = rest[1..];
                if (!Parameter(ref rest))
                {
                    return false;
                }
            }

            if (rest.Length == 0 || rest[0] != ']')
            {
                return false;
            }

            rest = rest[1..];
        }

        return true;
    }

    private bool Parameter(ref ReadOnlySpan<byte> rest)
    {
        var equals = rest.IndexOf((byte)'=');
        if (equals < 1 || equals + 1 >= rest.Length || rest[equals + 1] != '"')
        {
            return false;
        }

        var name = rest[..equals];
        rest = rest[(equals + 2)..];
        _value.Truncate(0);
        while (true)
        {
            var stop = rest.IndexOfAny((byte)'"', (byte)'\\');
            if (stop < 0)
            {
                return false;
            }

            _value.Write(rest[..stop]);
            if (rest[stop] == '"')
            {
                rest = rest[(stop + 1)..];
                break;
            }

            // A backslash before anything but the three that need it is itself.
            if (stop + 1 < rest.Length && rest[stop + 1] is (byte)'"' or (byte)'\\' or (byte)']')
            {
                _value.WriteByte(rest[stop + 1]);
                rest = rest[(stop + 2)..];
            }
            else
            {
                _value.WriteByte((byte)'\\');
                rest = rest[(stop + 1)..];
            }
        }

        if ((name.SequenceEqual("trace_id"u8) && Writer.Trace(_value.Written, span: false)) || (name.SequenceEqual("span_id"u8) && Writer.Trace(_value.Written, span: true)))
        {
            return true;
        }

        var id = _key.Length;
        _key.WriteByte((byte)'.');
        _key.Write(name);
        Writer.Attribute(_key.Written, _value.Written);
        _key.Truncate(id);
        return true;
    }
}
