namespace Shop;

// What the shop's processes say to one another, as JSON. Money is in cents.

internal sealed record CartLine(int ProductId, int Quantity);

internal sealed record CheckoutRequest(IReadOnlyList<CartLine> Lines, string PaymentMethod, string Currency);

internal sealed record OrderRequest(IReadOnlyList<CartLine> Lines, long AmountCents, string PaymentMethod, string Currency);

internal sealed record PaymentRequest(long OrderId, long AmountCents, string PaymentMethod, string Currency);

internal sealed record PaymentReceipt(string Reference);

internal sealed record Order(long Id, string Status, long AmountCents, string Currency, string PaymentMethod, string CreatedAt);
