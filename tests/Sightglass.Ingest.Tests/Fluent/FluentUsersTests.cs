using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Tests.Listening;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Fluent;

/// <summary>The handshake with a shared key and users.</summary>
public sealed class FluentUsersTests
{
    [Theory]
    [InlineData("key", "ann", "secret", null)]
    [InlineData("key", "bob", "other", null)]
    [InlineData("key", "ann", "other", "username/password mismatch")]
    [InlineData("key", "eve", "", "username/password mismatch")]
    [InlineData("key", "", "", "username/password mismatch")]
    [InlineData("guess", "ann", "secret", "shared_key mismatch")]
    public async Task A_sender_has_to_be_one_of_the_users(string key, string user, string password, string? refusal)
    {
        var sink = new RowSink();
        var ledger = new IngestLedger(TimeProvider.System);
        var intake = Ports.Intake(sink, ledger);
        await using var ports = Ports.Open(intake, FluentReceiver.Ports(
            new FluentConfiguration { Listen = Ports.Free, SharedKey = "key", Users = new Dictionary<string, string> { ["ann"] = "secret", ["bob"] = "other" } }, intake));
        using var client = new TcpClient();
        await client.ConnectAsync(Ports.AddressOf(ports, "tcp"));
        var stream = client.GetStream();
        var helo = await BytesAsync(stream);
        var (nonce, salt) = (After(helo, "nonce"), After(helo, "auth"));
        byte[] own = [1, 2, 3];
        await stream.WriteAsync(Pack.Value(new object?[]
        {
            "PING", "me", own, Hex([.. own, .. "me"u8, .. nonce, .. Encoding.UTF8.GetBytes(key)]),
            user, Hex([.. salt, .. Encoding.UTF8.GetBytes(user + password)]),
        }));
        var pong = Encoding.UTF8.GetString(await BytesAsync(stream));
        if (refusal is null)
        {
            pong.ShouldContain(Hex([.. own, .. Encoding.UTF8.GetBytes(Environment.MachineName), .. nonce, .. Encoding.UTF8.GetBytes(key)]));
            await stream.WriteAsync(Pack.Value(new object?[] { "tag", 1_767_225_600, new (string, object?)[] { ("message", "let in") } }));
            (await sink.WaitAsync(1)).Single().ShouldContain("\"let in\"");
            return;
        }

        pong.ShouldContain(refusal);
        (await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false)).ShouldBe(0);
        ledger.Sources().Single().LastError!.Message.ShouldBe($"handshake: {refusal}");
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA512.HashData(bytes));

    // A binary of sixteen bytes behind its name.
    private static byte[] After(byte[] message, string name) => message.AsSpan(message.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name)) + name.Length + 2, 16).ToArray();

    private static async Task<byte[]> BytesAsync(NetworkStream stream)
    {
        var buffer = new byte[4096];
        return buffer[..await stream.ReadAsync(buffer)];
    }
}
