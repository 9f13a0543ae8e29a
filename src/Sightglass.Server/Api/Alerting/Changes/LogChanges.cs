using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Insight;
using Sightglass.Query.Syntax;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Finds patterns of lines and types of exceptions that the alert's services had not before.</summary>
internal sealed class LogChanges(LogQLEngine logQL, LogInsights insights)
{
    private const int MaxLines = 50_000;
    private const int MaxPatterns = 10;
    private const int Steps = 60;
    private const long NanosecondsPerMillisecond = 1_000_000;

    private static readonly string[] ErrorLevels = ["error", "critical", "fatal", "alert", "emergency"];

    public IEnumerable<AlertChange> Patterns(ChangeScope scope, CancellationToken cancellation)
    {
        foreach (var label in (string[])["service_name", "job"])
        {
            var selector = $"{{{new LabelMatcher(MatchType.Regex, label, scope.ServicePattern)}}}";
            var (start, end) = (Nano(scope.RecentFrom), Nano(scope.To));
            var found = insights.Patterns(new LogSample(selector, start, end, MaxLines), Math.Max(1, (end - start) / Steps), (Nano(scope.BaselineFrom), start), cancellation);
            if (found.Lines == 0)
            {
                continue;
            }

            foreach (var kind in found.Patterns.Where(static p => p.IsNew && p.Samples.Count > 0).GroupBy(static p => ErrorLevels.Contains(p.Level)))
            {
                foreach (var pattern in kind.Take(MaxPatterns))
                {
                    var at = DateTimeOffset.FromUnixTimeMilliseconds(pattern.Samples[0].TimeUnixNano / NanosecondsPerMillisecond);
                    yield return new AlertChange(at < scope.RecentFrom ? scope.RecentFrom : at, kind.Key ? "error" : "log_pattern", string.Join(", ", scope.Services), $"{pattern.Lines} new {(pattern.Lines == 1 ? "line" : "lines")}{(pattern.Level.Length > 0 ? $" of level {pattern.Level}" : string.Empty)}: {pattern.Pattern}")
                    {
                        Query = new ChangeQuery("logql", $"{selector} |> {QuotedText.Quote(pattern.Pattern)}"),
                    };
                }
            }

            yield break;
        }
    }

    public IEnumerable<AlertChange> Exceptions(ChangeScope scope, CancellationToken cancellation)
    {
        var selector = $"{{{new LabelMatcher(MatchType.Regex, "service_name", scope.ServicePattern)}}}";
        var (start, end) = (Nano(scope.BaselineFrom), Nano(scope.To));
        var step = Math.Max(NanosecondsPerMillisecond, (end - start) / Steps / NanosecondsPerMillisecond * NanosecondsPerMillisecond);
        var expression = $"sum by (service_name, exception_type) (count_over_time({selector} | exception_type != \"\" [{step / NanosecondsPerMillisecond}ms]))";
        foreach (var series in logQL.QueryRange(new LogQLRange(expression, start, end) { StepNano = step }, cancellation).Series)
        {
            if (series.TimesUnixNano.Count > 0 && DateTimeOffset.FromUnixTimeMilliseconds(series.TimesUnixNano[0] / NanosecondsPerMillisecond) is var at && at >= scope.RecentFrom)
            {
                var type = series.Labels["exception_type"];
                yield return new AlertChange(at, "error", series.Labels["service_name"], $"{series.Values.Sum():0} of {type}, none before") { Query = new ChangeQuery("logql", $"{selector} | exception_type = {QuotedText.Quote(type)}") };
            }
        }
    }

    private static long Nano(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * NanosecondsPerMillisecond;
}
