using System.Diagnostics;
using Shop.Telemetry;

namespace Shop.Payments;

/// <summary>The bank at the other end, played: mostly quick, sometimes slow, sometimes failing, and bad during incidents.</summary>
internal sealed class Gateway(IncidentCalendar calendar, ShopMetrics metrics, Random random, TimeProvider time, ILogger<Gateway> logger)
{
    private const double DeclinedShare = 0.03;
    private static readonly TimeSpan SlowPayment = TimeSpan.FromSeconds(1);
    private static readonly Weather Fair = new(MedianMs: 60, Spread: 0.5, SlowShare: 0.02, FailingShare: 0.015);
    private static readonly Weather Foul = new(MedianMs: 650, Spread: 0.6, SlowShare: 0.10, FailingShare: 0.55);

    private bool _wasIncident;

    /// <exception cref="PaymentDeclinedException">The bank says no.</exception>
    /// <exception cref="GatewayTimeoutException">The bank does not answer.</exception>
    /// <exception cref="GatewayUnavailableException">The bank answers that it cannot.</exception>
    public async Task<string> ChargeAsync(PaymentRequest payment, CancellationToken cancellationToken)
    {
        var weather = Look();
        var started = time.GetTimestamp();
        using var activity = ShopActivity.Source.StartActivity("gateway charge", ActivityKind.Client);
        activity?.SetTag("server.address", "gateway.bank.example").SetTag("peer.service", "bank-gateway");
        activity?.SetTag("payment.method", payment.PaymentMethod).SetTag("payment.amount_cents", payment.AmountCents).SetTag("payment.currency", payment.Currency);
        activity?.SetTag("order.id", payment.OrderId);
        try
        {
            await Task.Delay(Latency(weather), time, cancellationToken);
            ThrowSometimes(weather, payment);
            return Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        }
        catch (ShopException exception)
        {
            activity.Fail(exception);
            throw;
        }
        finally
        {
            var duration = time.GetElapsedTime(started);
            metrics.PaymentProcessed(payment.PaymentMethod, duration);
            if (duration > SlowPayment)
            {
                logger.LogWarning("payment of order {OrderId} by {PaymentMethod} took {DurationMs:0} ms", payment.OrderId, payment.PaymentMethod, duration.TotalMilliseconds);
            }
        }
    }

    private Weather Look()
    {
        var incident = calendar.IsIncident;
        if (incident != Interlocked.Exchange(ref _wasIncident, incident))
        {
            if (incident)
            {
                logger.LogCritical("gateway {Gateway} is degraded: health check failed {Failures} times in a row", "gateway.bank.example", 3);
            }
            else
            {
                logger.LogInformation("gateway {Gateway} is healthy again", "gateway.bank.example");
            }
        }

        return incident ? Foul : Fair;
    }

    private TimeSpan Latency(Weather weather)
    {
        // Log-normal by Box-Muller; the slow share adds a Pareto tail, cut where the callers give up anyway.
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var milliseconds = weather.MedianMs * Math.Exp(weather.Spread * normal);
        if (random.NextDouble() < weather.SlowShare)
        {
            milliseconds += 700 * Math.Pow(1 - random.NextDouble(), -1 / 1.4);
        }

        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, 6_000));
    }

    private void ThrowSometimes(Weather weather, PaymentRequest payment)
    {
        if (random.NextDouble() < weather.FailingShare)
        {
            throw random.Next(3) == 0
                ? new GatewayTimeoutException($"no answer from gateway.bank.example for order {payment.OrderId}")
                : new GatewayUnavailableException("gateway.bank.example answered 503: too many connections");
        }

        if (random.NextDouble() < DeclinedShare)
        {
            throw new PaymentDeclinedException($"payment of order {payment.OrderId} declined: insufficient funds");
        }
    }

    /// <param name="MedianMs">Median latency.</param>
    /// <param name="Spread">Standard deviation of the latency's logarithm.</param>
    /// <param name="SlowShare">Share of payments with the long tail.</param>
    /// <param name="FailingShare">Share of payments that fail.</param>
    private sealed record Weather(double MedianMs, double Spread, double SlowShare, double FailingShare);
}
