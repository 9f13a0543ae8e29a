using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary>Functions of scalars and instant vectors.</summary>
internal sealed partial class Evaluator
{
    private EvaluatedValue Call(CallExpression call, StepGrid grid)
    {
        // Warnings name the place inside the parentheses of an argument.
        call = call with { Arguments = [.. call.Arguments.Select(Unwrapped)] };
        var name = call.Function.Name;
        var arguments = call.Arguments;
        if (RangeKernels.ContainsKey(name))
        {
            return RangeCallOf(call, grid);
        }

        if (ElementFunctions.ByName.TryGetValue(name, out var function))
        {
            return Map(Evaluate(arguments[0], grid).Vector, (v, _) => function(v));
        }

        if (ElementFunctions.Dates.ContainsKey(name))
        {
            if (arguments.Count == 0)
            {
                var now = Column.Empty(LabelSet.Empty, grid.Count);
                for (var i = 0; i < grid.Count; i++)
                {
                    now.Values[i] = ElementFunctions.OfDate(name, Math.Floor(grid.Time(i) / 1000.0));
                }

                return new List<Column> { now };
            }

            return Map(Evaluate(arguments[0], grid).Vector, (v, _) => ElementFunctions.OfDate(name, v));
        }

        switch (name)
        {
            case "time":
                return PerStep(grid, t => t / 1000.0);
            case "pi":
                return Constant(Math.PI, grid);
            case "start":
                return Constant(_run.StartMs / 1000.0, grid);
            case "end":
                return Constant(_run.EndMs / 1000.0, grid);
            case "range":
                return Constant((_run.EndMs - _run.StartMs) / 1000.0, grid);
            case "step":
                return Constant(_run.StepMs / 1000.0, grid);
            case "max_of":
                return Pairwise(call, grid, ElementFunctions.Larger);
            case "min_of":
                return Pairwise(call, grid, ElementFunctions.Smaller);
            case "vector":
                return new List<Column> { new(LabelSet.Empty, Evaluate(arguments[0], grid).Scalar) };
            case "scalar":
                return ToScalar(Evaluate(arguments[0], grid).Vector, grid);
            case "timestamp":
                return Timestamp(arguments[0], grid);
            case "start_timestamp":
                return StartTimestamp(arguments[0], grid);
            case "info":
                return Info(call, grid);
            case "absent":
                return Absent(arguments[0], Evaluate(arguments[0], grid).Vector, grid);
            case "round":
                var nearest = arguments.Count > 1 ? Evaluate(arguments[1], grid).Scalar : Constant(1, grid);
                return Map(Evaluate(arguments[0], grid).Vector, (v, i) => ElementFunctions.Round(v, nearest[i]));
            case "clamp":
                return Clamp(Evaluate(arguments[0], grid).Vector, Evaluate(arguments[1], grid).Scalar, Evaluate(arguments[2], grid).Scalar);
            case "clamp_min":
                var least = Evaluate(arguments[1], grid).Scalar;
                return Map(Evaluate(arguments[0], grid).Vector, (v, i) => ElementFunctions.Larger(least[i], v));
            case "clamp_max":
                var most = Evaluate(arguments[1], grid).Scalar;
                return Map(Evaluate(arguments[0], grid).Vector, (v, i) => ElementFunctions.Smaller(most[i], v));
            case "sort" or "sort_desc":
                return Sort(Evaluate(arguments[0], grid).Vector, grid, name == "sort_desc");
            case "sort_by_label" or "sort_by_label_desc":
                var labels = arguments.Skip(1).Select(a => Evaluate(a, grid).Text).ToArray();
                return SortByLabel(Evaluate(arguments[0], grid).Vector, grid, labels, name == "sort_by_label_desc");
            case "label_replace":
                return LabelReplace(call, grid);
            case "label_join":
                return LabelJoin(call, grid);
            default:
                return HistogramCall(call, grid);
        }
    }

    /// <summary>A function of every float; histograms are left out.</summary>
    private List<Column> Map(List<Column> input, Func<double, int, double> function)
    {
        var output = new List<Column>(input.Count);
        foreach (var column in input)
        {
            _run.Check();
            var result = Unnamed(column, column.Values.Length);
            var any = false;
            for (var i = 0; i < column.Values.Length; i++)
            {
                if (column.HasFloat(i))
                {
                    result.Values[i] = function(column.Values[i], i);
                    any = true;
                }
            }

            if (any)
            {
                output.Add(result);
            }
        }

        return Distinct(output);
    }

