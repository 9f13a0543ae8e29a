using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Core.Errors;

namespace Sightglass.Ingest.Fluent;

/// <summary>
/// The handshake of the forward protocol with a shared key: HELO with a nonce, PING that proves the sender's knowledge of the key, and of a user's password where
/// there are users, PONG that proves ours.
/// </summary>
internal sealed class FluentHandshake(string sharedKey, IReadOnlyDictionary<string, string> users, string hostname)
{
    private const int SaltBytes = 16;

    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(SaltBytes);
    private readonly byte[] _userSalt = users.Count > 0 ? RandomNumberGenerator.GetBytes(SaltBytes) : [];

    /// <summary>What the server says first.</summary>
    public byte[] Helo()
    {
        var message = new ArrayBufferWriter<byte>();
        Raw(message, 0x92);
        Text(message, "HELO");
        Raw(message, 0x83);
        Text(message, "nonce");
        Binary(message, _nonce);

        // An empty salt says that no user is asked for.
        Text(message, "auth");
        Binary(message, _userSalt);
        Text(message, "keepalive");
        Raw(message, 0xc3);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>Judges the sender's PING and makes the answer; <paramref name="refusal"/> says why it is not let in, null where it is.</summary>
    /// <exception cref="MalformedInputException">It is no PING.</exception>
    public byte[] Pong(ReadOnlySpan<byte> ping, out string? refusal)
    {
        var reader = new MessagePackReader(ping);
        var parts = reader.ReadArray();
        if (parts < 4 || !reader.ReadBytes().SequenceEqual("PING"u8))
        {
            throw new MalformedInputException("handshake: want PING, the sender has no shared key");
        }

        var client = reader.ReadBytes();
        var salt = reader.ReadBytes();
        var digest = reader.ReadBytes();
        refusal = !CryptographicOperations.FixedTimeEquals(digest, Encoding.UTF8.GetBytes(Digest(salt, client))) ? "shared_key mismatch"
            : users.Count > 0 && !(parts >= 6 && IsUser(reader.ReadBytes(), reader.ReadBytes())) ? "username/password mismatch"
            : null;
        var answer = new ArrayBufferWriter<byte>();
        Raw(answer, 0x95);
        Text(answer, "PONG");
        Raw(answer, (byte)(refusal is null ? 0xc3 : 0xc2));
        Text(answer, refusal ?? string.Empty);
        Text(answer, refusal is null ? hostname : string.Empty);
        Text(answer, refusal is null ? Digest(salt, Encoding.UTF8.GetBytes(hostname)) : string.Empty);
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

    private static void Binary(ArrayBufferWriter<byte> message, byte[] bytes)
    {
        Raw(message, 0xc4);
        Raw(message, (byte)bytes.Length);
        message.Write(bytes);
    }

    // The protocol: SHA-512 of the salt, the name and the password, in hex. A name that nobody has takes as long as one with a wrong password.
    private bool IsUser(ReadOnlySpan<byte> name, ReadOnlySpan<byte> digest)
    {
        var known = users.TryGetValue(Encoding.UTF8.GetString(name), out var password);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(_userSalt);
        hash.AppendData(name);
        hash.AppendData(Encoding.UTF8.GetBytes(password ?? string.Empty));
        return CryptographicOperations.FixedTimeEquals(digest, Encoding.UTF8.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()))) && known;
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
