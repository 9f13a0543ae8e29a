namespace Sightglass.Alerting.OnCall;

/// <summary>
/// People who take turns. Hand-overs are counted on the clock of the rotation's time zone: <c>1w</c> from Monday 09:00 is Monday 09:00, and <c>12h</c> from 08:00 is
/// 20:00, also where summer time begins or ends in between.
/// </summary>
public sealed record RotationLayer
{
    /// <summary>Its name, for views.</summary>
    public required string Name { get; init; }

    /// <summary>The first shift begins, on the wall.</summary>
    public required DateTime Start { get; init; }

    /// <summary>The layer ends, on the wall; null never.</summary>
    public DateTime? End { get; init; }

    /// <summary>The hand-over at or before <see cref="Start"/> that the others are counted from.</summary>
    public required DateTime Anchor { get; init; }

    /// <summary>From hand-over to hand-over, on the wall.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>Who takes turns, in order.</summary>
    public required IReadOnlyList<string> People { get; init; }

    /// <summary>The hours to which it is restricted; none is always.</summary>
    public IReadOnlyList<ShiftWindow> Windows { get; init; } = [];

    /// <summary>Who is on call by this layer; null for nobody.</summary>
    internal string? At(TimeZoneInfo zone, DateTimeOffset at)
    {
        if (at < LocalClock.Instant(zone, Start) || (End is { } end && at >= LocalClock.Instant(zone, end)) || (Windows.Count > 0 && !Windows.Any(w => w.Contains(zone, at))))
        {
            return null;
        }

        return Person(Turn(zone, at));
    }

    /// <summary>The shifts that touch a range, cut to it, in order.</summary>
    /// <exception cref="Core.Errors.LimitExceededException">There are too many.</exception>
    internal List<Shift> Shifts(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to)
    {
        var shifts = new List<Shift>();
        from = Later(from, LocalClock.Instant(zone, Start));
        to = End is { } end ? Earlier(to, LocalClock.Instant(zone, end)) : to;
        for (var turn = from < to ? Turn(zone, from) : 0; from < to; turn++)
        {
            var until = Earlier(Handover(zone, turn + 1), to);
            foreach (var (open, close) in Open(zone, from, until))
            {
                shifts.Add(new Shift(Person(turn), open, close, Name, string.Empty));
                Rotation.CheckCount(shifts.Count);
            }

            from = until;
        }

        return shifts;
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private string Person(long turn) => People[(int)(turn % People.Count)];

    private DateTimeOffset Handover(TimeZoneInfo zone, long turn) => LocalClock.Instant(zone, Anchor + (Length * turn));

    /// <summary>The turn that a moment is in: counted on the wall, then set right where the clock was changed.</summary>
    private long Turn(TimeZoneInfo zone, DateTimeOffset at)
    {
        var turn = Math.Max(0, (LocalClock.Wall(zone, at) - Anchor).Ticks / Length.Ticks);
        while (turn > 0 && Handover(zone, turn) > at)
        {
            turn--;
        }

        while (Handover(zone, turn + 1) <= at)
        {
            turn++;
        }

        return turn;
    }

    /// <summary>The parts of a shift that the windows leave.</summary>
    private List<(DateTimeOffset From, DateTimeOffset To)> Open(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to)
    {
        if (Windows.Count == 0)
        {
            return from < to ? [(from, to)] : [];
        }

        var parts = new List<(DateTimeOffset From, DateTimeOffset To)>();
        var last = LocalClock.Wall(zone, to).Date;
        for (var day = LocalClock.Wall(zone, from).Date.AddDays(-1); day <= last; day = day.AddDays(1))
        {
            foreach (var window in Windows)
            {
                if (window.On(zone, day) is { } open && Later(open.From, from) < Earlier(open.To, to))
                {
                    parts.Add((Later(open.From, from), Earlier(open.To, to)));
                }
            }
        }

        parts.Sort();
        var joined = new List<(DateTimeOffset From, DateTimeOffset To)>();
        foreach (var part in parts)
        {
            if (joined.Count > 0 && part.From <= joined[^1].To)
            {
                joined[^1] = (joined[^1].From, Later(joined[^1].To, part.To));
            }
            else
            {
                joined.Add(part);
            }
        }

        return joined;
    }
}
