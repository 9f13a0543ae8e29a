using System.Text;
using System.Text.Json;
using Sightglass.Alerting.Outside;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Tests.Outside;

public sealed class AlertQueueTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void A_body_has_the_fields_of_Alertmanagers_API()
    {
        var alert = new PostedAlert
        {
            Labels = LabelSet.Of("alertname", "A", "site", "x"),
            Annotations = LabelSet.Of("summary", "s \"q\""),
            StartsAt = At,
            EndsAt = At.AddMinutes(4),
            GeneratorUrl = "http://h/graph?g0.expr=up",
        };
        Encoding.UTF8.GetString(PostableAlerts.Write([alert]).Span).ShouldBe(
            """[{"annotations":{"summary":"s \"q\""},"endsAt":"2026-01-02T03:08:05.678Z","startsAt":"2026-01-02T03:04:05.678Z","generatorURL":"http://h/graph?g0.expr=up","labels":{"alertname":"A","site":"x"}}]""");
    }

    [Fact]
    public async Task Alerts_go_out_in_order_in_batches_of_64_and_the_rest_at_the_end()
    {
        var bodies = new List<int>();
        var names = new List<string>();
        var hold = new TaskCompletionSource();
        var queue = new AlertQueue(
            async (body, cancellation) =>
            {
                await hold.Task.WaitAsync(cancellation);
                var alerts = JsonDocument.Parse(body).RootElement;
                bodies.Add(alerts.GetArrayLength());
                names.AddRange(alerts.EnumerateArray().Select(a => a.GetProperty("labels").GetProperty("n").GetString()!));
            },
            TimeProvider.System,
            _ => { });
        queue.Add(Alerts(0, 150));
        hold.SetResult();
        await queue.DisposeAsync();
        bodies.Max().ShouldBeLessThanOrEqualTo(64);
        names.ShouldBe(Enumerable.Range(0, 150).Select(i => $"{i}"));
        queue.Figures.ShouldBe(queue.Figures with { Sent = 150, Errors = 0, Dropped = 0, Queued = 0, LastError = null });
    }

    [Fact]
    public async Task The_oldest_are_dropped_when_the_queue_is_full()
    {
        var started = new TaskCompletionSource();
        var hold = new TaskCompletionSource();
        var first = new List<string>();
        var reports = new List<string>();
        var queue = new AlertQueue(
            async (body, cancellation) =>
            {
                started.TrySetResult();
                await hold.Task.WaitAsync(cancellation);
                first.Add(JsonDocument.Parse(body).RootElement[0].GetProperty("labels").GetProperty("n").GetString()!);
            },
            TimeProvider.System,
            reports.Add);
        queue.Add(Alerts(0, 1));
        await started.Task;
        queue.Add(Alerts(1, AlertQueue.Capacity + 5));
        queue.Figures.ShouldBe(queue.Figures with { Queued = AlertQueue.Capacity, Dropped = 5 });
        hold.SetResult();
        await queue.DisposeAsync();
        first.Take(2).ShouldBe(["0", "6"]);
        reports.ShouldHaveSingleItem().ShouldContain("queue is full");
    }

    [Fact]
    public async Task What_is_not_taken_is_counted_and_told_once_and_the_next_goes_on()
    {
        var answers = new Queue<string?>(["bad response status 500", "bad response status 500", null]);
        var reports = new List<string>();
        var queue = new AlertQueue((_, _) => answers.Dequeue() is { } error ? throw new AlertPostFailedException(error) : Task.CompletedTask, TimeProvider.System, reports.Add);
        for (var i = 1; i <= 3; i++)
        {
            queue.Add(Alerts(i, 1));
            await Wait.Until(() => queue.Figures.Sent == i);
        }

        queue.Figures.ShouldBe(queue.Figures with { Sent = 3, Errors = 2, Dropped = 2, LastError = null });
        reports.ShouldBe(["error sending 1 alerts: bad response status 500"]);
        await queue.DisposeAsync();
    }

    private static PostedAlert[] Alerts(int from, int count) => [.. Enumerable.Range(from, count).Select(i => new PostedAlert { Labels = LabelSet.Of("n", $"{i}") })];
}
