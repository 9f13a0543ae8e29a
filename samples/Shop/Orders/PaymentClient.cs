using System.Net;

namespace Shop.Orders;

/// <summary>Asks the payments service, and asks once more when it fails: a payment is identified by its order, so twice is safe.</summary>
internal sealed class PaymentClient(HttpClient payments, TimeProvider time, ILogger<PaymentClient> logger)
{
    private const int Attempts = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    public async Task<PaymentReceipt> PayAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await PayOnceAsync(request, cancellationToken);
            }
            catch (UpstreamFailedException exception) when (attempt < Attempts)
            {
                logger.LogWarning("payment of order {OrderId} failed in attempt {Attempt}, trying again: {Reason}", request.OrderId, attempt, exception.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<PaymentReceipt> PayOnceAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await payments.PostAsJsonAsync("/payments", request, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (await answer.Content.ReadFromJsonAsync<PaymentReceipt>(cancellationToken))!,
                HttpStatusCode.PaymentRequired => throw new PaymentDeclinedException($"payment of order {request.OrderId} declined"),
                var status => throw new UpstreamFailedException($"payments answered {(int)status} for order {request.OrderId}"),
            };
        }
        catch (HttpRequestException exception)
        {
            throw new UpstreamFailedException("payments cannot be reached", exception);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamFailedException($"payments did not answer in {payments.Timeout.TotalSeconds:0} s", exception);
        }
    }
}
