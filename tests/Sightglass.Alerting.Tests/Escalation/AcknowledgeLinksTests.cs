using System.Buffers.Text;
using Sightglass.Alerting.Escalation;

namespace Sightglass.Alerting.Tests.Escalation;

public sealed class AcknowledgeLinksTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AcknowledgeLinks Links = new(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray(), new Uri("https://here/sight/"));

    [Fact]
    public void A_link_says_which_group_when_and_for_whom()
    {
        var link = Links.For("{}:{a=\"b\"}", "Änna", Now, TimeSpan.FromHours(24));
        link.ShouldStartWith("https://here/sight/sightglass/ack?t=");
        var token = Links.Read(Token(link), Now, out var fault).ShouldNotBeNull();
        fault.ShouldBe(AcknowledgeLinkFault.None);
        token.ShouldBe(new AcknowledgeToken(AcknowledgeLinks.ReferenceOf("{}:{a=\"b\"}"), Now, Now.AddHours(24), "Änna"));
    }

    [Fact]
    public void A_link_is_good_until_it_expires_and_no_longer()
    {
        var token = Token(Links.For("g", string.Empty, Now, TimeSpan.FromHours(1)));
        Links.Read(token, Now.AddHours(1).AddMilliseconds(-1), out _).ShouldNotBeNull();
        Links.Read(token, Now.AddHours(1), out var fault).ShouldBeNull();
        fault.ShouldBe(AcknowledgeLinkFault.Expired);
    }

    [Fact]
    public void Whatever_byte_is_changed_cut_or_added_the_link_is_forged()
    {
        var good = Base64Url.DecodeFromChars(Token(Links.For("g", "ana", Now, TimeSpan.FromHours(1))));
        for (var i = 0; i < good.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = (byte[])good.Clone();
                changed[i] ^= (byte)(1 << bit);
                Refused(Base64Url.EncodeToString(changed));
            }

            Refused(Base64Url.EncodeToString(good.AsSpan(0, i)));
            Refused(Base64Url.EncodeToString(good.AsSpan(i + 1)));
        }

        Refused(Base64Url.EncodeToString([.. good, 0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("....")]
    [InlineData("<script>")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_token_is_forged(string text) => Refused(text);

    [Fact]
    public void A_token_that_is_too_long_is_not_looked_at() => Refused(new string('A', AcknowledgeLinks.MaxTokenLength + 4));

    [Fact]
    public void Another_server_has_another_key() =>
        new AcknowledgeLinks(new byte[32], new Uri("http://there/")).Read(Token(Links.For("g", "ana", Now, TimeSpan.FromHours(1))), Now, out _).ShouldBeNull();

    private static void Refused(string token)
    {
        Links.Read(token, Now, out var fault).ShouldBeNull();
        fault.ShouldBe(AcknowledgeLinkFault.Forged);
    }

    private static string Token(string link) => link[(link.IndexOf("t=", StringComparison.Ordinal) + 2)..];
}
