using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Slo;

/// <summary>Makes the recording rules and alerts of an objective.</summary>
public sealed class SloRules
{
    /// <summary>The share of errors since the window began; 0 when there was no traffic.</summary>
    public const string PeriodError = "slo:period_error:ratio";

    private static readonly TimeSpan PageInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SlowInterval = TimeSpan.FromMinutes(2);

    private readonly SloDefinition _slo;
    private readonly SloIndicator _indicator;
    private readonly HashSet<TimeSpan> _recorded = [];
    private readonly RuleText _text = new();

    private SloRules(SloDefinition slo)
    {
        _slo = slo;
        Selector = SelectorOf(slo);
        Pairs = PairsOf(slo);
        _indicator = slo.Indicator switch
        {
            EventIndicator { Language: not RuleLanguage.PromQL } => OverRecorded(),
            SampledIndicator sampled => sampled with { ErrorAt = SloRecording.Of(sampled.ErrorAt, slo.Service, slo.Name), Recordings = [] },
            var indicator => indicator,
        };
    }

    private string Selector { get; }

    private IReadOnlyList<BurnPair> Pairs { get; }

    /// <summary>The pairs of windows that alerts look at.</summary>
    public static IReadOnlyList<BurnPair> PairsOf(SloDefinition slo) => BurnPair.Of(slo.Window.Length, slo.Indicator.MinWindow > slo.ShortestWindow ? slo.Indicator.MinWindow : slo.ShortestWindow);

    /// <summary>Selects the series of an objective: <c>{service="…",slo="…"}</c>.</summary>
    public static string SelectorOf(SloDefinition slo) => $"{{service={GoFormat.Quote(slo.Service)},slo={GoFormat.Quote(slo.Name)}}}";

    /// <summary>Name of the series with the share of errors over a window.</summary>
    public static string RatioName(TimeSpan window) => $"slo:sli_error:ratio_rate{PromDuration.Format(window)}";

    /// <summary>The rule file of one objective, as text in Prometheus' format.</summary>
    public static string Text(SloDefinition slo)
    {
        var rules = new SloRules(slo);
        rules.Page();
        rules.Ticket();
        rules.Budget();
        return rules._text.ToString();
    }

    /// <summary>The indicator of an objective as metrics have it: over what is recorded where it is of logs or spans.</summary>
    public static SloIndicator OverMetrics(SloDefinition slo) => new SloRules(slo)._indicator;

    /// <summary>The rules of an objective, loaded.</summary>
    /// <exception cref="AlertingConfigurationException">What a user gave makes no rules.</exception>
    public static RuleFile File(SloDefinition slo)
    {
        try
        {
            return new RuleFileLoader().Load($"{slo.File} (slo {slo.Name})", Text(slo));
        }
        catch (AlertingConfigurationException e)
        {
            throw new AlertingConfigurationException(slo.File, slo.Line, $"slo \"{slo.Name}\": {e.Detail}");
        }
    }

    // Logs and spans are read once, over the shortest window; the longer ones add up what was counted then.
    private EventIndicator OverRecorded()
    {
        var window = PromDuration.Format(Pairs[0].Short);
        SloQuery Recorded(string what) => SloQuery.Parse($"slo:{what}:rate{window}{Selector}", RuleLanguage.PromQL, counters: false);
        return new EventIndicator(Recorded("errors"), null, Recorded("total"));
    }

    private void Page()
    {
        var interval = Pairs[0].Short <= TimeSpan.FromMinutes(2) ? TimeSpan.FromSeconds(15) : PageInterval;
        _text.Group($"slo-{_slo.Name}-page", interval);
        if (_slo.Indicator is EventIndicator { Language: not RuleLanguage.PromQL } events)
        {
            var window = PromDuration.Format(Pairs[0].Short);
            _text.Record($"slo:errors:rate{window}", events.ErrorRate(Pairs[0].Short), Labels(), events.Language);
            _text.Record($"slo:total:rate{window}", events.TotalRate(Pairs[0].Short), Labels(), events.Language);
        }

        foreach (var recording in _slo.Indicator is SampledIndicator sampled ? sampled.Recordings : [])
        {
            _text.Record(recording.Name, recording.Expression, Labels(), recording.Language);
        }

        var pairs = Pairs.Where(static p => p.Pages).ToArray();
        Ratios(pairs.SelectMany(static p => new[] { p.Short, p.Long }));
        _text.Record(
            "slo:current_burn_rate:ratio",
            $"sum({RatioName(Pairs[0].Short)}{Selector}) / {SloIndicator.Number(_slo.Budget)} or vector(0)", Labels());
        if (_slo.Alerting.Conditions.Count == 0)
        {
            Alerts(pairs, _slo.Alerting.Page);
            return;
        }

        Ratios(_slo.Alerting.Conditions.Select(static c => c.Lookback));
        foreach (var condition in _slo.Alerting.Conditions)
        {
            Alert(condition);
        }
    }

