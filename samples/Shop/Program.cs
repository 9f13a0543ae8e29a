using Shop;
using Shop.Front;
using Shop.Orders;
using Shop.Payments;
using Shop.Processes;
using Shop.Visitors;

if (!ShopOptions.TryParse(args, out var options, out var error))
{
    await Console.Error.WriteLineAsync($"shop: {error}\n\n{ShopOptions.Usage}");
    return 2;
}

switch (options.Role)
{
    case "front":
        await ServiceHost.RunWebAsync(options, Storefront.Register, Storefront.Map);
        return 0;
    case "orders":
        await ServiceHost.RunWebAsync(options, OrderEndpoints.Register, OrderEndpoints.Map);
        return 0;
    case "payments":
        await ServiceHost.RunWebAsync(options, PaymentEndpoints.Register, PaymentEndpoints.Map);
        return 0;
    case "visitors":
        await ServiceHost.RunWorkerAsync(options, VisitorTraffic.Register);
        return 0;
    default:
        await new Supervisor(options, TimeProvider.System).RunAsync();
        return 0;
}
