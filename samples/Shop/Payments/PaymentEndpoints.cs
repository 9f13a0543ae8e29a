namespace Shop.Payments;

/// <summary><c>shop payments</c>: charges one payment at a time.</summary>
internal static class PaymentEndpoints
{
    public static void Register(IServiceCollection services, ShopOptions options)
    {
        services.AddSingleton<IncidentCalendar>();
        services.AddSingleton<Gateway>();
    }

    public static void Map(WebApplication app) =>
        app.MapPost("/payments", async (PaymentRequest payment, Gateway gateway, ILogger<Gateway> logger, CancellationToken cancellationToken) =>
        {
            var reference = await gateway.ChargeAsync(payment, cancellationToken);
            logger.LogInformation("charged {AmountCents} cents in {Currency} by {PaymentMethod} for order {OrderId}", payment.AmountCents, payment.Currency, payment.PaymentMethod, payment.OrderId);
            return Results.Ok(new PaymentReceipt(reference));
        });
}