    private void Ticket()
    {
        var pairs = Pairs.Where(static p => !p.Pages).ToArray();
        _text.Group($"slo-{_slo.Name}-ticket", _slo.Window.Length < TimeSpan.FromDays(7) ? PageInterval : SlowInterval);
        Ratios(pairs.SelectMany(static p => new[] { p.Short, p.Long }));
        if (_slo.Alerting.Conditions.Count == 0)
        {
            Alerts(pairs, _slo.Alerting.Ticket);
        }
    }

    private void Budget()
    {
        var budget = SloIndicator.Number(_slo.Budget);
        _text.Group($"slo-{_slo.Name}-budget", _slo.Window.Length < TimeSpan.FromDays(7) ? PageInterval : SlowInterval);
        _text.Record("slo:objective:ratio", $"vector({SloIndicator.Number(_slo.Target)})", Labels());
        _text.Record("slo:error_budget:ratio", $"vector({budget})", Labels());
        _text.Record(PeriodError, $"{_indicator.PeriodErrorRatio(_slo.Window)} or vector(0)", Labels());
        _text.Record("slo:period_burn_rate:ratio", $"{PeriodError}{Selector} / {budget}", Labels());
        _text.Record("slo:period_error_budget_remaining:ratio", $"1 - {PeriodError}{Selector} / {budget}", Labels());
        _text.Record("slo_error_budget_remaining", $"clamp(1 - {PeriodError}{Selector} / {budget}, 0, 1)", Labels());
    }

    private void Ratios(IEnumerable<TimeSpan> windows)
    {
        foreach (var window in windows.Order())
        {
            if (_recorded.Add(window))
            {
                _text.Record(RatioName(window), _indicator.ErrorRatio(window), Labels());
            }
        }
    }

    private void Alerts(IEnumerable<BurnPair> pairs, Core.Model.LabelSet? severity)
    {
        if (severity is null)
        {
            return;
        }

        foreach (var pair in pairs)
        {
            // Where all may be bad and the budget still does not burn that fast, the pair cannot fire.
            var limit = pair.Factor * _slo.Budget;
            if (limit >= 1)
            {
                continue;
            }

            var (factor, most) = (SloIndicator.Number(pair.Factor), SloIndicator.Number(limit));
            var (longer, shorter) = (PromDuration.Format(pair.Long), PromDuration.Format(pair.Short));
            _text.Alert(
                _slo.Alerting.AlertName,
                $"{RatioName(pair.Short)}{Selector} > {most} and {RatioName(pair.Long)}{Selector} > {most}",
                pair.For,
                [.. Labels(), .. Texts(_slo.Alerting.Labels), .. Texts(severity), new("long", longer), new("short", shorter), new("factor", factor)],
                Annotations($"over {factor} times what the objective allows, in the last {shorter} and {longer}"));
        }
    }

    private void Alert(SloCondition condition)
    {
        var ratio = RatioName(condition.Lookback) + Selector;
        var labels = new List<KeyValuePair<string, string>>([.. Labels(), .. Texts(_slo.Alerting.Labels), new("severity", condition.Severity), new("policy", condition.Policy)]);
        if (condition.Targets.Count > 0)
        {
            labels.Add(new("notification_target", string.Join(',', condition.Targets)));
        }

        var lookback = PromDuration.Format(condition.Lookback);
        if (condition.WhenBreaching)
        {
            _text.Alert(
                _slo.Alerting.AlertName, $"{ratio} {condition.Operator} {SloIndicator.Number(condition.Threshold * _slo.Budget)}", condition.After, labels,
                Annotations($"{condition.Operator} {SloIndicator.Number(condition.Threshold)} times what the objective allows, in the last {lookback}"));
        }

        if (condition.WhenNoData)
        {
            _text.Alert(
                "SloNoData", $"absent({ratio})", condition.After, labels,
                [new("summary", $"Nothing is known of {RuleText.Literal(_slo.Name)} of {RuleText.Literal(_slo.Service)} in the last {lookback}")]);
        }
    }

    private List<KeyValuePair<string, string>> Annotations(string what)
    {
        var own = Texts(_slo.Alerting.Annotations).ToList();
        foreach (var (name, text) in new[]
        {
            ("summary", $"{RuleText.Literal(_slo.Service)}: the error budget of {RuleText.Literal(_slo.Name)} burns too fast"),
            ("description", $"{{{{ $value | humanizePercentage }}}} are bad, {what} of {SloIndicator.Number(_slo.Target * 100)}% over {_slo.Window.Name}."),
        })
        {
            if (!own.Exists(a => a.Key == name))
            {
                own.Add(new(name, text));
            }
        }

        return own;
    }

    private IEnumerable<KeyValuePair<string, string>> Labels() => [.. Texts(_slo.Labels), new("service", _slo.Service), new("slo", _slo.Name)];

    private static IEnumerable<KeyValuePair<string, string>> Texts(Core.Model.LabelSet labels) => labels.Select(static l => KeyValuePair.Create(l.Name, l.Value));
}
