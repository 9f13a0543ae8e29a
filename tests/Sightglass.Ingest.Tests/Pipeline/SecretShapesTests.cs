using Sightglass.Ingest.Pipeline.Redaction;

namespace Sightglass.Ingest.Tests.Pipeline;

/// <summary>Every default rule by what it finds and by what only looks like it. Tokens are put together here, so that nobody takes them for real ones.</summary>
public sealed class SecretShapesTests
{
    private const string Letters = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0bC2dF4gH6jK8";

    public static TheoryData<string, string, string?> Secrets => new()
    {
        // what, line (with ‹› around the secret), rule; a null rule: nothing is found
        { "access key", "id ‹AKIA" + "IOSFODNN7EXAMPLE›, next", "aws_key" },
        { "temporary key", "‹ASIA" + "IOSFODNN7EXAMPLE›", "aws_key" },
        { "lower case", "akia" + "iosfodnn7example", null },
        { "inside of a word", "XAKIA" + "IOSFODNN7EXAMPLE", null },
        { "secret key", "aws_secret_access_key=‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY›", "assignment" },
        { "secret key, camel case, JSON", "{\"SecretAccessKey\":\"‹wJalrXUtnFEMI/K7MDENG›\",\"x\":1}", "assignment" },
        { "session token", "{\"aws_session_token\": \"‹FwoGZXIvYXdzE›\"}", "assignment" },
        { "private key, EC", "‹-----BEGIN EC PRIVATE KEY-----\\nMHcC\\n-----END EC PRIVATE KEY-----› x", "private_key" },
        { "private key, PKCS 8", "k=‹-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----›", "private_key" },
        { "private key, OpenSSH, cut off", "‹-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r›", "private_key" },
        { "public key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", null },
        { "bearer", "header Bearer ‹" + Letters + "› sent", "bearer_token" },
        { "bearer, short", "Bearer token missing", null },
        { "basic", "Authorization: Basic ‹dXNlcjpwYXNz›", "authorization_header" },
        { "proxy", "proxy-authorization: basic ‹dXNlcjpwYXNz›", "authorization_header" },
        { "header in JSON", "{\"Authorization\":\"Token ‹abcdef123456›\"}", "authorization_header" },
        { "api key header", "X-Api-Key: ‹abcdef123456›", "authorization_header" },
        { "authorization in prose", "authorization: user ann was denied", null },
        { "web token", "t=‹eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123›;", "json_web_token" },
        { "web token, two parts", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", null },
        { "base64", "eyJhbGciOiJIUzI1NiJ9", null },
        { "address", "amqp://svc:‹p4ss›@mq:5672/", "address_password" },
        { "address with @ in the password", "redis://u:‹p@ss›@host/0", "address_password" },
        { "address without user", "redis://:‹p4ss›@host", "address_password" },
        { "address without password", "https://ann@host/x and ftp://host:21/x@y", null },
        { "address, hidden already", "postgres://app:*****@db", null },
        { "assignment", "password=‹hunter2› ok", "assignment" },
        { "assignment, quoted", "passwd='‹two words›' ok", "assignment" },
        { "assignment, URL", "?user=a&api_key=‹12345›&x=1", "assignment" },
        { "assignment, connection string", "Server=db;Uid=app;Pwd=‹s3cr3t›;Encrypt=yes", "assignment" },
        { "assignment, account key", "AccountName=x;AccountKey=‹Zm9vYmFy==›;EndpointSuffix=y", "assignment" },
        { "JSON", "{\"password\":\"‹a\\\"b›\",\"n\":1}", "assignment" },
        { "JSON in JSON", "{\"m\":\"{\\\"password\\\":\\\"‹hunter2›\\\",\\\"n\\\":1}\"}", "assignment" },
        { "JSON, camel case", "{\"accessToken\": \"‹abc›\", \"refreshToken\": null}", "assignment" },
        { "number", "{\"password\": 5}", null },
        { "prose", "password: changed, secret santa, api key rotated, token expired", null },
        { "counts", "tokens=5 secretary=ann password_resets=3 secrets: 4", null },
        { "placeholders", "password=${PW} secret=<hidden> pwd=xxxx passwd=%s api_key={{key}} password=null", null },
        { "GitHub", "use ‹ghp_" + Letters[..36] + "›.", "service_token" },
        { "GitHub, app", "‹ghs_" + Letters[..36] + "›", "service_token" },
        { "GitHub, fine-grained", "‹github_pat_" + Letters[..22] + "_" + Letters + "›", "service_token" },
        { "GitHub, short", "ghp_" + Letters[..20], null },
        { "GitLab", "‹glpat-" + Letters[..20] + "›", "service_token" },
        { "Slack", "‹xoxb-" + "123456789012-123456789012-" + Letters[..24] + "›", "service_token" },
        { "Slack, app", "‹xapp-" + "1-A01-" + Letters[..24] + "›", "service_token" },
        { "Slack, webhook", "POST https://‹hooks.slack.com/services/" + "T00000000/B00000000/" + Letters[..24] + "› 200", "service_token" },
        { "Stripe", "‹sk_live_" + Letters[..24] + "›", "service_token" },
        { "Stripe, test", "sk_test_" + Letters[..24], null },
        { "Google", "key=‹AIza" + Letters[..35] + "›", "service_token" },
        { "Google, other length", "AIza" + Letters[..30], null },
        { "Google, access token", "‹ya29." + Letters + "›", "service_token" },
        { "npm", "//registry/:_authToken=‹npm_" + Letters[..36] + "›", "assignment" },
        { "npm, by itself", "‹npm_" + Letters[..36] + "›", "service_token" },
        { "SendGrid", "‹SG." + Letters[..22] + "." + Letters + "abcd›", "service_token" },
        { "DigitalOcean", "‹dop_v1_" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)) + "›", "service_token" },
        { "Vault", "‹hvs." + Letters + "›", "service_token" },
        { "Hugging Face", "‹hf_" + Letters[..34] + "›", "service_token" },
        { "words with such letters", "npm_config_cache hf_transfer sg.example.com hvs.local msg.sent glpat-x", null },
    };

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Rules_find_what_is_theirs(string what, string marked, string? rule)
    {
        var (from, to) = (marked.IndexOf('‹', StringComparison.Ordinal), marked.IndexOf('›', StringComparison.Ordinal));
        var line = marked.Replace("‹", "", StringComparison.Ordinal).Replace("›", "", StringComparison.Ordinal);
        var expected = rule is null ? line : string.Concat(marked.AsSpan(0, from), "[redacted]", marked.AsSpan(to + 1));

        // The same behind other texts and before them: no rule looks beyond its own.
        foreach (var (before, after) in ((string, string)[])[(string.Empty, string.Empty), ("word", "word"), ("AKIA", "0123456789ABCDEF"), ("https://u:", "@host")])
        {
            using var batch = RedactionTests.Batch([before, line, after]);
            var counts = new long[SecretRules.Count];
            SecretRedactor.Redact(batch, counts);
            RedactionTests.Bodies(batch).ShouldBe([before, expected, after], what);
            counts.Sum().ShouldBe(rule is null ? 0 : 1, what);
            (rule is null || counts[Array.IndexOf(Names, rule)] == 1).ShouldBeTrue($"{what}: {string.Join(' ', counts)}");
        }
    }

    [Fact]
    public void What_was_redacted_stays_as_it_is()
    {
        foreach (var row in Secrets)
        {
            var marked = (string)row[1];
            using var batch = RedactionTests.Batch([marked.Replace("‹", "", StringComparison.Ordinal).Replace("›", "", StringComparison.Ordinal)]);
            SecretRedactor.Redact(batch, new long[SecretRules.Count]);
            var once = RedactionTests.Bodies(batch).Single();
            using var again = RedactionTests.Batch([once]);
            SecretRedactor.Redact(again, new long[SecretRules.Count]);
            RedactionTests.Bodies(again).Single().ShouldBe(once);
        }
    }

    private static string[] Names { get; } =
        ["aws_key", "private_key", "bearer_token", "authorization_header", "json_web_token", "address_password", "service_token", "assignment", "attribute"];
}
