using System.Buffers.Binary;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Journald;

/// <summary>
/// Entries of the journal export format: a line <c>FIELD=value</c> for each field, or <c>FIELD</c>, a size of eight bytes and the value where it has line
/// breaks or is no text; an empty line ends the entry.
/// </summary>
internal sealed class JournalFraming : IFraming
{
    /// <summary>There is no state.</summary>
    public static JournalFraming Instance { get; } = new();

    public byte Delimiter => (byte)'\n';

    public Frame Next(ReadOnlySpan<byte> buffer, bool ended, int maxBytes)
    {
        var at = 0;
        while (at < buffer.Length)
        {
            var end = buffer[at..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            if (end == 0)
            {
                return new Frame(0, at, at + 1);
            }

            var line = buffer.Slice(at, end);
            at += end + 1;
            if (line.Contains((byte)'=') || !IsName(line))
            {
                continue;
            }

            if (buffer.Length - at < sizeof(ulong))
            {
                break;
            }

            var size = BinaryPrimitives.ReadUInt64LittleEndian(buffer[at..]);
            if (size > (ulong)maxBytes)
            {
                return new Frame(0, 0, 0, (long)Math.Min(size, long.MaxValue / 2) + at + sizeof(ulong) + 1);
            }

            at += sizeof(ulong) + (int)size + 1;
        }

        return ended && buffer.Length > 0 ? new Frame(0, buffer.Length, buffer.Length) : default;
    }

    /// <summary>Whether a line is the name of a field: capitals, digits and underscores.</summary>
    public static bool IsName(ReadOnlySpan<byte> line)
    {
        if (line.Length is 0 or > 64)
        {
            return false;
        }

        foreach (var c in line)
        {
            if (c is not (>= (byte)'A' and <= (byte)'Z' or >= (byte)'0' and <= (byte)'9' or (byte)'_'))
            {
                return false;
            }
        }

        return true;
    }
}
