using System.CommandLine;
using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass backtest RULEFILE --from --to</c>: when the alerts of a rule file would have fired over the history of a running server.</summary>
internal static class BacktestCommand
{
    private const int MaxShown = 20;

    public static Command Build()
    {
        var file = new Argument<FileInfo>("RULEFILE") { Description = "A rule file." };
        var from = new Option<string>("--from") { Description = "Start: RFC 3339, seconds since 1970, or a duration before now such as -7d.", Required = true };
        var to = new Option<string?>("--to") { Description = "End; as --from, now unless given." };
        var interval = new Option<string?>("--interval") { Description = "Evaluation interval of groups without one; 1m unless given." };
        var server = QueryCommand.Server();
        var command = new Command("backtest", "Say when the alerts of a rule file would have fired over stored history.") { file, from, to, interval, server };
        command.SetAction((result, cancellation) => CommandTree.Guarded(async () =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var start = QueryTime.Parse("--from", result.GetValue(from)!, now);
            var end = result.GetValue(to) is { } text ? QueryTime.Parse("--to", text, now) : now;
            if (start >= end)
            {
                throw new FormatException("--from is not before --to");
            }

            var step = TimeSpan.FromSeconds(result.GetValue(interval) is { } every ? QueryTime.Step(every) : 60);
            var path = result.GetValue(file)!.ToString();
            var rules = new RuleFileLoader().Load(path, await File.ReadAllTextAsync(path, cancellation));
            using var history = new RuleHistory(result.GetValue(server)!);
            await RunAsync(rules, history, start, end, step, Console.Out, cancellation);
            return 0;
        }));
        return command;
    }

    internal static async Task RunAsync(RuleFile file, IBacktestHistory history, DateTimeOffset from, DateTimeOffset to, TimeSpan otherwise, TextWriter output, CancellationToken cancellation)
    {
        var request = new BacktestRequest { Groups = file.Groups, From = from, To = to, DefaultInterval = otherwise };
        foreach (var replayed in await new RuleBacktest(history).RunAsync(request, cancellation))
        {
            var rule = replayed.Rule;
            var name = $"{replayed.Group}/{rule.Name}";
            if ((replayed.Skipped ?? replayed.Error) is { } reason)
            {
                output.WriteLine($"{name}: {reason}");
                continue;
            }

            output.WriteLine($"{name}: every {PromDuration.Format(replayed.Interval)}, for {PromDuration.Format(rule.For)}: {Words(replayed.Summary)}");
            Show(replayed.Episodes, output);
            foreach (var other in replayed.Alternatives)
            {
                var what = other.Threshold is { } threshold ? $"threshold {threshold.ToString(CultureInfo.InvariantCulture)}" : $"for {PromDuration.Format(other.For)}";
                output.WriteLine($"  with {what}: {Words(other.Summary)}");
            }
        }
    }

    private static string Words(BacktestSummary summary) => summary.Fired == 0
        ? "never fired"
        : $"fired {Times(summary.Fired)}, {PromDuration.Format(summary.Total)} in all, longest {PromDuration.Format(summary.Longest)}, flapped {Times(summary.Flaps)}";

    private static string Times(int count) => $"{count} {(count == 1 ? "time" : "times")}";

    private static void Show(IReadOnlyList<ReplayedAlert> alerts, TextWriter output)
    {
        foreach (var alert in alerts.Take(MaxShown))
        {
            var end = alert.IsOver ? Time(alert.To) : "the end".PadRight(20);
            output.WriteLine($"  {Time(alert.From)} to {end}  {PromDuration.Format(alert.To - alert.From),8}  {alert.Labels}");
        }

        if (alerts.Count > MaxShown)
        {
            output.WriteLine($"  and {alerts.Count - MaxShown} more");
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture);
}
