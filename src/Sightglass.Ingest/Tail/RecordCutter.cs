using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Ingest.Parsers;

namespace Sightglass.Ingest.Tail;

/// <summary>
/// Cuts bytes into records: a line each, or several where the lines are pieces of a container's long line or where <see cref="MultiLine"/> says that
/// they belong together. Not thread-safe.
/// </summary>
internal sealed class RecordCutter(LineWrapper wrapper, MultiLine? rule, int maxBytes)
{
    private char[] _characters = new char[512];
    private byte[] _content = [];

    /// <summary>
    /// The first record and the bytes that it takes with its line breaks; 0 when it is not whole yet. <paramref name="everything"/> takes what is there
    /// as whole.
    /// </summary>
    public int Next(ReadOnlySpan<byte> bytes, bool everything, out ReadOnlySpan<byte> record)
    {
        record = default;
        var end = 0;
        var (outputOpen, errorsOpen) = (false, false);
        for (var lines = 1; ; lines++)
        {
            var size = LineSize(bytes[end..], everything);
            if (size == 0)
            {
                return 0;
            }

            var line = Trim(bytes.Slice(end, size));
            end += size;
            record = Trim(bytes[..end]);
            while (rule is not null && record.Length > 0 && record[^1] == '\n')
            {
                // Empty lines within a record are its own, those behind it nobody's.
                record = Trim(record);
            }

            if (lines >= (rule?.MaxLines ?? MultiLine.DefaultMaxLines) || record.Length > maxBytes)
            {
                return end;
            }

            if (wrapper != LineWrapper.None)
            {
                var known = ContainerLine.TryState(wrapper, line, out var errors, out var partial);
                (outputOpen, errorsOpen) = (known && (errors ? outputOpen : partial), known && (errors ? partial : errorsOpen));
            }

            if (outputOpen || errorsOpen)
            {
                if (end == bytes.Length)
                {
                    return everything ? end : 0;
                }

                continue;
            }

            if (rule is null || record.IsEmpty)
            {
                return end;
            }

            var next = LineSize(bytes[end..], everything);
            if (next == 0)
            {
                return everything ? end : 0;
            }

            if (Begins(Trim(bytes.Slice(end, next))))
            {
                return end;
            }
        }
    }

    /// <summary>
    /// The records that a record of a container's two outputs is, in the order of their ends: while one output wrote a line in pieces, the other may have written
    /// lines of its own. Null when it is of one output.
    /// </summary>
    public List<byte[]>? Split(ReadOnlySpan<byte> record)
    {
        if (wrapper == LineWrapper.None || record.IndexOf((byte)'\n') < 0 || !HasBoth(record))
        {
            return null;
        }

        var records = new List<byte[]>();
        var open = new List<byte>[] { [], [] };
        while (!record.IsEmpty)
        {
            var size = LineSize(record, everything: true);
            var line = Trim(record[..size]);
            record = record[size..];
            ContainerLine.TryState(wrapper, line, out var errors, out var partial);
            var own = open[errors ? 1 : 0];
            if (own.Count > 0)
            {
                own.Add((byte)'\n');
            }

            own.AddRange(line);
            if (!partial && rule is null)
            {
                records.Add([.. own]);
                own.Clear();
            }
        }

        records.AddRange(open.Where(static o => o.Count > 0).Select(static o => o.ToArray()));
        return records;
    }

    private bool HasBoth(ReadOnlySpan<byte> record)
    {
        var (output, error) = (false, false);
        while (!record.IsEmpty)
        {
            var size = LineSize(record, everything: true);
            if (!ContainerLine.TryState(wrapper, Trim(record[..size]), out var errors, out _))
            {
                return false;
            }

            (output, error) = (output || !errors, error || errors);
            record = record[size..];
        }

        return output && error;
    }

    private bool Begins(ReadOnlySpan<byte> line)
    {
        if (wrapper != LineWrapper.None)
        {
            if (_content.Length < line.Length)
            {
                _content = new byte[line.Length * 2];
            }

            line = ContainerLine.TryUnwrap(wrapper, line, _content, out var written, out _, out _, out _) ? Trim(_content.AsSpan(0, written)) : line;
        }

        if (_characters.Length < line.Length)
        {
            _characters = new char[line.Length * 2];
        }

        var text = _characters.AsSpan(0, Encoding.UTF8.GetChars(line, _characters));
        return rule!.Start is { } start ? start.IsMatch(text) : !rule.Continuation!.IsMatch(text);
    }

    private static int LineSize(ReadOnlySpan<byte> bytes, bool everything)
    {
        var at = bytes.IndexOf((byte)'\n');
        return at >= 0 ? at + 1 : everything ? bytes.Length : 0;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line)
    {
        if (line.Length > 0 && line[^1] == '\n')
        {
            line = line[..^1];
        }

        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }
}

/// <summary>Which lines are one record: either <see cref="Start"/> or <see cref="Continuation"/> is given.</summary>
/// <param name="Start">Matches the first line of a record.</param>
/// <param name="Continuation">Matches every line of a record but the first.</param>
/// <param name="MaxLines">Most lines of a record; the next begins a new one.</param>
public sealed record MultiLine(Regex? Start, Regex? Continuation, int MaxLines = MultiLine.DefaultMaxLines)
{
    /// <summary>Most lines of a record unless the configuration says another number.</summary>
    public const int DefaultMaxLines = 1_000;
}
