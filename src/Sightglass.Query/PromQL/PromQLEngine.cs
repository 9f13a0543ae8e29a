using System.Collections.Concurrent;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.PromQL.Caching;
using Sightglass.Query.Vectors;

namespace Sightglass.Query.PromQL;

/// <summary>Runs PromQL queries over a store. Callers bring the thread; those that ask with await need none while they wait for their turn. Thread-safe.</summary>
public sealed class PromQLEngine : IDisposable
{
    // All of them together stay below a few megabytes.
    private const int MaxKeptQueries = 512;
    private const int MaxKeptQueryLength = 2048;

    private readonly ConcurrentDictionary<string, PromQLExpression> _parsed = new(StringComparer.Ordinal);
    private readonly IMetricStore _store;
    private readonly QueryLimits _limits;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _slots;
    private readonly MemoryBudget _budget;
    private readonly AnswerCache _answers;

    /// <summary>Makes an engine.</summary>
    public PromQLEngine(IMetricStore store, QueryLimits limits, TimeProvider time, PromQLOptions? options = null)
    {
        _store = store;
        _limits = limits;
        _time = time;
        _slots = new SemaphoreSlim(limits.MaxConcurrentQueries);
        _budget = new MemoryBudget(nameof(QueryLimits.MaxTotalMemoryBytes), Math.Min(limits.MaxTotalMemoryBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2), "all queries together would use too much memory");
        _answers = new AnswerCache(store, limits.MaxCachedAnswerBytes);
        Options = options ?? PromQLOptions.Default;
    }

    /// <summary>Which experimental parts are on.</summary>
    public PromQLOptions Options { get; }

    /// <summary>Bytes that the queries running now hold, estimated.</summary>
    public long MemoryBytes => _budget.UsedBytes;

    /// <summary>Bytes of the answers that are kept, estimated.</summary>
    public long CachedAnswerBytes => _answers.Bytes;

