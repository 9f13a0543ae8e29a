using System.Globalization;
using System.Net;

namespace Shop.Front;

/// <summary><c>shop front</c>: what visitors talk to. Keeps nothing; carts come with the request.</summary>
internal sealed class Storefront(HttpClient orders, ILogger<Storefront> logger)
{
    public static void Register(IServiceCollection services, ShopOptions options)
    {
        services.AddSingleton(_ => new HttpClient { BaseAddress = options.Orders, Timeout = TimeSpan.FromSeconds(15) });
        services.AddSingleton<Storefront>();
    }

    public static void Map(WebApplication app)
    {
        var front = app.Services.GetRequiredService<Storefront>();
        app.MapGet("/", () => Catalog.Products.Select(product => new { product.Id, product.Name }));
        app.MapGet("/products/{id}", front.ShowProduct);
        app.MapGet("/cart", front.ShowCart);
        app.MapPost("/checkout", front.CheckOutAsync);
        app.MapGet("/orders/{id}", front.ShowOrderAsync);
    }

    private IResult ShowProduct(int id)
    {
        if (Catalog.Find(id) is { } product)
        {
            return Results.Ok(product);
        }

        logger.LogWarning("product {ProductId} was asked for but is not sold here", id);
        return Results.NotFound();
    }

    /// <param name="items">Pairs of product and quantity: <c>3:1,12:2</c>.</param>
    private IResult ShowCart(string? items)
    {
        var lines = (items ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine).ToList();
        var total = Catalog.Total(lines);
        logger.LogDebug("cart of {Lines} lines priced at {AmountCents} cents", lines.Count, total);
        return Results.Ok(new { lines, totalCents = total });
    }

    private async Task<IResult> CheckOutAsync(CheckoutRequest request, CancellationToken cancellationToken)
    {
        var total = Catalog.Total(request.Lines);
        var order = new OrderRequest(request.Lines, total, request.PaymentMethod, request.Currency);
        using var answer = await AskOrdersAsync(client => client.PostAsJsonAsync("/orders", order, cancellationToken));
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Created:
                var created = await answer.Content.ReadFromJsonAsync<Order>(cancellationToken);
                logger.LogInformation("checkout of {AmountCents} cents in {Currency} became order {OrderId}", total, request.Currency, created!.Id);
                return Results.Json(created, statusCode: StatusCodes.Status201Created);
            case HttpStatusCode.PaymentRequired:
                return Results.Json(new { error = "the payment was declined" }, statusCode: StatusCodes.Status402PaymentRequired);
            default:
                throw new UpstreamFailedException($"orders answered {(int)answer.StatusCode} to a checkout");
        }
    }

    private async Task<IResult> ShowOrderAsync(long id, CancellationToken cancellationToken)
    {
        using var answer = await AskOrdersAsync(client => client.GetAsync($"/orders/{id}", cancellationToken));
        return answer.StatusCode switch
        {
            HttpStatusCode.OK => Results.Ok(await answer.Content.ReadFromJsonAsync<Order>(cancellationToken)),
            HttpStatusCode.NotFound => Results.NotFound(),
            var status => throw new UpstreamFailedException($"orders answered {(int)status} about order {id}"),
        };
    }

    private async Task<HttpResponseMessage> AskOrdersAsync(Func<HttpClient, Task<HttpResponseMessage>> ask)
    {
        try
        {
            return await ask(orders);
        }
        catch (HttpRequestException exception)
        {
            throw new UpstreamFailedException("orders cannot be reached", exception);
        }
    }

    private static CartLine ParseLine(string item)
    {
        var parts = item.Split(':');
        return parts.Length == 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var product)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var quantity)
            ? new CartLine(product, quantity)
            : throw new InvalidCartException($"'{item}' is not product:quantity");
    }
}
