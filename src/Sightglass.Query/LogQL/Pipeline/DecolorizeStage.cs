using System.Buffers;

namespace Sightglass.Query.LogQL.Pipeline;

/// <summary><c>| decolorize</c>: takes ANSI escape sequences out of the line.</summary>
internal sealed class DecolorizeStage : LogStage
{
    private const char Bell = '\a';
    private const int MaxDigits = 4;

    // ESC, and the one character that says ESC [.
    private static readonly SearchValues<char> Introducers = SearchValues.Create("\u001b\u009b");
    private static readonly SearchValues<char> Brackets = SearchValues.Create("[]()#;?");
    private static readonly SearchValues<char> Finals = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPRZcfghijklmntqry=><~");

    /// <inheritdoc/>
    public override string ToString() => "| decolorize";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var line = entry.Line;
        if (!line.ContainsAny(Introducers))
        {
            return true;
        }

        var output = new char[line.Length];
        var length = 0;
        for (var i = 0; i < line.Length;)
        {
            var end = Introducers.Contains(line[i]) ? EndOfSequence(line, i + 1) : -1;
            if (end > 0)
            {
                i = end;
            }
            else
            {
                output[length++] = line[i++];
            }
        }

        entry.SetLine(entry.Append(output.AsSpan(0, length)));
        return true;
    }

    // Where the sequence ends whose introducer stands before; -1 when it is none.
    private static int EndOfSequence(ReadOnlySpan<char> line, int at)
    {
        while (at < line.Length && Brackets.Contains(line[at]))
        {
            at++;
        }

        // Parameters up to a bell: titles of windows and the like.
        var end = at;
        while (end < line.Length && (char.IsAsciiLetterOrDigit(line[end]) || line[end] == ';'))
        {
            end++;
        }

        if (end < line.Length && line[end] == Bell)
        {
            return end + 1;
        }

        // Numbers and a final character, which may be the last digit itself.
        for (var last = EndOfNumbers(line, at); last >= at; last--)
        {
            if (last < line.Length && Finals.Contains(line[last]))
            {
                return last + 1;
            }
        }

        return -1;
    }

    private static int EndOfNumbers(ReadOnlySpan<char> line, int at)
    {
        var start = at;
        while (true)
        {
            var digits = 0;
            while (digits < MaxDigits && at < line.Length && char.IsAsciiDigit(line[at]))
            {
                digits++;
                at++;
            }

            if (at >= line.Length || line[at] != ';' || (digits == 0 && at == start))
            {
                return at;
            }

            at++;
        }
    }
}
