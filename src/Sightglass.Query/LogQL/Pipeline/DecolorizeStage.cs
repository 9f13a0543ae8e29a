namespace Sightglass.Query.LogQL.Pipeline;

/// <summary><c>| decolorize</c>: takes ANSI colour sequences out of the line.</summary>
internal sealed class DecolorizeStage : LogStage
{
    /// <inheritdoc/>
    public override string ToString() => "| decolorize";

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        if (!entry.Line.Contains('\x1b'))
        {
            return true;
        }

        var line = entry.Line;
        var output = new char[line.Length];
        var length = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\x1b' && i + 1 < line.Length && line[i + 1] == '[')
            {
                var end = i + 2;
                while (end < line.Length && line[end] is (>= '0' and <= '9') or ';')
                {
                    end++;
                }

                if (end < line.Length && char.IsAsciiLetter(line[end]))
                {
                    i = end;
                    continue;
                }
            }

            output[length++] = line[i];
        }

        entry.SetLine(entry.Append(output.AsSpan(0, length)));
        return true;
    }
}
