namespace Sightglass.Query.TraceQL.Metrics;

/// <summary>Intervals of time, open at the left: a span that starts at the end of one is of it.</summary>
internal readonly record struct MetricGrid(long StartUnixNano, long StepNano, int Count)
{
    public long EndUnixNano => StartUnixNano + (StepNano * Count);

    /// <summary>
    /// The grid of a query: multiples of the step that contain the range, and one interval before, as Tempo has it, so that an answer does not change when
    /// the range moves by less than a step. Null when there are more intervals than <paramref name="most"/>.
    /// </summary>
    public static MetricGrid? Of(TraceMetricsQuery query, int most)
    {
        var (start, end, step) = (query.StartUnixNano, query.EndUnixNano, query.StepNano);
        if (step == 0)
        {
            return new MetricGrid(start, end - start, 1);
        }

        if (query.BeginsAtStart)
        {
            return (end - start) / step > most ? null : new MetricGrid(start, step, (int)((end - start) / step));
        }

        start -= start % step;
        end += (step - (end % step)) % step;
        start -= start > step ? step : 0;
        return (end - start) / step > most ? null : new MetricGrid(start, step, (int)((end - start) / step));
    }

    /// <summary>The interval of a time in the grid.</summary>
    public int Of(long timeUnixNano) => (int)((timeUnixNano - StartUnixNano - 1) / StepNano);

    /// <summary>The time of an interval's point.</summary>
    public long TimeOf(int interval) => StartUnixNano + (StepNano * (interval + 1));
}
