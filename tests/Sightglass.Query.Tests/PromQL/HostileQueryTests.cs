using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL;

public class HostileQueryTests
{
    private static readonly string[] Pieces =
    [
        "a", "b_total", "{", "}", "(", ")", "[", "]", "5m", ":", "1", "0x", "-", "+", "*", "/", "^", "%", "==", "!=", "=~", "=", "\"x\"", "'", "`", ",", "@", "offset", "by", "on", "ignoring",
        "group_left", "bool", "and", "or", "unless", "sum", "topk", "rate", "histogram_quantile", "label_replace", "start()", "#", "\n", "\\", "é", "\ud800", "\0", "1e", ".5", "inf", "nan", "</", "fill", "limitk",
    ];

    [Fact]
    public void Whatever_comes_is_parsed_or_refused()
    {
        var text = Gen.Elements(Pieces).ArrayOf().Select(p => string.Join(' ', p));
        var glued = Gen.Elements(Pieces).ArrayOf().Select(string.Concat);
        Prop.ForAll(Gen.OneOf(text, glued).ToArbitrary(), query =>
        {
            try
            {
                var printed = PromQLParser.Parse(query, PromQLOptions.AllExperimental).ToString();
                return PromQLParser.Parse(printed, PromQLOptions.AllExperimental).ToString() == printed;
            }
            catch (Exception e) when (e is QueryException or LimitExceededException)
            {
                return e is LimitExceededException || ((QueryException)e).Position >= 0;
            }
        }).Check(Config.QuickThrowOnFailure.WithReplay(2026, 11).WithMaxTest(5000));
    }

    [Fact]
    public void Whatever_parses_runs_or_fails_by_name()
    {
        var store = new InMemoryMetricStore();
        for (var i = 0; i < 30; i++)
        {
            store.Add(LabelSet.Of("__name__", "a", "job", "x"), i * 30_000, i);
            store.Add(LabelSet.Of("__name__", "a", "job", "y"), i * 30_000, double.NaN);
            store.Add(LabelSet.Of("__name__", "h", "job", "x"), i * 30_000, new NativeHistogram { Count = i, Sum = i, PositiveSpans = [new BucketSpan(0, 1)], PositiveBuckets = [i] });
        }

        var engine = new PromQLEngine(store, QueryLimits.Default, TimeProvider.System, PromQLOptions.AllExperimental);
        var leaf = Gen.Elements("a", "h", "{job=\"x\"}", "1", "NaN", "-Inf", "time()", "a offset 1m", "a @ 300");
        var range = Gen.Elements("a[5m]", "h[5m]", "{job=~\".+\"}[3m]", "a[10m:1m]", "rate(a[5m])[10m:]", "a[5m] @ end()");
        var unary = Gen.Elements("abs({0})", "-({0})", "sum({0})", "avg by (job) ({0})", "topk(1, {0})", "quantile(2, {0})", "count_values(\"v\", {0})", "histogram_quantile(0.5, {0})", "histogram_count({0})", "histogram_fraction(0, 1, {0})", "sort({0})", "label_replace({0}, \"d\", \"$1\", \"job\", \"(.*)\")", "absent({0})", "timestamp({0})", "vector(scalar({0}))", "round({0}, 0)", "clamp({0}, 2, 1)", "stddev({0})", "limit_ratio(0.5, {0})", "year({0})");
        var overTime = Gen.Elements("rate", "increase", "delta", "irate", "idelta", "deriv", "sum_over_time", "avg_over_time", "max_over_time", "stddev_over_time", "changes", "resets", "last_over_time", "absent_over_time", "mad_over_time", "ts_of_max_over_time").Zip(range).Select(p => $"{p.Item1}({p.Item2})");
        var simple = Gen.OneOf(leaf, overTime);
        var deeper = unary.Zip(simple).Select(p => string.Format(System.Globalization.CultureInfo.InvariantCulture, p.Item1, p.Item2));
        var binary = Gen.Elements("+", "-", "*", "/", "%", "^", "==", "> bool", "and", "or", "unless", "atan2", "</", ">/", "* on (job)", "+ ignoring (job) group_left", "- fill (0)");
        var query = Gen.OneOf(deeper, deeper.Zip(binary).Zip(simple).Select(p => $"({p.Item1.Item1}) {p.Item1.Item2} ({p.Item2})"));
        Prop.ForAll(query.ToArbitrary(), text =>
        {
            try
            {
                engine.Instant(text, 600_000);
                engine.Range(text, 0, 900_000, 45_000);
                return true;
            }
            catch (Exception e) when (e is QueryException or LimitExceededException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithReplay(2026, 13).WithMaxTest(2000));
    }
}
