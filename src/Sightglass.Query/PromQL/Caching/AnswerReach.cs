namespace Sightglass.Query.PromQL.Caching;

/// <summary>Which samples the value at a step can depend on, and so what of an answer may be used again.</summary>
/// <param name="IsCacheable">Whether that is known at all.</param>
/// <param name="IsDivisible">Whether the value at a step is the same in a longer or shorter range: not with <c>start()</c>, <c>end()</c> or <c>range()</c>.</param>
/// <param name="AheadMs">How much newer than its step the samples of a value can be, milliseconds; 0 or more.</param>
/// <param name="FixedMs">The newest time that an <c>@</c> names, milliseconds since the Unix epoch; <see cref="long.MinValue"/> when there is none.</param>
internal readonly record struct AnswerReach(bool IsCacheable, bool IsDivisible, long AheadMs, long FixedMs)
{
    /// <summary>Of an expression over a range of steps.</summary>
    public static AnswerReach Of(PromQLExpression expression, long startMs, long endMs, long stepMs)
    {
        var walk = new Walk(startMs, endMs, stepMs);
        walk.Visit(expression, 0, null);
        return walk.Reach;
    }

    private sealed class Walk(long startMs, long endMs, long stepMs)
    {
        public AnswerReach Reach { get; private set; } = new(true, true, 0, long.MinValue);

        // Evaluation times are at most so much after a step, or at most at a fixed time.
        public void Visit(PromQLExpression expression, long aheadMs, long? fixedMs)
        {
            switch (expression)
            {
                case VectorSelector selector:
                    if (selector.Extension != RangeExtension.None)
                    {
                        Reach = Reach with { IsCacheable = false };
                    }

                    Note(Shifted(selector.Shift, aheadMs, fixedMs));
                    break;
                case MatrixSelector matrix:
                    Check(matrix.Range);
                    Visit(matrix.Vector, aheadMs, fixedMs);
                    break;
                case SubqueryExpression subquery:
                    Check(subquery.Range);
                    Check(subquery.Step);
                    var inner = Shifted(subquery.Shift, aheadMs, fixedMs);
                    Visit(subquery.Inner, inner.AheadMs, inner.FixedMs);
                    break;
                default:
                    foreach (var child in expression.Children)
                    {
                        Visit(child, aheadMs, fixedMs);
                    }

                    break;
            }
        }

        private (long AheadMs, long? FixedMs) Shifted(TimeShift shift, long aheadMs, long? fixedMs)
        {
            Check(shift.Offset);
            if (shift.At is AtModifier.Start or AtModifier.End)
            {
                Reach = Reach with { IsDivisible = false };
            }

            var at = shift.At switch
            {
                AtModifier.Time => shift.AtMs,
                AtModifier.Start => startMs,
                AtModifier.End => endMs,
                _ => fixedMs,
            };

            // Rounded up, as a bound may be.
            var offset = (long)Math.Floor((shift.Offset?.Evaluate(stepMs / 1000.0, (endMs - startMs) / 1000.0) ?? 0) * 1000);
            return (Math.Max(aheadMs - offset, 0), at - offset);
        }

        private void Note((long AheadMs, long? FixedMs) newest) => Reach = newest.FixedMs is { } at
            ? Reach with { FixedMs = Math.Max(Reach.FixedMs, at) }
            : Reach with { AheadMs = Math.Max(Reach.AheadMs, newest.AheadMs) };

        private void Check(DurationExpression? duration)
        {
            if (duration is null || duration.IsLiteral)
            {
                return;
            }

            Reach = Reach with { IsDivisible = Reach.IsDivisible && duration.Operator != DurationOperator.Range };
            Check(duration.Left);
            Check(duration.Right);
        }
    }
}
