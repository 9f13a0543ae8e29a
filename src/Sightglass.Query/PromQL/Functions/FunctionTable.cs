using System.Diagnostics.CodeAnalysis;

namespace Sightglass.Query.PromQL;

/// <summary>The functions of the language.</summary>
public static class FunctionTable
{
    private static readonly Dictionary<string, PromQLFunction> ByName = Build();

    /// <summary>All functions.</summary>
    public static IReadOnlyCollection<PromQLFunction> All => ByName.Values;

    /// <summary>Looks a function up.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out PromQLFunction? function) => ByName.TryGetValue(name, out function);

    private static Dictionary<string, PromQLFunction> Build()
    {
        const PromQLType S = PromQLType.Scalar;
        const PromQLType V = PromQLType.Vector;
        const PromQLType M = PromQLType.Matrix;
        const PromQLType T = PromQLType.String;
        var table = new Dictionary<string, PromQLFunction>(StringComparer.Ordinal);
        void Add(string names, PromQLType result, PromQLType[] arguments, int variadic = 0, bool experimental = false)
        {
            foreach (var name in names.Split(' '))
            {
                table.Add(name, new PromQLFunction(name, arguments, variadic, result, experimental));
            }
        }

        Add("abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh sort sort_desc timestamp", V, [V]);
        Add("histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar", V, [V]);
        Add("absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time", V, [M]);
        Add("start_timestamp", V, [V], 0, true);
        Add("mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time", V, [M], 0, true);
        Add("clamp", V, [V, S, S]);
        Add("clamp_max clamp_min", V, [V, S]);
        Add("day_of_month day_of_week day_of_year days_in_month hour minute month year", V, [V], 1);
        Add("double_exponential_smoothing", V, [M, S, S], 0, true);
        Add("histogram_fraction", V, [S, S, V]);
        Add("histogram_quantile", V, [S, V]);
        Add("histogram_quantiles", V, [V, T, S, S], 9, true);
        Add("info", V, [V, V], 1, true);
        Add("label_join", V, [V, T, T, T], -1);
        Add("label_replace", V, [V, T, T, T, T]);
        Add("pi time", S, []);
        Add("start end range step", S, [], 0, true);
        Add("max_of min_of", S, [S, S], 0, true);
        Add("predict_linear", V, [M, S]);
        Add("quantile_over_time", V, [S, M]);
        Add("round", V, [V, S], 1);
        Add("scalar", S, [V]);
        Add("sort_by_label sort_by_label_desc", V, [V, T], -1, true);
        Add("vector", V, [S]);
        return table;
    }
}
