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
            if (lines >= (rule?.MaxLines ?? MultiLine.DefaultMaxLines) || record.Length > maxBytes)
            {
                return end;
            }

            if (wrapper != LineWrapper.None && ContainerLine.IsPartial(wrapper, line))
            {
                if (end == bytes.Length)
                {
                    return everything ? end : 0;
                }

                continue;
            }

            if (rule is null || line.IsEmpty)
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
