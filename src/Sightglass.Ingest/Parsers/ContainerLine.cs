using System.Text.Json;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Parsers;

/// <summary>Lines as container runtimes write them, around those of the program.</summary>
internal static class ContainerLine
{
    /// <summary>Which of the program's outputs a line is of, and whether the program's line goes on in the next one of that output; false for other lines.</summary>
    public static bool TryState(LineWrapper wrapper, ReadOnlySpan<byte> line, out bool errors, out bool partial)
    {
        if (wrapper == LineWrapper.Cri)
        {
            var found = TryCri(line, out _, out errors, out var tag, out _);
            partial = tag is [(byte)'P', ..];
            return found;
        }

        // Docker's pieces end where the program's line does: with a line break as the last of "log", written first.
        errors = line.IndexOf("\"stream\":\"stderr\""u8) >= 0 || line.IndexOf("\"stream\": \"stderr\""u8) >= 0;
        partial = line.IndexOf("\\n\","u8) < 0 && line.IndexOf("\\n\"}"u8) < 0;
        return line.StartsWith("{\"log\":\""u8) || line.StartsWith("{\"log\": \""u8);
    }

    /// <summary>Takes the program's line out; <paramref name="target"/> is at least as long as the line.</summary>
    public static bool TryUnwrap(LineWrapper wrapper, ReadOnlySpan<byte> line, Span<byte> target, out int written, out long unixNano, out bool errors, out bool partial)
    {
        written = 0;
        unixNano = 0;
        errors = false;
        partial = false;
        if (wrapper == LineWrapper.Cri)
        {
            if (!TryCri(line, out unixNano, out errors, out var tag, out var content))
            {
                return false;
            }

            partial = tag is [(byte)'P', ..];
            content.CopyTo(target);
            written = content.Length;
            return true;
        }

        return TryDocker(line, target, out written, out unixNano, out errors, out partial);
    }

    private static bool TryCri(ReadOnlySpan<byte> line, out long unixNano, out bool errors, out ReadOnlySpan<byte> tag, out ReadOnlySpan<byte> content)
    {
        unixNano = 0;
        errors = false;
        tag = content = default;
        var first = line.IndexOf((byte)' ');
        if (first < 0 || !RecordTime.TryRead(line[..first], out unixNano))
        {
            return false;
        }

        var rest = line[(first + 1)..];
        errors = rest.StartsWith("stderr "u8);
        if (!errors && !rest.StartsWith("stdout "u8))
        {
            return false;
        }

        rest = rest[7..];
        var end = rest.IndexOf((byte)' ');
        tag = end < 0 ? rest : rest[..end];
        content = end < 0 ? default : rest[(end + 1)..];
        return tag is [(byte)'F' or (byte)'P'] or [(byte)'F' or (byte)'P', (byte)':', ..];
    }

    private static bool TryDocker(ReadOnlySpan<byte> line, Span<byte> target, out int written, out long unixNano, out bool errors, out bool partial)
    {
        written = 0;
        unixNano = 0;
        errors = false;
        partial = false;
        var found = false;
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var (log, stream, time) = (json.ValueTextEquals("log"u8), json.ValueTextEquals("stream"u8), json.ValueTextEquals("time"u8));
                json.Read();
                if (json.TokenType != JsonTokenType.String)
                {
                    json.Skip();
                }
                else if (log)
                {
                    written = json.CopyString(target);
                    partial = written == 0 || target[written - 1] != '\n';
                    written -= partial ? 0 : written > 1 && target[written - 2] == '\r' ? 2 : 1;
                    found = true;
                }
                else if (stream)
                {
                    errors = json.ValueTextEquals("stderr"u8);
                }
                else if (time)
                {
                    RecordTime.TryRead(json.ValueSpan, out unixNano);
                }
            }

            return found && json.TokenType == JsonTokenType.EndObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
