using System.Diagnostics;
using Shop.Telemetry;

namespace Shop.Orders;

/// <summary><c>shop orders</c>: writes an order down, has it paid, and writes down what became of it.</summary>
internal sealed class OrderEndpoints(OrderStore store, PaymentClient payments, ShopMetrics metrics, ILogger<OrderEndpoints> logger)
{
    public static void Register(IServiceCollection services, ShopOptions options)
    {
        services.AddSingleton(_ => new HttpClient { BaseAddress = options.Payments, Timeout = TimeSpan.FromSeconds(8) });
        services.AddSingleton<OrderStore>();
        services.AddSingleton<PaymentClient>();
        services.AddSingleton<OrderEndpoints>();
    }

    public static void Map(WebApplication app)
    {
        var orders = app.Services.GetRequiredService<OrderEndpoints>();
        app.MapPost("/orders", orders.PlaceAsync);
        app.MapGet("/orders/{id}", orders.Show);
    }

    private IResult Show(long id)
    {
        if (store.Find(id) is { } order)
        {
            return Results.Ok(order);
        }

        logger.LogWarning("order {OrderId} does not exist", id);
        return Results.NotFound();
    }

    private async Task<IResult> PlaceAsync(OrderRequest request, CancellationToken cancellationToken)
    {
        var userId = Activity.Current?.GetBaggageItem(ShopActivity.UserId) ?? "anonymous";
        var id = store.Insert(request, userId);
        Activity.Current?.SetTag("order.id", id);
        var status = "failed";
        try
        {
            var receipt = await payments.PayAsync(new PaymentRequest(id, request.AmountCents, request.PaymentMethod, request.Currency), cancellationToken);
            status = "paid";
            logger.LogInformation("order {OrderId} paid by {PaymentMethod}, reference {PaymentReference}", id, request.PaymentMethod, receipt.Reference);
        }
        catch (PaymentDeclinedException)
        {
            status = "declined";
            logger.LogWarning("order {OrderId} over {AmountCents} cents declined by {PaymentMethod}", id, request.AmountCents, request.PaymentMethod);
            throw;
        }
        finally
        {
            store.SetStatus(id, status);
            metrics.OrderEnded(status, request);
        }

        return Results.Json(store.Find(id), statusCode: StatusCodes.Status201Created);
    }
}
