using System.Diagnostics;
using System.Net;
using Shop.Telemetry;

namespace Shop.Visitors;

/// <summary>One visitor's way through the shop: looks around, fills a cart, perhaps pays. Each step is a trace of its own.</summary>
internal sealed class Visit(HttpClient front, Random random, TimeProvider time, ILogger<Visit> logger)
{
    private const int Users = 400;
    private const int Products = 16;
    private static readonly string[] PaymentMethods = ["card", "card", "card", "paypal", "paypal", "invoice"];

    // Squared: some users come far more often than others.
    private readonly string _user = $"u-{(int)(Users * Math.Pow(random.NextDouble(), 2)):000}";
    private readonly string _session = random.Next().ToString("x8");
    private readonly List<CartLine> _cart = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var scope = logger.BeginScope(new KeyValuePair<string, object?>[] { new("user_id", _user), new("session_id", _session) });
        if (await GetAsync("open storefront", "/", cancellationToken) is not HttpStatusCode.OK)
        {
            return;
        }

        if (Happens(0.04))
        {
            await GetAsync("follow dead link", "/summer-sale-2019", cancellationToken);
        }

        for (var views = random.Next(1, 5); views > 0; views--)
        {
            await LookAtProductAsync(cancellationToken);
        }

        if (_cart.Count > 0 && Happens(0.85))
        {
            var items = string.Join(',', _cart.Select(line => $"{line.ProductId}:{line.Quantity}"));
            await GetAsync("view cart", $"/cart?items={items}", cancellationToken);
            if (Happens(0.75))
            {
                await CheckOutAsync(cancellationToken);
                return;
            }
        }

        logger.LogInformation("visitor {UserId} left without buying", _user);
    }

    private async Task LookAtProductAsync(CancellationToken cancellationToken)
    {
        // Some bookmarks are of products that are no longer sold.
        var product = Happens(0.03) ? random.Next(900, 1000) : random.Next(1, Products + 1);
        var status = await GetAsync("view product", $"/products/{product}", cancellationToken);
        if (status == HttpStatusCode.OK && (_cart.Count == 0 || Happens(0.4)))
        {
            _cart.Add(new CartLine(product, random.Next(1, 4)));
        }
    }

    private async Task CheckOutAsync(CancellationToken cancellationToken)
    {
        if (Happens(0.05))
        {
            // A tampered or stale form.
            _cart[0] = _cart[0] with { Quantity = random.Next(-1, 1) };
        }

        var request = new CheckoutRequest(_cart, PaymentMethods[random.Next(PaymentMethods.Length)], Happens(0.7) ? "EUR" : "USD");
        Order? order = null;
        var status = await StepAsync("check out", async () =>
        {
            using var answer = await front.PostAsJsonAsync("/checkout", request, cancellationToken);
            order = answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<Order>(cancellationToken) : null;
            return answer.StatusCode;
        }, cancellationToken);

        if (order is not null && Happens(0.6))
        {
            await GetAsync("view order", $"/orders/{order.Id}", cancellationToken);
        }
        else if (status is >= HttpStatusCode.InternalServerError)
        {
            logger.LogWarning("visitor {UserId} gave up after a failed checkout", _user);
        }
    }

    private Task<HttpStatusCode?> GetAsync(string step, string path, CancellationToken cancellationToken) => StepAsync(step, async () =>
    {
        using var answer = await front.GetAsync(path, cancellationToken);
        return answer.StatusCode;
    }, cancellationToken);

    /// <summary>Takes one step and then thinks for a while. The status is null when the shop could not be reached.</summary>
    private async Task<HttpStatusCode?> StepAsync(string step, Func<Task<HttpStatusCode>> take, CancellationToken cancellationToken)
    {
        HttpStatusCode? status = null;
        using (var activity = ShopActivity.Source.StartActivity(step))
        {
            activity?.SetBaggage(ShopActivity.UserId, _user).SetTag(ShopActivity.UserId, _user).SetTag("session.id", _session);
            try
            {
                status = await take();
                if (status >= HttpStatusCode.InternalServerError)
                {
                    activity?.SetStatus(ActivityStatusCode.Error, $"the shop answered {(int)status}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                activity.Fail(exception);
                logger.LogError(exception, "visitor {UserId} could not {Step}: {Reason}", _user, step, exception.Message);
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(0.5 + random.NextDouble() * 4), time, cancellationToken);
        return status;
    }

    private bool Happens(double probability) => random.NextDouble() < probability;
}
