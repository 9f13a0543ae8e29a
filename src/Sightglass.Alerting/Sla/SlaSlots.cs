using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Slo;

namespace Sightglass.Alerting.Sla;

/// <summary>The slots of one target: what each was, and what was counted in it.</summary>
internal sealed class SlaSlots
{
    /// <summary>What is less than this off is not off: shares are quotients of doubles.</summary>
    private const double Tolerance = 1e-12;

    private readonly SlaTarget _target;
    private readonly TimeSpan _slot;
    private readonly SlotState[] _states;
    private readonly double[] _bad;
    private readonly double[]? _total;
    private readonly double? _events;

    // Logs and spans do not tell a service that nobody asks from one of which nothing arrives.
    private readonly bool _canIdle;

    /// <summary>Judges slots by their rate of errors (or share of them, where <paramref name="total"/> is null) and of all.</summary>
    public SlaSlots(SlaTarget target, TimeSpan slot, double[] bad, double[]? total, ReadOnlySpan<bool> excluded)
    {
        (_target, _slot, _bad, _total) = (target, slot, bad, total);
        _events = target.Indicator is EventIndicator indicator && indicator.Total.EventsOf(slot) is not null ? slot.TotalSeconds : null;
        _canIdle = target.Indicator.Language == RuleLanguage.PromQL;
        _states = new SlotState[bad.Length];
        for (var i = 0; i < _states.Length; i++)
        {
            _states[i] = excluded[i] ? SlotState.Maintenance : Judge(i);
        }
    }

    /// <summary>What a slot was.</summary>
    public SlotState this[int index] => _states[index];

    /// <summary>The share of errors of a slot; of a throughput the rate.</summary>
    public double Worth(int index) => _target.Kind == SlaTargetKind.Throughput ? _total![index] : _total is null ? _bad[index] : _bad[index] / _total[index];

    /// <summary>Whether one worth is worse than another.</summary>
    public bool IsWorse(double a, double b) => _target.Kind == SlaTargetKind.Throughput ? a < b : a > b;

    /// <summary>What was found in some slots.</summary>
    public SlaFigures Of(int start, int end)
    {
        Span<int> counts = stackalloc int[5];
        double bad = 0, total = 0;
        for (var i = start; i < end; i++)
        {
            var state = _states[i];
            counts[(int)state]++;
            if (state is SlotState.Good or SlotState.Missed or SlotState.Idle)
            {
                bad += _bad[i];
                total += _total is null ? 1 : _total[i];
            }
        }

        var known = counts[(int)SlotState.Good] + counts[(int)SlotState.Idle] + counts[(int)SlotState.Missed];
        double? achieved = known == 0 ? null
            : _target.IsOfTime ? (double)(known - counts[(int)SlotState.Missed]) / known
            : total <= 0 ? null
            : _target.Kind == SlaTargetKind.ErrorRate ? bad / total
            : 1 - (bad / total);
        var counted = _total is not null && known > 0 ? _events : null;
        return new SlaFigures
        {
            Achieved = achieved,
            Verdict = known == 0 ? SlaVerdict.NoData : achieved is not { } share || IsKept(share) ? SlaVerdict.Met : SlaVerdict.Missed,
            Good = _slot * counts[(int)SlotState.Good],
            Missed = _slot * counts[(int)SlotState.Missed],
            Idle = _slot * counts[(int)SlotState.Idle],
            Gap = _slot * counts[(int)SlotState.Gap],
            Maintenance = _slot * counts[(int)SlotState.Maintenance],
            Requests = total * counted,
            Failed = _target.Kind == SlaTargetKind.Throughput ? null : bad * counted,
            PerSecond = _target.Kind == SlaTargetKind.Throughput && known > 0 ? total / known : null,
        };
    }

    private bool IsKept(double share) => _target.IsAtLeast ? share >= (double)_target.Promised - Tolerance : share <= (double)_target.Promised + Tolerance;

    private SlotState Judge(int i)
    {
        var (bad, total, limit) = (_bad[i], _total is null ? 1 : _total[i], (double)_target.Limit);
        if (_target.Kind == SlaTargetKind.Throughput)
        {
            return double.IsNaN(total) || (total <= 0 && !_canIdle) ? SlotState.Gap : total < limit - Tolerance ? SlotState.Missed : SlotState.Good;
        }

        return total <= 0 ? (_canIdle ? SlotState.Idle : SlotState.Gap)
            : !double.IsFinite(total) || !double.IsFinite(bad) ? SlotState.Gap
            : bad / total > limit + Tolerance ? SlotState.Missed
            : SlotState.Good;
    }
}
