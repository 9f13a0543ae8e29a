namespace Sightglass.Alerting.Sla;

/// <summary>A time that does not count.</summary>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends.</param>
/// <param name="Reason">Why; empty when that is not said.</param>
public readonly record struct SlaWindow(DateTimeOffset Start, DateTimeOffset End, string Reason);

/// <summary>Times that do not count: once, or again on days of the week.</summary>
public abstract record SlaMaintenance(string Reason)
{
    /// <summary>Those that touch a time.</summary>
    public abstract IEnumerable<SlaWindow> Within(SlaCalendar calendar, DateTimeOffset start, DateTimeOffset end);

    /// <summary>One time.</summary>
    public sealed record Once(DateTimeOffset Start, DateTimeOffset End, string Reason) : SlaMaintenance(Reason)
    {
        /// <inheritdoc/>
        public override IEnumerable<SlaWindow> Within(SlaCalendar calendar, DateTimeOffset start, DateTimeOffset end) =>
            Start < end && End > start ? [new SlaWindow(Start, End, Reason)] : [];
    }

    /// <summary>On days of the week, by the clock of the agreement's time zone; up to the next day where it ends before it begins.</summary>
    public sealed record Weekly(IReadOnlyList<DayOfWeek> Days, TimeOnly From, TimeOnly To, string Reason) : SlaMaintenance(Reason)
    {
        /// <inheritdoc/>
        public override IEnumerable<SlaWindow> Within(SlaCalendar calendar, DateTimeOffset start, DateTimeOffset end)
        {
            var last = calendar.DayOf(end);
            for (var day = calendar.DayOf(start).AddDays(-1); day <= last; day = day.AddDays(1))
            {
                if (!Days.Contains(day.DayOfWeek))
                {
                    continue;
                }

                var window = new SlaWindow(calendar.At(day.ToDateTime(From)), calendar.At((To <= From ? day.AddDays(1) : day).ToDateTime(To)), Reason);
                if (window.Start < end && window.End > start && window.End > window.Start)
                {
                    yield return window;
                }
            }
        }
    }
}
