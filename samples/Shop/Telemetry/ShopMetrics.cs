using System.Diagnostics.Metrics;

namespace Shop.Telemetry;

/// <summary>
/// The shop's own metrics. A Prometheus-like store adds the unit and, for counters, <c>_total</c> to each name:
/// <c>http_requests</c> is asked for as <c>http_requests_total</c>.
/// </summary>
internal sealed class ShopMetrics
{
    public const string MeterName = "Shop";

    // The default buckets of Prometheus' client libraries, in seconds.
    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private readonly string _service;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestDuration;
    private readonly UpDownCounter<long> _requestsInFlight;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _orders;
    private readonly Counter<double> _revenue;
    private readonly Histogram<double> _paymentDuration;
    private readonly UpDownCounter<long> _activeUsers;

    public ShopMetrics(IMeterFactory meters, ShopOptions options, TimeProvider time)
    {
        _service = options.ServiceName;
        var meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>("http_requests", description: "Requests answered.");
        _requestDuration = meter.CreateHistogram("http_request_duration", "s", "Time from request to answer.", null, DurationBuckets);
        _requestsInFlight = meter.CreateUpDownCounter<long>("http_requests_in_flight", description: "Requests being answered now.");
        _errors = meter.CreateCounter<long>("errors", description: "Requests answered with a 4xx (client_error) or 5xx (server_error).");
        _orders = meter.CreateCounter<long>("orders", description: "Orders taken, by what became of them.");
        _revenue = meter.CreateCounter<double>("revenue", description: "Money paid, in units of the currency.");
        // No unit, though it is in seconds: with one, its name would end in _seconds.
        _paymentDuration = meter.CreateHistogram("payment_processing_duration", null, "Time the payment gateway took, in seconds.", null, DurationBuckets);
        _activeUsers = meter.CreateUpDownCounter<long>("active_users", description: "Visitors in the shop now.");
        if (options.Role == "front")
        {
            // The host is the same for all four services: one of them reports it.
            new HostGauges(time).Register(meter);
        }
    }

    public void RequestStarted() => _requestsInFlight.Add(1);

    public void RequestEnded(string method, string endpoint, int statusCode, TimeSpan duration)
    {
        _requestsInFlight.Add(-1);
        _requests.Add(1, new("method", method), new("endpoint", endpoint), new("status_code", statusCode));
        _requestDuration.Record(duration.TotalSeconds, new("method", method), new("endpoint", endpoint));
        if (statusCode >= 400)
        {
            _errors.Add(1, new("service", _service), new("error_type", statusCode < 500 ? "client_error" : "server_error"));
        }
    }

    public void OrderEnded(string status, OrderRequest order)
    {
        _orders.Add(1, new("status", status), new("payment_method", order.PaymentMethod));
        if (status == "paid")
        {
            _revenue.Add(order.AmountCents / 100.0, new("currency", order.Currency), new("payment_method", order.PaymentMethod));
        }
    }

    public void PaymentProcessed(string paymentMethod, TimeSpan duration) =>
        _paymentDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("payment_method", paymentMethod));

    public void VisitorCame() => _activeUsers.Add(1);

    public void VisitorLeft() => _activeUsers.Add(-1);
}
