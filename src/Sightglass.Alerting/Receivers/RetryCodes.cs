namespace Sightglass.Alerting.Receivers;

/// <summary>
/// The status codes after which a message is tried again, service by service as with Alertmanager 0.33 (each was measured there). By choice a server that
/// answers 429 and says when to come back (<c>Retry-After</c>) is always believed, where Alertmanager drops the message.
/// </summary>
/// <param name="More">Codes besides those from 500 on.</param>
/// <param name="IsAny">Every code that is no success.</param>
internal sealed record RetryCodes(IReadOnlyList<int> More, bool IsAny = false)
{
    private const int TooManyRequests = 429;

    /// <summary>The server's own errors.</summary>
    public static RetryCodes ServerErrors { get; } = new([]);

    /// <summary>Those, and asking too often.</summary>
    public static RetryCodes ServerErrorsAndRate { get; } = new([TooManyRequests]);

    /// <summary>PagerDuty's first API answers 403 when it is asked too often.</summary>
    public static RetryCodes ServerErrorsAndForbidden { get; } = new([403]);

    /// <summary>Every answer that is no success.</summary>
    public static RetryCodes Any { get; } = new([], IsAny: true);

    public bool Contains(HttpReply reply) => IsAny || reply.Status >= 500 || More.Contains(reply.Status) || (reply.Status == TooManyRequests && reply.RetryAfter is not null);
}
