using System.Net.Http.Headers;
using System.Text;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Publishes to a topic, a target or a telephone by Amazon SNS, or what speaks like it.</summary>
internal sealed class SnsNotifier : INotifier, IDisposable
{
    private const string ContentType = "application/x-www-form-urlencoded";
    private const int MaxMessageBytes = 256 * 1024;
    private const int MaxSmsBytes = 1600;

    private readonly MessagingConfiguration _configuration;
    private readonly NotificationTemplates _templates;
    private readonly TimeProvider _time;
    private readonly HttpPoster _http;
    private readonly AwsCredentialSource _credentials;

    public SnsNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider time)
    {
        (_configuration, _templates, _time) = (configuration, templates, time);
        _http = new HttpPoster(configuration.Http, time);
        _credentials = new AwsCredentialSource(configuration, _http, time);
    }

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var (region, url) = Place(message);
        var body = Encoding.UTF8.GetBytes(Form(message));
        var credentials = await _credentials.GetAsync(region, cancellation).ConfigureAwait(false);
        var call = new HttpCall(HttpMethod.Post, new Secret(url.ToString()), body)
        {
            ContentType = MediaTypeHeaderValue.Parse(ContentType),
            Headers = AwsSignature.Sign(url, ContentType, body, region, "sns", credentials, _time.GetUtcNow()),
        };
        await _http.SendAsync(call, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _http.Dispose();
        _credentials.Dispose();
    }

    /// <summary>The form of the action Publish, names in order.</summary>
    internal string Form(NotificationMessage message)
    {
        string Text(string name) => _templates.Text(_configuration.Text(name), message.Data);
        var form = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["Action"] = "Publish", ["Version"] = "2010-03-31" };
        var (phone, topic, target) = (Text("phone_number"), Text("topic_arn"), Text("target_arn"));
        var whole = Text("message");
        var text = RoomNotifier.ShortenBytes(whole, phone.Length > 0 ? MaxSmsBytes : MaxMessageBytes);
        form["Message"] = text.Length > 0 ? text : "(no details)";
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("PhoneNumber", phone), ("TopicArn", topic), ("TargetArn", target), ("Subject", Text("subject"))])
        {
            if (value.Length > 0)
            {
                form[name] = value;
            }
        }

        if (topic.EndsWith(".fifo", StringComparison.Ordinal))
        {
            form["MessageDeduplicationId"] = form["MessageGroupId"] = JsonBody.Hash(message.GroupKey);
        }

        var attributes = _configuration.Details.Select(d => (Name: _templates.Text(d.Key, message.Data), Value: _templates.Text(d.Value, message.Data))).ToList();
        if (text != whole)
        {
            attributes.Add(("truncated", "true"));
        }

        for (var i = 0; i < attributes.Count; i++)
        {
            form[$"MessageAttributes.entry.{i + 1}.Name"] = attributes[i].Name;
            form[$"MessageAttributes.entry.{i + 1}.Value.DataType"] = "String";
            form[$"MessageAttributes.entry.{i + 1}.Value.StringValue"] = attributes[i].Value;
        }

        return JsonBody.Form(form);
    }

    private (string Region, Uri Url) Place(NotificationMessage message)
    {
        var arn = _templates.Text(_configuration.Text("topic_arn") + _configuration.Text("target_arn"), message.Data).Split(':');
        var region = _configuration.Text("sigv4.region") is { Length: > 0 } named ? named
            : arn.Length > 3 && arn[3].Length > 0 ? arn[3]
            : AwsCredentialSource.FromEnvironment("AWS_REGION", "AWS_DEFAULT_REGION") is { Length: > 0 } around ? around
            : _credentials.RegionOfProfile is { Length: > 0 } usual ? usual
            : throw new DeliveryException("no region: sigv4.region, the ARN, AWS_REGION or the profile has to name it", recoverable: false);
        var address = _templates.Text(_configuration.Text("api_url"), message.Data);
        return Uri.TryCreate(address.Length > 0 ? address : $"https://sns.{region}.amazonaws.com/", UriKind.Absolute, out var url)
            ? (region, url)
            : throw new DeliveryException("api_url is not a usable http or https URL", recoverable: false);
    }
}
