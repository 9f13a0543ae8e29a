using Sightglass.Alerting.Templates;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Rules.Backtest;

/// <summary>
/// What the <c>query</c> of one rule's templates answers at each moment. A template that asks what is not known yet fails, <see cref="FetchAsync"/> asks for it, and
/// the template is rendered again.
/// </summary>
internal sealed class ReplayedQueries(IBacktestHistory history, string rule)
{
    private readonly Dictionary<(string Expression, DateTimeOffset At), (IReadOnlyList<TemplateSample> Samples, string? Error)> _known = [];
    private (string Expression, DateTimeOffset At)? _wanted;

    /// <summary>The answer, where it is known.</summary>
    /// <exception cref="TemplateFunctionException">It could not be evaluated, or is not known yet.</exception>
    public IReadOnlyList<TemplateSample> Ask(string expression, DateTimeOffset at)
    {
        if (!_known.TryGetValue((expression, at), out var answer))
        {
            _wanted = (expression, at);
            throw new TemplateFunctionException("not asked yet");
        }

        return answer.Error is null ? answer.Samples : throw new TemplateFunctionException(answer.Error);
    }

    /// <summary>Asks what the last template wanted to know; false when it wanted nothing.</summary>
    /// <exception cref="LimitExceededException">There are too many of them.</exception>
    public async ValueTask<bool> FetchAsync(CancellationToken cancellation)
    {
        if (_wanted is not { } wanted)
        {
            return false;
        }

        _wanted = null;
        if (_known.Count >= BacktestLimits.MaxTemplateQueries)
        {
            throw new LimitExceededException(
                "MaxTemplateQueries", BacktestLimits.MaxTemplateQueries, _known.Count + 1, $"queries of templates in labels of {rule}: want a shorter range or a longer interval");
        }

        try
        {
            var samples = await history.QueryAsync(wanted.Expression, wanted.At, cancellation).ConfigureAwait(false);
            _known[wanted] = ([.. samples.Select(static s => new TemplateSample(s.Labels, s.Value))], null);
        }
        catch (Exception e) when (e is QueryException or LimitExceededException)
        {
            _known[wanted] = ([], e.Message);
        }

        return true;
    }
}
