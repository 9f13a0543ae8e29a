using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Fluent;

/// <summary>
/// The handshake of the forward protocol with a shared key: HELO with a nonce, PING that proves the sender's knowledge of the key, PONG that proves ours.
/// </summary>
internal sealed class FluentHandshake(string sharedKey, string hostname)
{
    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(16);

    /// <summary>What the server says first.</summary>
    public byte[] Helo()
    {
        var message = new ArrayBufferWriter<byte>();
        Raw(message, 0x92);
        Text(message, "HELO");
        Raw(message, 0x83);
        Text(message, "nonce");
        Raw(message, 0xc4);
        Raw(message, (byte)_nonce.Length);
        message.Write(_nonce);

        // No user names: the key is all that is asked for.
        Text(message, "auth");
        Text(message, string.Empty);
        Text(message, "keepalive");
        Raw(message, 0xc3);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>Judges the sender's PING and makes the answer; <paramref name="trusted"/> says whether it knew the key.</summary>
    /// <exception cref="MalformedInputException">It is no PING.</exception>
    public byte[] Pong(ReadOnlySpan<byte> ping, out bool trusted)
    {
        var reader = new MessagePackReader(ping);
        if (reader.ReadArray() < 4 || !reader.ReadBytes().SequenceEqual("PING"u8))
        {
            throw new MalformedInputException("handshake: want PING, the sender has no shared key");
        }

        var client = reader.ReadBytes();
        var salt = reader.ReadBytes();
        var digest = reader.ReadBytes();
        trusted = CryptographicOperations.FixedTimeEquals(digest, Encoding.UTF8.GetBytes(Digest(salt, client)));
        var answer = new ArrayBufferWriter<byte>();
        Raw(answer, 0x95);
        Text(answer, "PONG");
        Raw(answer, (byte)(trusted ? 0xc3 : 0xc2));
        Text(answer, trusted ? string.Empty : "shared_key mismatch");
        Text(answer, trusted ? hostname : string.Empty);
        Text(answer, trusted ? Digest(salt, Encoding.UTF8.GetBytes(hostname)) : string.Empty);
        return answer.WrittenSpan.ToArray();
    }

    /// <summary>Appends a text.</summary>
    internal static void Text(ArrayBufferWriter<byte> message, string text) => Text(message, Encoding.UTF8.GetBytes(text));

    /// <summary>Appends a text.</summary>
    internal static void Text(ArrayBufferWriter<byte> message, ReadOnlySpan<byte> text)
    {
        Raw(message, 0xda);
        BinaryPrimitives.WriteUInt16BigEndian(message.GetSpan(2), (ushort)text.Length);
        message.Advance(2);
        message.Write(text);
    }

    /// <summary>Appends a byte.</summary>
    internal static void Raw(ArrayBufferWriter<byte> message, byte value)
    {
        message.GetSpan(1)[0] = value;
        message.Advance(1);
    }

    // The protocol: SHA-512 of salt, name, nonce and key, in hex.
    private string Digest(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> name)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(salt);
        hash.AppendData(name);
        hash.AppendData(_nonce);
        hash.AppendData(Encoding.UTF8.GetBytes(sharedKey));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
