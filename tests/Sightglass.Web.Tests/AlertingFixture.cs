namespace Sightglass.Web.Tests;

/// <summary>A server with objectives and agreements over the two minutes of requests of which one of four fails, people on call, and rules to look at one by one.</summary>
public sealed class AlertingFixture : IAsyncLifetime
{
    private const string Rules = """
        groups:
          - name: shop
            interval: 1s
            rules:
              - alert: BasketsTooFull
                expr: vector(7) > 5
                labels: { severity: critical, service: checkout }
                annotations: { summary: 'baskets hold {{ $value }} items', runbook_url: 'https://runbooks.example.com/baskets' }
              - alert: BasketGrows
                expr: basket_size > 30
                for: 10s
                labels: { severity: warning, service: checkout }
        """;

    private const string Configuration = """
        slos:
          - name: pay-availability
            service: checkout
            objective: 99
            window: 1h
            labels: { team: payments }
            indicator:
              ratio:
                errors: 'http_server_request_duration_seconds_count{http_response_status_code="500"}'
                total: http_server_request_duration_seconds_count
          - name: pay-half
            service: checkout
            objective: 50
            window: 6h
            indicator:
              ratio:
                errors: 'http_server_request_duration_seconds_count{http_response_status_code="500"}'
                total: http_server_request_duration_seconds_count
          - { name: quiet, service: nobody, objective: 99.9 }
        people:
          - { name: ana, contacts: [gone] }
          - { name: ben, contacts: [gone] }
          - { name: cleo, contacts: [gone] }
        oncall:
          - { name: primary, layers: [ { start: 2026-01-05, length: 1d, people: [ana, ben] } ] }
        escalation:
          policies:
            - { name: page, steps: [ { notify: [primary] }, { after: 1h, notify: [cleo] } ] }
          default: { critical: page }
        slas:
          - name: pay
            service: checkout
            display_name: Payments
            customer: Example Ltd
            period: month
            slot: 1m
            targets:
              error_rate:
                at_most: 1
                indicator:
                  ratio:
                    errors: 'http_server_request_duration_seconds_count{http_response_status_code="500"}'
                    total: http_server_request_duration_seconds_count
        """;

    public BrowserFixture Browser { get; } = new(Configuration, Rules);

    public async Task InitializeAsync()
    {
        await Browser.InitializeAsync();
        if (!File.Exists(BrowserFixture.Chromium))
        {
            return;
        }

        await UntilRecorded();
        await Browser.Until("/sightglass/v1/alerts/timeline?alertname=BasketsTooFull", static answer => answer.GetProperty("events").GetArrayLength() > 0);
    }

    // Budgets are recorded every half minute; what was recorded before there was data is put right by the next.
    private async Task UntilRecorded()
    {
        const string Gone = """slo:period_error_budget_remaining:ratio{slo="pay-availability"} < 0""";
        try
        {
            await Browser.UntilFound(Gone);
        }
        catch (TimeoutException)
        {
            await Browser.UntilFound(Gone);
        }
    }

    public Task DisposeAsync() => Browser.DisposeAsync();
}
