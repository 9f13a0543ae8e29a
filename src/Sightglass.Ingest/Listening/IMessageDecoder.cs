using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Listening;

/// <summary>Decodes the messages of a protocol that come one by one. Used by one connection or one port; not thread-safe.</summary>
internal interface IMessageDecoder : IDisposable
{
    /// <summary>What it writes to.</summary>
    RecordWriter Writer { get; }

    /// <summary>Adds the records of a message to the writer's batch; what it refuses it counts at <paramref name="source"/>. Throws nothing, whatever the bytes are.</summary>
    void Add(ReadOnlySpan<byte> message, IngestSource source, long now);
}

/// <summary>How messages follow each other in a stream.</summary>
internal interface IFraming
{
    /// <summary>What ends a message of which only the end is looked for, because it is too long.</summary>
    byte Delimiter { get; }

    /// <summary>Finds the next message; <paramref name="ended"/> says that nothing comes after the buffer.</summary>
    Frame Next(ReadOnlySpan<byte> buffer, bool ended, int maxBytes);
}

/// <summary>A message in a buffer.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Consumed">Bytes of the buffer up to the next message; 0 when the end of this one is not there yet.</param>
/// <param name="Skip">Bytes from the start of the buffer that are passed over, because the message is too long; they may not be there yet.</param>
internal readonly record struct Frame(int Start, int Length, int Consumed, long Skip = 0);
