using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Alerting.Templates;
using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests.Receivers;

/// <summary>Who signs for SNS: keys, profiles and roles. Only these tests read AWS' environment, so that they may change it.</summary>
public sealed class AwsCredentialTests : IDisposable
{
    private static readonly string[] Variables =
        ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_STS", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(static v => v, Environment.GetEnvironmentVariable);
    private readonly TemporaryFolder _folder = new();
    private readonly HttpReceiver _sts = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public AwsCredentialTests()
    {
        foreach (var variable in Variables)
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        File.WriteAllText(_folder.PathOf("credentials"), """
            # keys
            [default]
            aws_access_key_id = DEFAULT
            aws_secret_access_key = d # of somebody
            [ops]
            aws_access_key_id=OPS
            aws_secret_access_key=o=+/
            aws_session_token=SESSION
            [half]
            aws_access_key_id=HALF
            """);
        File.WriteAllText(_folder.PathOf("config"), """
            [default]
            region = eu-central-1
            [profile ops]
            region = eu-north-1
            s3 =
              region = not-this
            [profile lent]
            role_arn = arn:aws:iam::1:role/lent
            source_profile = ops
            external_id = ext
            [profile round]
            role_arn = arn:aws:iam::1:role/round
            source_profile = round
            """);
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", _folder.PathOf("credentials"));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", _folder.PathOf("config"));
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", _sts.Url);
    }

    public void Dispose()
    {
        foreach (var (variable, value) in _before)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }

        _sts.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("", null, "DEFAULT d", "eu-central-1")]
    [InlineData("", "ops", "OPS o=+/ SESSION", "eu-north-1")]
    [InlineData("profile: ops", null, "OPS o=+/ SESSION", "eu-north-1")]
    [InlineData("access_key: A, secret_key: B, profile: ops", null, "A B", "eu-north-1")]
    public async Task Keys_come_from_the_configuration_or_a_profile(string sigv4, string? usual, string expected, string region)
    {
        Environment.SetEnvironmentVariable("AWS_PROFILE", usual);
        using var http = new HttpPoster(HttpConfiguration.Default, _time);
        using var source = new AwsCredentialSource(Load(sigv4), http, _time);
        var credentials = await source.GetAsync("r", CancellationToken.None);
        $"{credentials.AccessKey} {credentials.SecretKey.Reveal()} {credentials.SessionToken?.Reveal()}".TrimEnd().ShouldBe(expected);
        source.RegionOfProfile.ShouldBe(region);
    }

    [Theory]
    [InlineData("", "ENV")]
    [InlineData("profile: ops", "OPS")]
    public async Task The_environment_wins_over_the_default_profile_only(string sigv4, string expected)
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "ENV");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "e");
        using var http = new HttpPoster(HttpConfiguration.Default, _time);
        using var source = new AwsCredentialSource(Load(sigv4), http, _time);
        (await source.GetAsync("r", CancellationToken.None)).AccessKey.ShouldBe(expected);
    }

    [Fact]
    public async Task A_role_is_taken_and_kept_until_shortly_before_its_end()
    {
        using var sns = new HttpReceiver();
        var configuration = Load("profile: ops, role_arn: 'arn:aws:iam::1:role/alerts', external_id: 'e x', region: eu-west-1", sns.Url);
        using var notifier = new SnsNotifier(configuration, new NotificationTemplates([], _time), _time);
        Lend("ONE", _time.GetUtcNow().AddHours(1));
        await notifier.SendAsync(Message(), CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(54));
        await notifier.SendAsync(Message(), CancellationToken.None);
        Lend("TWO", _time.GetUtcNow().AddHours(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        await notifier.SendAsync(Message(), CancellationToken.None);

        var asked = _sts.Requests.ToArray();
        asked.Length.ShouldBe(2);
        asked[0].Body.ShouldBe("Action=AssumeRole&ExternalId=e+x&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Falerts&RoleSessionName=sightglass-1767225600000&Version=2011-06-15");
        asked[0].Authorization.ShouldStartWith("AWS4-HMAC-SHA256 Credential=OPS/20260101/eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=");
        sns.Requests.Select(static r => r.Authorization[..37]).ShouldBe(["AWS4-HMAC-SHA256 Credential=ONE/20260", "AWS4-HMAC-SHA256 Credential=ONE/20260", "AWS4-HMAC-SHA256 Credential=TWO/20260"]);
    }

    [Fact]
    public async Task A_profile_takes_its_role_by_another_profile()
    {
        using var http = new HttpPoster(HttpConfiguration.Default, _time);
        using var source = new AwsCredentialSource(Load("profile: lent"), http, _time);
        Lend("ONE", _time.GetUtcNow().AddHours(1));
        (await source.GetAsync("eu-west-1", CancellationToken.None)).AccessKey.ShouldBe("ONE");
        _sts.Requests.Single().Body.ShouldContain("ExternalId=ext&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Flent");
    }

    [Theory]
    [InlineData("profile: none", "there is no profile none", false)]
    [InlineData("profile: half", "profile half: want aws_access_key_id and aws_secret_access_key", false)]
    [InlineData("profile: round", "more than 5 profiles refer to each other", false)]
    [InlineData("profile: ops, role_arn: x", "answered 403 to AssumeRole: AccessDenied", false)]
    public async Task What_gives_no_keys_is_said(string sigv4, string expected, bool recoverable)
    {
        _sts.Answers.Enqueue((403, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>arn OPS no</Message></Error></ErrorResponse>"));
        using var http = new HttpPoster(HttpConfiguration.Default, _time);
        using var source = new AwsCredentialSource(Load(sigv4), http, _time);
        var error = await Should.ThrowAsync<DeliveryException>(() => source.GetAsync("eu-west-1", CancellationToken.None).AsTask());
        error.Message.ShouldContain(expected);
        error.Recoverable.ShouldBe(recoverable);
    }

    [Theory]
    [InlineData("<a", "no credentials")]
    [InlineData("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "no credentials")]
    [InlineData("<a><Credentials><AccessKeyId>A</AccessKeyId></Credentials></a>", "no credentials")]
    public async Task An_answer_that_is_none_is_refused(string body, string expected)
    {
        _sts.Answers.Enqueue((200, body));
        using var http = new HttpPoster(HttpConfiguration.Default, _time);
        using var source = new AwsCredentialSource(Load("profile: ops, role_arn: x"), http, _time);
        (await Should.ThrowAsync<DeliveryException>(() => source.GetAsync("eu-west-1", CancellationToken.None).AsTask())).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("external_id: x", "external_id can only be used with role_arn")]
    [InlineData("profile: x, access_key: y", "Access key and Secret Key")]
    [InlineData("secret_key_file: y", "unknown key \"secret_key_file\"")]
    public void What_Alertmanager_refuses_is_refused(string sigv4, string expected) => Should.Throw<AlertingConfigurationException>(() => Load(sigv4)).Message.ShouldContain(expected);

    private static MessagingConfiguration Load(string sigv4, string url = "http://x/")
    {
        var configuration = AlertmanagerConfigurationLoader.Load("a.yml", $"route: {{receiver: a}}\nreceivers:\n- name: a\n  sns_configs: [{{api_url: '{url}', target_arn: x, message: m, sigv4: {{{sigv4}}}}}]\n", ".");
        configuration.Unsupported.ShouldBeEmpty();
        return (MessagingConfiguration)configuration.Receivers[0].Integrations[0];
    }

    private static NotificationMessage Message() => new("a", "{}:{}", Core.Model.LabelSet.Empty, [], new Uri("http://sight/"));

    private void Lend(string key, DateTimeOffset until) => _sts.Answers.Enqueue((200,
        $"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        + $"<SessionToken>t</SessionToken><Expiration>{until:yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"));
}
