namespace Shop.Front;

internal sealed record Product(int Id, string Name, long PriceCents);

/// <summary>What the shop sells.</summary>
internal static class Catalog
{
    public const int MaxQuantity = 20;

    private static readonly string[] Names =
    [
        "Brass sextant", "Marine barometer", "Spirit level", "Pocket compass", "Ship's bell", "Tide clock", "Signal lamp", "Star chart",
        "Hourglass", "Folding rule", "Plumb line", "Rain gauge", "Chart weights", "Parallel rulers", "Deck prism", "Storm lantern",
    ];

    // Prices spread unevenly over roughly 9 to 280, the same at every start.
    public static IReadOnlyList<Product> Products { get; } =
        [.. Names.Select((name, index) => new Product(index + 1, name, 890 + (long)index * index * 119))];

    public static Product? Find(int id) => id >= 1 && id <= Products.Count ? Products[id - 1] : null;

    /// <summary>The cart's sum in cents.</summary>
    /// <exception cref="InvalidCartException">It is empty, asks for something that is not sold, or for a strange number of it.</exception>
    public static long Total(IReadOnlyList<CartLine> lines)
    {
        if (lines.Count == 0)
        {
            throw new InvalidCartException("the cart is empty");
        }

        return lines.Sum(line => (Find(line.ProductId), line.Quantity) switch
        {
            (null, _) => throw new InvalidCartException($"product {line.ProductId} is not sold here"),
            (_, < 1 or > MaxQuantity) => throw new InvalidCartException($"quantity of product {line.ProductId} is {line.Quantity}, must be 1 to {MaxQuantity}"),
            var (product, quantity) => product.PriceCents * quantity,
        });
    }
}
