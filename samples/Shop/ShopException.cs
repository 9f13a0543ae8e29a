namespace Shop;

/// <summary>A failure that has an HTTP status of its own; anything else that is thrown becomes a 500.</summary>
internal abstract class ShopException(int statusCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int StatusCode { get; } = statusCode;
}

internal sealed class InvalidCartException(string message) : ShopException(StatusCodes.Status400BadRequest, message);

internal sealed class PaymentDeclinedException(string message) : ShopException(StatusCodes.Status402PaymentRequired, message);

internal sealed class GatewayTimeoutException(string message) : ShopException(StatusCodes.Status504GatewayTimeout, message);

internal sealed class GatewayUnavailableException(string message) : ShopException(StatusCodes.Status503ServiceUnavailable, message);

/// <summary>A service that this one depends on did not answer, or answered with a failure.</summary>
internal sealed class UpstreamFailedException(string message, Exception? cause = null) : ShopException(StatusCodes.Status502BadGateway, message, cause);
