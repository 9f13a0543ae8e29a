using System.Text.RegularExpressions;

namespace Sightglass.EndToEnd.Differential;

/// <summary>A difference between two servers that has a reason: by a pattern of the expression and one of the difference.</summary>
internal sealed record KnownDifference(string Expression, string Difference, string Reason)
{
    private readonly Regex _expression = new(Expression);
    private readonly Regex _difference = new(Difference);

    public bool Explains(string expression, string difference) => _expression.IsMatch(expression) && _difference.IsMatch(difference);
}
