using System.Net.Http.Headers;
using System.Text;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Publishes to a topic, a target or a telephone by Amazon SNS, or what speaks like it.</summary>
internal sealed class SnsNotifier(MessagingConfiguration configuration, NotificationTemplates templates, TimeProvider time) : INotifier, IDisposable
{
    private const string ContentType = "application/x-www-form-urlencoded";
    private const int MaxMessageBytes = 256 * 1024;
    private const int MaxSmsBytes = 1600;

    private readonly HttpPoster _http = new(configuration.Http, time);

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var (region, url) = Place(message);
        var body = Encoding.UTF8.GetBytes(Form(message));
        var credentials = await CredentialsAsync(cancellation).ConfigureAwait(false);
        var call = new HttpCall(HttpMethod.Post, new Secret(url.ToString()), body)
        {
            ContentType = MediaTypeHeaderValue.Parse(ContentType),
            Headers = AwsSignature.Sign(url, ContentType, body, region, "sns", credentials, time.GetUtcNow()),
        };
        await _http.SendAsync(call, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The form of the action Publish, names in order.</summary>
    internal string Form(NotificationMessage message)
    {
        string Text(string name) => templates.Text(configuration.Text(name), message.Data);
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

        var attributes = configuration.Details.Select(d => (Name: templates.Text(d.Key, message.Data), Value: templates.Text(d.Value, message.Data))).ToList();
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

    /// <summary>The first of the environment's variables that is set, or empty.</summary>
    private static string Environment(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return string.Empty;
    }

    private (string Region, Uri Url) Place(NotificationMessage message)
    {
        var arn = templates.Text(configuration.Text("topic_arn") + configuration.Text("target_arn"), message.Data).Split(':');
        var region = configuration.Text("sigv4.region") is { Length: > 0 } named ? named
            : arn.Length > 3 && arn[3].Length > 0 ? arn[3]
            : Environment("AWS_REGION", "AWS_DEFAULT_REGION") is { Length: > 0 } around ? around
            : throw new DeliveryException("no region: sigv4.region, the ARN or AWS_REGION has to name it", recoverable: false);
        var address = templates.Text(configuration.Text("api_url"), message.Data);
        return Uri.TryCreate(address.Length > 0 ? address : $"https://sns.{region}.amazonaws.com/", UriKind.Absolute, out var url)
            ? (region, url)
            : throw new DeliveryException("api_url is not a usable http or https URL", recoverable: false);
    }

    private async ValueTask<AwsCredentials> CredentialsAsync(CancellationToken cancellation)
    {
        if (configuration.Secrets.TryGetValue("sigv4.secret_key", out var secret))
        {
            return new AwsCredentials(configuration.Text("sigv4.access_key"), await secret.ReadAsync(cancellation).ConfigureAwait(false), null);
        }

        var (id, key, session) = (Environment("AWS_ACCESS_KEY_ID"), Environment("AWS_SECRET_ACCESS_KEY"), Environment("AWS_SESSION_TOKEN"));
        return id.Length > 0 && key.Length > 0
            ? new AwsCredentials(id, new Secret(key), session.Length > 0 ? new Secret(session) : null)
            : throw new DeliveryException("no credentials: sigv4.access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, have to give them", recoverable: false);
    }
}
