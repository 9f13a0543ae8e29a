namespace Sightglass.Ingest.Pipeline.Redaction;

/// <summary>What redactions of well-known secrets are counted as, by the place in a run's counters behind the first of them.</summary>
internal static class SecretRules
{
    public const int AwsKey = 0;
    public const int PrivateKey = 1;
    public const int BearerToken = 2;
    public const int AuthorizationHeader = 3;
    public const int JsonWebToken = 4;
    public const int AddressPassword = 5;
    public const int ServiceToken = 6;
    public const int Assignment = 7;
    public const int Attribute = 8;

    private static readonly string[] Names =
        ["aws_key", "private_key", "bearer_token", "authorization_header", "json_web_token", "address_password", "service_token", "assignment", "attribute"];

    /// <summary>How many rules there are.</summary>
    public static int Count => Names.Length;

    /// <summary>Gives every rule a number; the first of them, which the others follow.</summary>
    public static int CountersOf(CounterSource counters)
    {
        var first = counters.All.Count;
        foreach (var name in Names)
        {
            counters.Of(PipelineCount.Redacted, name);
        }

        return first;
    }
}
