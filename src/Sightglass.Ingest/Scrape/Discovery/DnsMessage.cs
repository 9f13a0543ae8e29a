using System.Buffers.Binary;
using System.Net;
using System.Text;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>A record of an answer.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Value">An address, or a name with its final dot.</param>
/// <param name="Port">The port of an SRV record.</param>
internal sealed record DnsRecord(DnsRecordType Type, string Value, int Port);

/// <summary>An answer.</summary>
/// <param name="Exists">Whether there is such a name.</param>
/// <param name="Records">The records of the type asked for.</param>
internal sealed record DnsAnswer(bool Exists, IReadOnlyList<DnsRecord> Records);

/// <summary>Writes questions and reads answers of DNS (RFC 1035, SRV by RFC 2782, EDNS by RFC 6891).</summary>
internal static class DnsMessage
{
    /// <summary>The largest answer over UDP that is asked for: fits any path without fragments.</summary>
    public const int MaxUdpBytes = 1232;

    private const int HeaderBytes = 12;
    private const int MaxNameBytes = 255;
    private const int MaxPointers = 32;

    public static byte[] Question(ushort id, string name, DnsRecordType type)
    {
        var message = new byte[HeaderBytes + MaxNameBytes + 32];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        message[2] = 1; // Recursion desired.
        message[5] = 1; // One question,
        message[11] = 1; // and the option record that allows larger answers.
        var at = HeaderBytes;
        foreach (var label in name.TrimEnd('.').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = Encoding.UTF8.GetBytes(label);
            if (bytes.Length > 63 || at + bytes.Length > HeaderBytes + MaxNameBytes - 2)
            {
                throw new ScrapeFailedException($"could not resolve \"{name}\": it is no DNS name");
            }

            message[at++] = (byte)bytes.Length;
            bytes.CopyTo(message, at);
            at += bytes.Length;
        }

        at++;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), (ushort)type);
        message[at + 3] = 1; // Class IN.
        at += 4;
        message[at + 2] = 41; // OPT, of the root name.
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 3), MaxUdpBytes);
        return message[..(at + 11)];
    }

    /// <summary>Whether a message is the answer to a question: the same id and the same question in it.</summary>
    public static bool Answers(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question)
    {
        // The option record behind the question takes 11 bytes.
        var asked = question[HeaderBytes..^11];
        if (answer.Length < HeaderBytes + asked.Length || !answer[..2].SequenceEqual(question[..2]) || (answer[2] & 0x80) == 0)
        {
            return false;
        }

        for (var i = 0; i < asked.Length; i++)
        {
            if (char.ToLowerInvariant((char)answer[HeaderBytes + i]) != char.ToLowerInvariant((char)asked[i]))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsTruncated(ReadOnlySpan<byte> answer) => (answer[2] & 2) != 0;

    /// <exception cref="MalformedInputException">The answer is broken, or the server could not answer.</exception>
    public static DnsAnswer Read(ReadOnlySpan<byte> answer, DnsRecordType type)
    {
        var code = answer[3] & 15;
        if (code is not (0 or 3))
        {
            throw new MalformedInputException($"the server answered with code {code}");
        }

        var questions = UInt16(answer, 4);
        var count = UInt16(answer, 6);
        var at = HeaderBytes;
        for (var i = 0; i < questions; i++)
        {
            Name(answer, ref at);
            at += 4;
        }

        var records = new List<DnsRecord>();
        for (var i = 0; i < count; i++)
        {
            Name(answer, ref at);
            var found = (DnsRecordType)UInt16(answer, at);
            var length = UInt16(answer, at + 8);
            at += 10;
            if (at + length > answer.Length)
            {
                throw new MalformedInputException("a record is past the end of the answer", at);
            }

            // Names along the way to the records (CNAME) are answers too.
            if (found == type)
            {
                records.Add(Record(answer, at, length, type));
            }

            at += length;
        }

        return new DnsAnswer(code == 0, records);
    }

    private static DnsRecord Record(ReadOnlySpan<byte> answer, int at, int length, DnsRecordType type)
    {
        switch (type)
        {
            case DnsRecordType.A or DnsRecordType.AAAA when length is 4 or 16:
                return new DnsRecord(type, new IPAddress(answer.Slice(at, length)).ToString(), 0);
            case DnsRecordType.SRV:
                var port = UInt16(answer, at + 4);
                at += 6;
                return new DnsRecord(type, Name(answer, ref at), port);
            case DnsRecordType.MX:
                at += 2;
                return new DnsRecord(type, Name(answer, ref at), 0);
            case DnsRecordType.NS:
                return new DnsRecord(type, Name(answer, ref at), 0);
            default:
                throw new MalformedInputException("an address record has a wrong length", at);
        }
    }

    private static int UInt16(ReadOnlySpan<byte> message, int at) =>
        at + 2 <= message.Length ? BinaryPrimitives.ReadUInt16BigEndian(message[at..]) : throw new MalformedInputException("the answer is cut off", at);

    private static string Name(ReadOnlySpan<byte> message, ref int position)
    {
        var name = new StringBuilder();
        var at = position;
        var pointers = 0;
        while (true)
        {
            var length = at < message.Length ? message[at] : throw new MalformedInputException("a name is cut off", at);
            if (length == 0)
            {
                position = pointers == 0 ? at + 1 : position;
                return name.Length == 0 ? "." : name.ToString();
            }

            if (length >= 0xc0)
            {
                // A pointer to an earlier name; the name itself ends here.
                position = pointers == 0 ? at + 2 : position;
                if (++pointers > MaxPointers)
                {
                    throw new MalformedInputException("a name points to itself", at);
                }

                at = UInt16(message, at) & 0x3fff;
                continue;
            }

            if (length > 63 || at + 1 + length > message.Length || name.Length + length > MaxNameBytes)
            {
                throw new MalformedInputException("a name is not valid", at);
            }

            name.Append(Encoding.UTF8.GetString(message.Slice(at + 1, length))).Append('.');
            at += 1 + length;
        }
    }
}