    /// <summary>Resolution of subqueries that give none: the server's evaluation interval.</summary>
    public TimeSpan DefaultSubqueryStep { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    /// <summary>Parses an expression under this engine's options. Those of dashboards and rules come again and again, and their regular expressions cost more than their answers.</summary>
    public PromQLExpression Parse(string query)
    {
        if (_parsed.TryGetValue(query, out var known))
        {
            return known;
        }

        var expression = PromQLParser.Parse(query, Options, _limits);
        if (query.Length <= MaxKeptQueryLength)
        {
            if (_parsed.Count >= MaxKeptQueries)
            {
                _parsed.Clear();
            }

            _parsed[query] = expression;
        }

        return expression;
    }

    /// <summary>The value at one time.</summary>
    /// <exception cref="QueryException">The query is wrong, or ran too long.</exception>
    /// <exception cref="LimitExceededException">A limit was reached.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked for it.</exception>
    public PromQLResult Instant(string query, long timeMs, TimeSpan? timeout = null, TimeSpan? lookback = null, CancellationToken cancellation = default) =>
        Instant(Parse(query), query, timeMs, timeout, lookback, samplesPerStep: false, cancellation);

    /// <summary>The value at one time, of an expression that is parsed already.</summary>
    /// <remarks><paramref name="samplesPerStep"/> asks for the statistics of every step.</remarks>
    public PromQLResult Instant(PromQLExpression expression, string query, long timeMs, TimeSpan? timeout = null, TimeSpan? lookback = null, bool samplesPerStep = false, CancellationToken cancellation = default)
    {
        using var turn = Turn(timeout, cancellation);
        return turn.Run((queued, token) => EvaluateInstant(expression, query, timeMs, lookback, samplesPerStep, queued, token));
    }

    /// <summary>The same as <see cref="Instant(PromQLExpression, string, long, TimeSpan?, TimeSpan?, bool, CancellationToken)"/>, without a thread while it waits for its turn.</summary>
    /// <remarks><paramref name="cached"/> lets an answer to the same question that cannot have changed since stand for another evaluation.</remarks>
    public async Task<PromQLResult> InstantAsync(PromQLExpression expression, string query, long timeMs, TimeSpan? timeout = null, TimeSpan? lookback = null, bool samplesPerStep = false, bool cached = false, CancellationToken cancellation = default)
    {
        var answer = cached && expression.Type == PromQLType.Vector ? FindAnswer(expression, query, new StepGrid(timeMs, 0, 1), lookback) : null;
        if (answer is { IsWhole: true })
        {
            return new PromQLResult { Type = PromQLType.Vector, TimeMs = timeMs, Series = answer.Known };
        }

        using var turn = Turn(timeout, cancellation);
        var result = await turn.RunAsync((queued, token) => EvaluateInstant(expression, query, timeMs, lookback, samplesPerStep, queued, token)).ConfigureAwait(false);
        Keep(answer, result);
        return result;
    }

    /// <summary>The values at the steps from <paramref name="startMs"/> to <paramref name="endMs"/>, both inclusive.</summary>
    /// <exception cref="QueryException">The query or the range is wrong, or the query ran too long.</exception>
    /// <exception cref="LimitExceededException">A limit was reached.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked for it.</exception>
    public PromQLResult Range(string query, long startMs, long endMs, long stepMs, TimeSpan? timeout = null, TimeSpan? lookback = null, CancellationToken cancellation = default)
    {
        if (endMs < startMs)
        {
            throw new QueryException(QueryErrorKind.BadData, "end timestamp must not be before start time");
        }

        if (stepMs <= 0)
        {
            throw new QueryException(QueryErrorKind.BadData, "zero or negative query resolution step widths are not accepted. Try a positive integer");
        }

        return Range(Parse(query), query, startMs, endMs, stepMs, timeout, lookback, samplesPerStep: false, cancellation);
    }

    /// <summary>The values at the steps of an expression that is parsed already.</summary>
    /// <remarks><paramref name="samplesPerStep"/> asks for the statistics of every step.</remarks>
    public PromQLResult Range(PromQLExpression expression, string query, long startMs, long endMs, long stepMs, TimeSpan? timeout = null, TimeSpan? lookback = null, bool samplesPerStep = false, CancellationToken cancellation = default)
    {
        CheckRange(expression, startMs, endMs, stepMs);
        using var turn = Turn(timeout, cancellation);
        return turn.Run((queued, token) => EvaluateRange(expression, query, startMs, endMs, stepMs, lookback, samplesPerStep, queued, token));
    }

    /// <summary>The same as <see cref="Range(PromQLExpression, string, long, long, long, TimeSpan?, TimeSpan?, bool, CancellationToken)"/>, without a thread while it waits for its turn.</summary>
    /// <remarks>
    /// <paramref name="cached"/> lets values that an earlier query found, and that cannot have changed since, stand for evaluating them again; the statistics are then
    /// of what was evaluated.
    /// </remarks>
    public async Task<PromQLResult> RangeAsync(PromQLExpression expression, string query, long startMs, long endMs, long stepMs, TimeSpan? timeout = null, TimeSpan? lookback = null, bool samplesPerStep = false, bool cached = false, CancellationToken cancellation = default)
    {
        CheckRange(expression, startMs, endMs, stepMs);
        var grid = Grid(startMs, endMs, stepMs);
        var answer = cached ? FindAnswer(expression, query, grid, lookback) : null;
        if (answer is { IsWhole: true })
        {
            return new PromQLResult { Type = PromQLType.Matrix, Series = answer.Known };
        }

        using var turn = Turn(timeout, cancellation);
        var result = await turn.RunAsync((queued, token) => EvaluateRange(expression, query, answer?.EvaluateFromMs ?? startMs, endMs, stepMs, lookback, samplesPerStep, queued, token)).ConfigureAwait(false);
        if (answer is null)
        {
            return result;
        }

        result = result with { Series = answer.Join(result.Series) };
        Keep(answer, result);
        return result;
    }

    private CachedAnswer? FindAnswer(PromQLExpression expression, string query, StepGrid grid, TimeSpan? lookback) =>
        _answers.Find(expression, query, grid, Milliseconds(lookback ?? _limits.LookbackDelta), Milliseconds(DefaultSubqueryStep));

    private void Keep(CachedAnswer? answer, PromQLResult result)
    {
        if (answer is not null && result.Warnings.Count == 0 && result.Infos.Count == 0)
        {
            _answers.Keep(answer, result.Series, result.Statistics.TotalSamples);
        }
    }

    private void CheckRange(PromQLExpression expression, long startMs, long endMs, long stepMs)
    {
        if ((endMs - startMs) / stepMs > _limits.MaxPointsPerSeries)
        {
            throw new QueryException(QueryErrorKind.BadData, FormattableString.Invariant($"exceeded maximum resolution of {_limits.MaxPointsPerSeries:N0} points per timeseries. Try decreasing the query resolution (?step=XX)"));
        }

        if (expression.Type is not (PromQLType.Scalar or PromQLType.Vector))
        {
            throw new QueryException(QueryErrorKind.BadData, $"invalid expression type {TypeCheck.Name(expression.Type, quoted: true)} for range query, must be Scalar or instant Vector");
        }
    }

    private PromQLResult EvaluateInstant(PromQLExpression expression, string query, long timeMs, TimeSpan? lookback, bool samplesPerStep, TimeSpan queued, CancellationToken token)
    {
        var began = _time.GetTimestamp();
        using var run = new QueryRun(_store, _limits, Options, query, timeMs, timeMs, 0, Milliseconds(lookback ?? _limits.LookbackDelta), Milliseconds(DefaultSubqueryStep), _budget, token);
        var evaluator = new Evaluator(run);
        var grid = new StepGrid(timeMs, 0, 1);
        var counted = run.Counted = new SampleCount(1, samplesPerStep);
        var result = new PromQLResult { Type = expression.Type, TimeMs = timeMs };
        if (expression.Type == PromQLType.Matrix)
        {
            result = result with { Series = evaluator.RangeVector(expression, grid) };
        }
        else
        {
            var value = evaluator.Evaluate(expression, grid);
            result = value.Type switch
            {
                PromQLType.Scalar => result with { Scalar = value.Scalar[0] },
                PromQLType.String => result with { Text = value.Text },
                _ => result with { Series = ToSeries(Evaluator.Finish(value.Vector), grid) },
            };
        }

        return result with
        {
            Warnings = run.Annotations.Warnings,
            Infos = run.Annotations.Infos,
            Statistics = Statistics(run, counted, grid, queued, began, TimeSpan.Zero),
        };
    }

    private PromQLResult EvaluateRange(PromQLExpression expression, string query, long startMs, long endMs, long stepMs, TimeSpan? lookback, bool samplesPerStep, TimeSpan queued, CancellationToken token)
    {
        var began = _time.GetTimestamp();
        using var run = new QueryRun(_store, _limits, Options, query, startMs, endMs, stepMs, Milliseconds(lookback ?? _limits.LookbackDelta), Milliseconds(DefaultSubqueryStep), _budget, token);
        var grid = Grid(startMs, endMs, stepMs);
        var counted = run.Counted = new SampleCount(grid.Count, samplesPerStep);
        var value = new Evaluator(run).Evaluate(expression, grid);
        var columns = value.Type == PromQLType.Scalar ? [new Column(LabelSet.Empty, value.Scalar)] : Evaluator.Finish(value.Vector);
        var series = ToSeries(columns, grid);
        var sorting = _time.GetTimestamp();
        series.Sort((a, b) => a.Labels.CompareTo(b.Labels));
        return new PromQLResult
        {
            Type = PromQLType.Matrix,
            Series = series,
            Warnings = run.Annotations.Warnings,
            Infos = run.Annotations.Infos,
            Statistics = Statistics(run, counted, grid, queued, began, _time.GetElapsedTime(sorting)),
        };
    }

    private QueryStatistics Statistics(QueryRun run, SampleCount counted, StepGrid grid, TimeSpan queued, long began, TimeSpan sorting) => new()
    {
        Queue = queued,
        EvalTotal = _time.GetElapsedTime(began),
        Preparation = run.Preparation,
        ResultSort = sorting,
        TotalSamples = counted.Total,
        SamplesPerStep = counted.Steps(grid),
        PeakSamples = run.PeakSamples,
    };

    private static StepGrid Grid(long startMs, long endMs, long stepMs) => new(startMs, stepMs, (int)((endMs - startMs) / stepMs) + 1);

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    private static List<ResultSeries> ToSeries(List<Column> columns, StepGrid grid)
    {
        var output = new List<ResultSeries>(columns.Count);
        foreach (var column in columns)
        {
            var count = 0;
            for (var i = 0; i < grid.Count; i++)
            {
                count += column.Has(i) ? 1 : 0;
            }

            if (count == 0)
            {
                continue;
            }

            var times = new long[count];
            var values = new double[count];
            var histograms = column.Histograms is null ? null : new NativeHistogram?[count];
            var at = 0;
            for (var i = 0; i < grid.Count; i++)
            {
                if (!column.Has(i))
                {
                    continue;
                }

                times[at] = grid.Time(i);
                values[at] = column.Values[i];
                if (histograms is not null)
                {
                    histograms[at] = column.Histogram(i);
                }

                at++;
            }

            output.Add(new ResultSeries(column.Labels, times, values, histograms));
        }

        return output;
    }

    private QueryTurn Turn(TimeSpan? timeout, CancellationToken cancellation) =>
        new(_slots, timeout is { } wanted && wanted > TimeSpan.Zero && wanted < _limits.Timeout ? wanted : _limits.Timeout, _time, cancellation);
}
