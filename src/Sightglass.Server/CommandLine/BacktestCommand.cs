using System.CommandLine;
using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Query.PromQL;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass backtest RULEFILE --from --to</c>: when the alerts of a rule file would have fired over the history of a running server.</summary>
internal static class BacktestCommand
{
    private const int MaxShown = 20;

    private static readonly double[] OtherThresholds = [0.9, 1.1];

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

    internal static async Task RunAsync(RuleFile file, RuleHistory history, DateTimeOffset from, DateTimeOffset to, TimeSpan otherwise, TextWriter output, CancellationToken cancellation)
    {
        foreach (var group in file.Groups)
        {
            var interval = group.Interval ?? otherwise;
            // Whole steps, so that the same range gives the same answer.
            var start = new DateTimeOffset(from.UtcTicks - (from.UtcTicks % interval.Ticks), TimeSpan.Zero);
            foreach (var rule in group.Rules)
            {
                if (rule.Alert is null)
                {
                    output.WriteLine($"{group.Name}/{rule.Name}: a recording rule; alerts read the series that are stored");
                }
                else if (rule.Language != RuleLanguage.PromQL)
                {
                    output.WriteLine($"{group.Name}/{rule.Name}: not replayed, only PromQL rules are");
                }
                else
                {
                    var holds = await history.HoldsAsync(rule.Expression, start, to, interval, cancellation);
                    var alerts = AlertReplay.Run(holds, start, to, interval, rule.For, rule.KeepFiringFor);
                    output.WriteLine($"{group.Name}/{rule.Name}: every {PromDuration.Format(interval)}, for {PromDuration.Format(rule.For)}: {Summary(alerts)}");
                    Show(alerts, output);
                    foreach (var other in OtherWaits(rule.For))
                    {
                        output.WriteLine($"  with for {PromDuration.Format(other)}: {Summary(AlertReplay.Run(holds, start, to, interval, other, rule.KeepFiringFor))}");
                    }

                    foreach (var (threshold, expression) in OtherExpressions(rule.Expression))
                    {
                        var others = await history.HoldsAsync(expression, start, to, interval, cancellation);
                        output.WriteLine($"  with threshold {threshold}: {Summary(AlertReplay.Run(others, start, to, interval, rule.For, rule.KeepFiringFor))}");
                    }
                }
            }
        }
    }

    /// <summary>The expression with other numbers in place of its threshold, where that is a plain number.</summary>
    internal static IEnumerable<(string Threshold, string Expression)> OtherExpressions(string expression)
    {
        if (RuleThreshold.Find(PromQLParser.Parse(expression)) is not NumberLiteral { IsDuration: false } number || number.Value == 0 || !double.IsFinite(number.Value))
        {
            yield break;
        }

        foreach (var factor in OtherThresholds)
        {
            var text = Math.Round(number.Value * factor, 12).ToString(CultureInfo.InvariantCulture);
            yield return (text, expression[..number.Span.Start] + text + expression[number.Span.End..]);
        }
    }

    private static IEnumerable<TimeSpan> OtherWaits(TimeSpan hold) => hold > TimeSpan.Zero ? [TimeSpan.Zero, hold / 2, hold * 2] : [TimeSpan.FromMinutes(5)];

    private static string Summary(IReadOnlyList<ReplayedAlert> alerts)
    {
        if (alerts.Count == 0)
        {
            return "never fired";
        }

        var total = alerts.Aggregate(TimeSpan.Zero, static (sum, a) => sum + (a.To - a.From));
        var flaps = AlertReplay.Flaps(alerts);
        return $"fired {alerts.Count} {(alerts.Count == 1 ? "time" : "times")}, {PromDuration.Format(total)} in all, longest {PromDuration.Format(alerts.Max(static a => a.To - a.From))}, flapped {flaps} {(flaps == 1 ? "time" : "times")}";
    }

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
