using Sightglass.Core.Errors;

namespace Sightglass.Alerting.OnCall;

/// <summary>Who is on call when: layers of which a later one goes before an earlier one, and overrides that go before all of them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Zone">The time zone whose clock hand-overs go by.</param>
/// <param name="Layers">The layers, the weakest first.</param>
public sealed record Rotation(string Name, TimeZoneInfo Zone, IReadOnlyList<RotationLayer> Layers)
{
    /// <summary>How far ahead the next hand-over is looked for.</summary>
    private static readonly TimeSpan Horizon = OnCallLimits.MaxRange;

    /// <summary>Who is on call at a moment; null where there is a gap.</summary>
    public string? At(DateTimeOffset at, IReadOnlyList<OnCallOverride> overrides)
    {
        var standIn = overrides.Where(o => o.From <= at && at < o.To).OrderBy(static o => o.CreatedAt).ThenBy(static o => o.Id, StringComparer.Ordinal).LastOrDefault();
        if (standIn is not null)
        {
            return standIn.Person;
        }

        for (var i = Layers.Count - 1; i >= 0; i--)
        {
            if (Layers[i].At(Zone, at) is { } person)
            {
                return person;
            }
        }

        return null;
    }

    /// <summary>Who is on call between two moments, in order, cut to them; no two shifts overlap, and where there is none nobody is on call.</summary>
    /// <exception cref="LimitExceededException">The range is too long, or has too many shifts.</exception>
    public IReadOnlyList<Shift> Shifts(DateTimeOffset from, DateTimeOffset to, IReadOnlyList<OnCallOverride> overrides)
    {
        if (to - from > OnCallLimits.MaxRange)
        {
            throw new LimitExceededException(nameof(OnCallLimits.MaxRange), (long)OnCallLimits.MaxRange.TotalDays, (long)(to - from).TotalDays, "days of shifts");
        }

        var sources = Layers.Select(l => l.Shifts(Zone, from, to)).ToList();
        foreach (var o in overrides.OrderBy(static o => o.CreatedAt).ThenBy(static o => o.Id, StringComparer.Ordinal))
        {
            var (begin, end) = (o.From > from ? o.From : from, o.To < to ? o.To : to);
            if (begin < end)
            {
                sources.Add([new Shift(o.Person, begin, end, string.Empty, o.Id)]);
            }
        }

        return Flatten(sources);
    }

    /// <summary>The shift that a moment is in, whole as far as the horizon goes, and the one after it that somebody else has; null for nobody.</summary>
    public (Shift? Now, Shift? Next) Around(DateTimeOffset at, IReadOnlyList<OnCallOverride> overrides)
    {
        // Short ranges first: shifts of an hour would be ten thousand in a year.
        var before = Shifts(at - TimeSpan.FromDays(32), at, overrides).LastOrDefault(s => s.To == at);
        foreach (var days in (ReadOnlySpan<double>)[8, 64, Horizon.TotalDays])
        {
            var ahead = Shifts(at, at + TimeSpan.FromDays(days), overrides);
            var now = ahead.Count > 0 && ahead[0].From == at ? ahead[0] : null;
            var next = ahead.FirstOrDefault(s => s.From > at && s.Person != now?.Person);
            if ((next is not null && next.To < at + TimeSpan.FromDays(days)) || days == Horizon.TotalDays)
            {
                return (now is not null && before is not null && (before.Person, before.Layer, before.Override) == (now.Person, now.Layer, now.Override) ? now with { From = before.From } : now, next);
            }
        }

        return (null, null);
    }

    internal static void CheckCount(int count)
    {
        if (count > OnCallLimits.MaxShifts)
        {
            throw new LimitExceededException(nameof(OnCallLimits.MaxShifts), OnCallLimits.MaxShifts, count, "shifts in one answer");
        }
    }

    /// <summary>Of sources that overlap the last one holds; each source is in order and does not overlap itself.</summary>
    private static List<Shift> Flatten(List<List<Shift>> sources)
    {
        var moments = sources.SelectMany(static s => s).SelectMany(static s => new[] { s.From, s.To }).Distinct().Order().ToArray();
        var positions = new int[sources.Count];
        var (shifts, whole) = (new List<Shift>(), new List<Shift>());
        for (var i = 0; i + 1 < moments.Length; i++)
        {
            Shift? holder = null;
            for (var s = sources.Count - 1; s >= 0 && holder is null; s--)
            {
                while (positions[s] < sources[s].Count && sources[s][positions[s]].To <= moments[i])
                {
                    positions[s]++;
                }

                holder = positions[s] < sources[s].Count && sources[s][positions[s]].From <= moments[i] ? sources[s][positions[s]] : null;
            }

            if (holder is null)
            {
                continue;
            }

            if (shifts.Count > 0 && ReferenceEquals(whole[^1], holder) && shifts[^1].To == moments[i])
            {
                shifts[^1] = shifts[^1] with { To = moments[i + 1] };
                continue;
            }

            shifts.Add(holder with { From = moments[i], To = moments[i + 1] });
            whole.Add(holder);
            CheckCount(shifts.Count);
        }

        return shifts;
    }
}
