using System.Diagnostics;

namespace Shop.Telemetry;

/// <summary>The spans that the shop makes itself, beside those of ASP.NET Core and HttpClient.</summary>
internal static class ShopActivity
{
    public const string SourceName = "Shop";

    /// <summary>Travels with every request from the visitor on, as W3C baggage.</summary>
    public const string UserId = "user.id";

    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>Puts an exception on a span, which is then a failed one.</summary>
    public static void Fail(this Activity? activity, Exception exception)
    {
        activity?.AddException(exception);
        activity?.SetTag("error.type", exception.GetType().FullName);
        activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
    }
}
