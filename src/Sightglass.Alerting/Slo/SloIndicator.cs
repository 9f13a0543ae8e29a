using System.Globalization;
using Sightglass.Alerting.Rules;
using Sightglass.Query.PromQL;

namespace Sightglass.Alerting.Slo;

/// <summary>What an objective measures: the share of errors over any window of time. No value where nothing happened.</summary>
public abstract record SloIndicator
{
    /// <summary>The language of its queries.</summary>
    public virtual RuleLanguage Language => RuleLanguage.PromQL;

    /// <summary>The shortest window that it has a value over.</summary>
    public virtual TimeSpan MinWindow => TimeSpan.Zero;

    /// <summary>The share of errors in a window, 0 to 1, as one series without labels.</summary>
    public abstract string ErrorRatio(TimeSpan window);

    /// <summary>The share of errors since the period that now lies in began.</summary>
    public abstract string PeriodErrorRatio(SloWindow window);

    /// <summary>Text in the query language's own form, on one line.</summary>
    protected static string Canonical(string expression) => PromQLParser.Parse(expression).ToString();

    /// <summary>Sums or means of an expression's points in the current period of a calendar.</summary>
    protected static string InPeriod(string function, string expression, SloWindow window, TimeSpan step) =>
        $"sum({function}((count_values(\"period\", {window.PeriodExpression}) * on() group_left() ({expression}))[{window.Range}:{PromDuration.Format(step)}])"
        + $" and on(period) count_values(\"period\", {window.PeriodExpression}))";

    internal static string Number(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);
}

/// <summary>Events, some of which are bad.</summary>
/// <param name="Bad">Counts the bad ones; null where the good ones are counted.</param>
/// <param name="Good">Counts the good ones; null where the bad ones are counted.</param>
/// <param name="Total">Counts all of them.</param>
/// <param name="GoodIsAlwaysThere">Where there are events there is a series of good ones, at 0 if need be: without one nothing is known (a bucket of a histogram that does not exist).</param>
public sealed record EventIndicator(SloQuery? Bad, SloQuery? Good, SloQuery Total, bool GoodIsAlwaysThere = false) : SloIndicator
{
    /// <inheritdoc/>
    public override RuleLanguage Language => Total.Language;

    /// <summary>All events per second, as one series.</summary>
    public string TotalRate(TimeSpan window) => Language == RuleLanguage.TraceQL
        ? Total.Over(string.Empty) + Hint(window)
        : $"sum({Total.Over(PromDuration.Format(window))})";

    /// <summary>Bad events per second, as one series: 0 where there are events and none is bad.</summary>
    public string ErrorRate(TimeSpan window)
    {
        if (Language == RuleLanguage.TraceQL)
        {
            // Spans that are not there are counted as 0.
            return (Bad is not null ? Bad.Over(string.Empty) : $"{Total.Over(string.Empty)} - {Good!.Over(string.Empty)}") + Hint(window);
        }

        var total = TotalRate(window);
        var counted = $"sum({(Bad ?? Good!).Over(PromDuration.Format(window))})";
        if (!GoodIsAlwaysThere)
        {
            counted = $"({counted} or 0 * {total})";
        }

        return Bad is not null ? counted
            : Language == RuleLanguage.LogQL ? $"({total} - {counted})"
            : $"clamp_min({total} - {counted}, 0)";
    }

    /// <inheritdoc/>
    public override string ErrorRatio(TimeSpan window)
    {
        if (Language == RuleLanguage.TraceQL)
        {
            var errors = Bad is not null ? Bad.Over(string.Empty) : $"({Total.Over(string.Empty)} - {Good!.Over(string.Empty)})";
            return $"{errors} / {Total.Over(string.Empty)}{Hint(window)}";
        }

        var expression = $"{ErrorRate(window)} / ({TotalRate(window)} > 0)";
        return Language == RuleLanguage.LogQL ? expression : Canonical(expression);
    }

    private static string Hint(TimeSpan window) => $" with(window={PromDuration.Format(window)})";

    /// <inheritdoc/>
    public override string PeriodErrorRatio(SloWindow window) => window.IsCalendar
        ? Canonical($"{InPeriod("sum_over_time", ErrorRate(window.Step), window, window.Step)} / ({InPeriod("sum_over_time", TotalRate(window.Step), window, window.Step)} > 0)")
        : ErrorRatio(window.Length);
}

/// <summary>A value that rules record first, because it is not PromQL that says it.</summary>
/// <param name="Name">Name of the series.</param>
/// <param name="Expression">What is recorded.</param>
/// <param name="Language">Its language.</param>
public sealed record SloRecording(string Name, string Expression, RuleLanguage Language)
{
    // What stands in place of the objective's name and service until they are known.
    private const string Marked = "{service=\"%service%\",slo=\"%slo%\"}";

