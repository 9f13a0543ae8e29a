using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Query.PromQL;

/// <summary><c>label_replace</c> and <c>label_join</c>.</summary>
internal sealed partial class Evaluator
{
    private List<Column> LabelReplace(CallExpression call, StepGrid grid)
    {
        // What is wrong with the texts is told before anything about the series is.
        var destination = Evaluate(call.Arguments[1], grid).Text;
        var replacement = Evaluate(call.Arguments[2], grid).Text;
        var source = Evaluate(call.Arguments[3], grid).Text;
        var pattern = Evaluate(call.Arguments[4], grid).Text;
        Regex regex;
        try
        {
            regex = Re2.Anchored(pattern).Regex;
        }
        catch (QueryException)
        {
            throw new QueryException(QueryErrorKind.Execution, $"invalid regular expression in label_replace(): {pattern}", call.Span.Start);
        }

        ThrowIfInvalid(destination, "destination label name in label_replace()", call);
        var input = Evaluate(call.Arguments[0], grid).Vector;
        var template = ReplacementTemplate.Parse(replacement, regex);
        return Relabel(input, destination, labels =>
        {
            var match = regex.Match(labels[source]);
            return match.Success ? template.Expand(match) : null;
        });
    }

    private List<Column> LabelJoin(CallExpression call, StepGrid grid)
    {
        var destination = Evaluate(call.Arguments[1], grid).Text;
        var separator = Evaluate(call.Arguments[2], grid).Text;
        var sources = call.Arguments.Skip(3).Select(a => Evaluate(a, grid).Text).ToArray();
        foreach (var source in sources)
        {
            ThrowIfInvalid(source, "source label name in label_join()", call);
        }

        ThrowIfInvalid(destination, "destination label name in label_join()", call);
        var input = Evaluate(call.Arguments[0], grid).Vector;
        return Relabel(input, destination, labels =>
        {
            var joined = new StringBuilder();
            for (var i = 0; i < sources.Length; i++)
            {
                joined.Append(i > 0 ? separator : string.Empty).Append(labels[sources[i]]);
            }

            return joined.ToString();
        });
    }

    private static void ThrowIfInvalid(string label, string what, CallExpression call)
    {
        if (label.Length == 0 || Syntax.QuotedText.HasStrayBytes(label))
        {
            throw new QueryException(QueryErrorKind.Execution, $"invalid {what}: {label}", call.Span.Start);
        }
    }

    private static List<Column> Relabel(List<Column> input, string destination, Func<LabelSet, string?> value)
    {
        var output = new List<Column>(input.Count);
        foreach (var column in input)
        {
            var text = value(column.Labels);
            var labels = text is null ? column.Labels : column.Labels.With(destination, text);
            // A name that was set on purpose stays.
            var dropName = column.DropName && (text is null || destination != LabelSet.MetricName);
            output.Add(column.WithLabels(labels, dropName).Copy());
        }

        return MergeSameLabels(output);
    }
}