    private static double[] PerStep(StepGrid grid, Func<long, double> function)
    {
        var values = new double[grid.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = function(grid.Time(i));
        }

        return values;
    }

    private double[] Pairwise(CallExpression call, StepGrid grid, Func<double, double, double> function)
    {
        var left = Evaluate(call.Arguments[0], grid).Scalar;
        var right = Evaluate(call.Arguments[1], grid).Scalar;
        var values = new double[grid.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = function(left[i], right[i]);
        }

        return values;
    }

    private static double[] ToScalar(List<Column> input, StepGrid grid)
    {
        var values = new double[grid.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = SpecialNumbers.NaN;
            var found = 0;
            foreach (var column in input)
            {
                if (column.HasFloat(i))
                {
                    values[i] = ++found == 1 ? column.Values[i] : SpecialNumbers.NaN;
                }
            }
        }

        return values;
    }

    private List<Column> Timestamp(PromQLExpression argument, StepGrid grid)
    {
        if (Unwrapped(argument) is VectorSelector selector)
        {
            return Nameless(Select(selector, grid, SelectedValue.Timestamp));
        }

        var output = new List<Column>();
        foreach (var column in Evaluate(argument, grid).Vector)
        {
            var result = Unnamed(column, grid.Count);
            for (var i = 0; i < grid.Count; i++)
            {
                if (column.Has(i))
                {
                    result.Values[i] = grid.Time(i) / 1000.0;
                }
            }

            output.Add(result);
        }

        return Distinct(output);
    }

    /// <summary>The start timestamps of selected samples, 0 for one that has none; an expression's values have no start.</summary>
    private List<Column> StartTimestamp(PromQLExpression argument, StepGrid grid)
    {
        if (Unwrapped(argument) is VectorSelector selector)
        {
            return Nameless(Select(selector, grid, SelectedValue.StartTimestamp));
        }

        Evaluate(argument, grid);
        return [];
    }

    private static PromQLExpression Unwrapped(PromQLExpression expression)
    {
        while (expression is ParenExpression paren)
        {
            expression = paren.Inner;
        }

        return expression;
    }

    private List<Column> Nameless(List<Column> columns) =>
        Distinct(columns.ConvertAll(c => _run.Options.DelayedNameRemoval ? c.WithLabels(c.Labels, dropName: true) : c.WithLabels(MetricLabels.WithoutName(c.Labels), dropName: false)));

    private List<Column> Clamp(List<Column> input, double[] min, double[] max)
    {
        var result = Map(input, (v, i) => max[i] < min[i] ? SpecialNumbers.Absent : ElementFunctions.Larger(min[i], ElementFunctions.Smaller(max[i], v)));
        result.RemoveAll(c => c.IsEmpty());
        return result;
    }

    private static List<Column> Sort(List<Column> input, StepGrid grid, bool descending)
    {
        if (grid.Count != 1)
        {
            // Over a range there is no order, and histograms are left out all the same.
            return [.. input.Select(c => c.Histograms is not null ? FloatsOf(c) : c).Where(c => !c.IsEmpty())];
        }

        // NaN goes last both ways; histograms are left out.
        return [.. input.Where(c => c.HasFloat(0)).OrderBy(c => c.Values[0], Comparer<double>.Create((a, b) =>
            double.IsNaN(a) ? (double.IsNaN(b) ? 0 : 1) : double.IsNaN(b) ? -1 : descending ? b.CompareTo(a) : a.CompareTo(b)))];
    }

    private static Column FloatsOf(Column column)
    {
        var output = Column.Empty(column.Labels, column.Values.Length, column.DropName);
        for (var step = 0; step < column.Values.Length; step++)
        {
            if (column.HasFloat(step))
            {
                output.Values[step] = column.Values[step];
            }
        }

        return output;
    }

    private static List<Column> SortByLabel(List<Column> input, StepGrid grid, string[] labels, bool descending)
    {
        if (grid.Count != 1)
        {
            return input;
        }

        var order = Comparer<Column>.Create((a, b) =>
        {
            foreach (var label in labels)
            {
                var compared = NaturalOrder.Compare(a.Labels[label], b.Labels[label]);
                if (compared != 0)
                {
                    return descending ? -compared : compared;
                }
            }

            return descending ? -a.Labels.CompareTo(b.Labels) : a.Labels.CompareTo(b.Labels);
        });
        return [.. input.Order(order)];
    }
}
