using Sightglass.Alerting.Slo;
using Sightglass.Core.Errors;
using Sightglass.Query.LogQL;
using Sightglass.Query.PromQL;
using Sightglass.Query.TraceQL;

namespace Sightglass.Alerting.Sla;

/// <summary>
/// Says how agreements stand, from the indicators themselves: a period is cut into slots, each of which is good, missed, without traffic, in maintenance,
/// or a gap of which nothing is known. Thread-safe.
/// </summary>
public sealed class SlaEvaluator(PromQLEngine metrics, LogQLEngine logs, TraceQLEngine spans)
{
    private readonly SlotValues _values = new(metrics, logs, spans);

    /// <summary>The report of a period, up to now where that is not over.</summary>
    /// <exception cref="QueryException">The period has not begun.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked for it.</exception>
    public SlaReport Report(SlaDefinition sla, SlaPeriod period, DateTimeOffset now, CancellationToken cancellation)
    {
        if (now < period.Start)
        {
            throw new QueryException(QueryErrorKind.BadData, $"period: {period.Name} has not begun");
        }

        var count = (int)(((now < period.End ? now : period.End) - period.Start) / sla.Slot);
        var windows = sla.Maintenance.SelectMany(m => m.Within(sla.Calendar, period.Start, period.End)).OrderBy(static w => w.Start).ToArray();
        // The whole period's, for the time that may be missed; up to now for what was.
        var excluded = Excluded(windows, period.Start, sla.Slot, (int)((period.End - period.Start) / sla.Slot));
        var counting = (period.End - period.Start) - (sla.Slot * excluded.AsSpan().Count(true));
        SlaTargetReport[] targets = [.. sla.Targets.Select(target => Target(sla, target, period, count, excluded, counting, cancellation))];
        return new SlaReport
        {
            Sla = sla,
            Period = period,
            Until = period.Start + (sla.Slot * count),
            Verdict = Worst(targets),
            Targets = targets,
            Maintenance = windows,
        };
    }

    private static SlaVerdict Worst(SlaTargetReport[] targets)
    {
        foreach (var verdict in (SlaVerdict[])[SlaVerdict.Missed, SlaVerdict.Error, SlaVerdict.Met])
        {
            if (targets.Any(t => t.Total.Verdict == verdict))
            {
                return verdict;
            }
        }

        return SlaVerdict.NoData;
    }

    private static bool[] Excluded(IEnumerable<SlaWindow> windows, DateTimeOffset start, TimeSpan slot, int count)
    {
        var excluded = new bool[count];
        foreach (var window in windows)
        {
            var first = Math.Max(0, (int)Math.Floor((window.Start - start) / slot));
            var end = Math.Min(count, (int)Math.Ceiling((window.End - start) / slot));
            if (first < end)
            {
                excluded.AsSpan(first, end - first).Fill(true);
            }
        }

        return excluded;
    }

    // One target that cannot be evaluated does not hide the others.
    private SlaTargetReport Target(SlaDefinition sla, SlaTarget target, SlaPeriod period, int count, bool[] excluded, TimeSpan counting, CancellationToken cancellation)
    {
        try
        {
            var slots = Slots(sla, target, period, count, excluded, cancellation);
            var (incidents, incidentCount) = Intervals(slots, SlotState.Missed, period.Start, sla.Slot, count);
            var (gaps, gapCount) = Intervals(slots, SlotState.Gap, period.Start, sla.Slot, count);
            return new SlaTargetReport
            {
                Target = target,
                Total = slots.Of(0, count),
                Days = Days(sla, period, slots, count),
                Incidents = incidents,
                IncidentCount = incidentCount,
                Gaps = gaps,
                GapCount = gapCount,
                Allowed = target.IsOfTime ? counting * (double)(1 - target.Promised) : null,
            };
        }
        catch (Exception e) when (e is LimitExceededException or CorruptDataException or QueryException { Kind: not QueryErrorKind.Canceled })
        {
            return new SlaTargetReport { Target = target, Total = new SlaFigures { Verdict = SlaVerdict.Error }, Error = e.Message };
        }
    }

    private SlaSlots Slots(SlaDefinition sla, SlaTarget target, SlaPeriod period, int count, bool[] excluded, CancellationToken cancellation)
    {
        double[] Read(string expression) => _values.Read(target.Indicator.Language, expression, period.Start, sla.Slot, count, cancellation);
        if (target.Indicator is not EventIndicator events)
        {
            return new SlaSlots(target, sla.Slot, Read(target.Indicator.ErrorRatio(sla.Slot)), null, excluded);
        }

        double[] PerSecond(SloQuery query, string expression)
        {
            var values = Read(expression);
            var scale = query.EventsOf(sla.Slot) / sla.Slot.TotalSeconds ?? 1;
            for (var i = 0; scale != 1 && i < values.Length; i++)
            {
                values[i] *= scale;
            }

            return values;
        }

        var total = PerSecond(events.Total, events.TotalRate(sla.Slot));
        return new SlaSlots(target, sla.Slot, target.Kind == SlaTargetKind.Throughput ? total : PerSecond(events.Total, events.ErrorRate(sla.Slot)), total, excluded);
    }

    private static (List<SlaInterval> Shown, int Count) Intervals(SlaSlots slots, SlotState state, DateTimeOffset start, TimeSpan slot, int count)
    {
        var shown = new List<SlaInterval>();
        var found = 0;
        for (var i = 0; i < count; i++)
        {
            if (slots[i] != state)
            {
                continue;
            }

            var (first, worst) = (i, slots.Worth(i));
            for (; i + 1 < count && slots[i + 1] == state; i++)
            {
                worst = slots.IsWorse(slots.Worth(i + 1), worst) ? slots.Worth(i + 1) : worst;
            }

            if (found++ < SlaLimits.MaxIntervals)
            {
                shown.Add(new SlaInterval(start + (slot * first), start + (slot * (i + 1)), state == SlotState.Gap ? null : worst, i + 1 == count));
            }
        }

        return (shown, found);
    }

    private static List<SlaDay> Days(SlaDefinition sla, SlaPeriod period, SlaSlots slots, int count)
    {
        var days = new List<SlaDay>();
        var from = 0;
        for (var day = period.FirstDay; day < period.EndDay && from < count; day = day.AddDays(1))
        {
            var (start, end) = (sla.Calendar.StartOf(day), sla.Calendar.StartOf(day.AddDays(1)));
            // A slot is of the day that it begins in.
            var to = Math.Min(count, (int)Math.Ceiling((end - period.Start) / sla.Slot));
            if (to > from)
            {
                days.Add(new SlaDay(day, start, end, slots.Of(from, to)));
                from = to;
            }
        }

        return days;
    }
}