    /// <summary>Selects what is recorded, of an objective that is not known yet.</summary>
    public string Selector => Name + Marked;

    /// <summary>An expression of such selectors, of an objective that is known.</summary>
    public static string Of(string expression, string service, string slo) => expression
        .Replace("\"%service%\"", Templates.GoFormat.Quote(service), StringComparison.Ordinal)
        .Replace("\"%slo%\"", Templates.GoFormat.Quote(slo), StringComparison.Ordinal);
}

/// <summary>A share of errors that is known at each moment; over time it is the mean of the moments that have one.</summary>
/// <param name="ErrorAt">The share, 0 to 1, as one series.</param>
/// <param name="Slice">The time between two moments; null where any will do.</param>
public sealed record SampledIndicator(string ErrorAt, TimeSpan? Slice) : SloIndicator
{
    /// <summary>What rules record for it first; empty where metrics have all.</summary>
    public IReadOnlyList<SloRecording> Recordings { get; init; } = [];

    /// <inheritdoc/>
    public override RuleLanguage Language => Recordings is [{ } first, ..] ? first.Language : RuleLanguage.PromQL;

    /// <inheritdoc/>
    public override TimeSpan MinWindow => Slice ?? TimeSpan.Zero;

    /// <summary>A ratio that somebody else made; what is no number counts as no data.</summary>
    public static SampledIndicator OfRatio(string query, bool isSuccess, RuleLanguage language = RuleLanguage.PromQL)
    {
        var (metric, recordings) = Recorded(query, language);
        var ratio = $"clamp(avg(({metric}) >= -Inf), 0, 1)";
        return new SampledIndicator(Canonical(isSuccess ? $"1 - {ratio}" : ratio), null) { Recordings = recordings };
    }

    /// <summary>A value that is good while it compares so with a threshold; of several series, the share of those that are not.</summary>
    public static SampledIndicator OfThreshold(string query, string goodOperator, decimal value, RuleLanguage language = RuleLanguage.PromQL)
    {
        var (metric, recordings) = Recorded(query, language);
        var bad = goodOperator switch { "<" => ">=", "<=" => ">", ">" => "<=", _ => "<" };
        return new SampledIndicator(Canonical($"avg((({metric}) >= -Inf) {bad} bool {Number(value)})"), null) { Recordings = recordings };
    }

    /// <summary>Slices of time: one is bad when less than <paramref name="target"/> of what is in it is good, or as bad as its share of errors when there is no target.</summary>
    public static SampledIndicator OfSlices(SloIndicator inner, TimeSpan slice, decimal? target)
    {
        var recordings = inner is SampledIndicator sampled ? sampled.Recordings : [];
        var ratio = string.Empty;
        if (inner is EventIndicator { Language: not RuleLanguage.PromQL } events)
        {
            var window = PromDuration.Format(slice);
            var (errors, total) = (
                new SloRecording($"slo:errors:rate{window}", events.ErrorRate(slice), events.Language), new SloRecording($"slo:total:rate{window}", events.TotalRate(slice), events.Language));
            recordings = [errors, total];
            ratio = $"sum({errors.Selector}) / (sum({total.Selector}) > 0)";
        }
        else
        {
            ratio = inner.ErrorRatio(slice);
        }

        return new SampledIndicator(target is { } least ? Canonical($"({ratio}) > bool {Number(1 - least)}") : Canonical(ratio), slice) { Recordings = recordings };
    }

    private static (string Metric, IReadOnlyList<SloRecording> Recordings) Recorded(string query, RuleLanguage language)
    {
        var recording = new SloRecording("slo:sli:value", query, language);
        return language == RuleLanguage.PromQL ? (query, []) : (recording.Selector, [recording]);
    }

    /// <inheritdoc/>
    public override string ErrorRatio(TimeSpan window) => Canonical($"avg_over_time(({ErrorAt})[{PromDuration.Format(window)}:{StepOf(window)}])");

    /// <inheritdoc/>
    public override string PeriodErrorRatio(SloWindow window) => window.IsCalendar
        ? Canonical(InPeriod("avg_over_time", ErrorAt, window, Slice ?? window.Step))
        : ErrorRatio(window.Length);

    // Some thousand moments at most, and where the window is short not less than four.
    private string StepOf(TimeSpan window) => Slice is { } slice ? PromDuration.Format(slice)
        : window > TimeSpan.FromDays(7) ? "5m"
        : window >= TimeSpan.FromMinutes(10) ? "1m" : "15s";
}
