using System.Text.RegularExpressions;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.PromQL.Scripts;

/// <summary>What the lines below an <c>eval</c> expect.</summary>
internal sealed partial class ScriptExpectations(int maxValues)
{
    private readonly List<(string Kind, Regex? Pattern, string Text)> _messages = [];
    private bool _alone;

    public List<(LabelSet Labels, List<SeriesValue> Values)> Series { get; } = [];

    public double? Scalar { get; private set; }

    public string? Text { get; private set; }

    public bool Fail { get; set; }

    public bool Ordered { get; set; }

    /// <summary>The times of a range vector that an instant query gives.</summary>
    public (long Start, long End, long Step)? Range { get; private set; }

    /// <summary>Whether the query is to run at its one time only.</summary>
    public bool ExcludedFromRange => _alone;

    /// <summary>Whether the last line was one that nothing can follow, as Prometheus reads scripts: a number, or an older line about the failure.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Asks for at least one message of a kind.</summary>
    public void Message(string kind) => _messages.Add((kind, null, string.Empty));

    public void Line(string line)
    {
        if (line.StartsWith("expected_fail_message", StringComparison.Ordinal))
        {
            _messages.Add(("fail", null, line["expected_fail_message".Length..].Trim()));
            IsComplete = true;
        }
        else if (line.StartsWith("expected_fail_regexp", StringComparison.Ordinal))
        {
            _messages.Add(("fail", Pattern(line["expected_fail_regexp".Length..].Trim()), string.Empty));
            IsComplete = true;
        }
        else if (line.Split([' ', '\t'], 2)[0] == "expect")
        {
            Expect(line);
        }
        else if (NumberText.TryParseFloat(line, out var scalar) || (line.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && NumberText.TryParse(line, out scalar)))
        {
            Scalar = scalar;
            IsComplete = true;
        }
        else
        {
            Series.Add(SeriesNotation.Parse(line, maxValues));
        }
    }

    /// <summary>Checks the messages of a kind; null when all is as expected.</summary>
    public ScriptProblem? CheckMessages(string kind, IReadOnlyList<string> got)
    {
        if (_messages.Exists(e => e.Kind == "no_" + kind) && got.Count > 0)
        {
            return new ScriptProblem($"no {kind}", string.Join(" | ", got));
        }

        var wanted = _messages.FindAll(e => e.Kind == kind);
        if (wanted.Count == 0)
        {
            return null;
        }

        foreach (var (_, pattern, text) in wanted)
        {
            if (!got.Any(message => Matches(pattern, text, message)))
            {
                return new ScriptProblem($"{kind}: {pattern?.ToString() ?? text}", got.Count == 0 ? "none" : string.Join(" | ", got));
            }
        }

        var extra = got.FirstOrDefault(message => !wanted.Exists(w => Matches(w.Pattern, w.Text, message)));
        return extra is null ? null : new ScriptProblem($"no other {kind}", extra);
    }

    /// <summary>Scripts for Prometheus up to 3.13 expect messages without the place in the query and what comes before it.</summary>
    private static bool Matches(Regex? pattern, string text, string message)
    {
        if (pattern is null && text.Length == 0)
        {
            return true;
        }

        var placeless = Place().Replace(message, string.Empty);
        return pattern is null ? text == message || text == placeless : pattern.IsMatch(message) || pattern.IsMatch(placeless);
    }

    private void Expect(string line)
    {
        var expect = ExpectLine().Match(line);
        if (!expect.Success)
        {
            throw new QueryException(QueryErrorKind.BadData, "invalid expect statement, must match `expect <type> <match_type>: <string>` format");
        }

        var kind = expect.Groups[1].Value;
        var rest = expect.Groups[2].Value.Trim();
        switch (kind)
        {
            case "ordered":
                Ordered = true;
                return;
            case "string":
                Text = Literal(rest);
                _alone = true;
                return;
            case "range":
                var range = VectorRangeLine().Match(rest);
                if (!range.Success)
                {
                    throw new QueryException(QueryErrorKind.BadData, $"invalid range vector definition {QuotedText.Quote(line)}");
                }

                Range = (PromQLScript.Milliseconds(range.Groups[1].Value), PromQLScript.Milliseconds(range.Groups[2].Value), PromQLScript.Milliseconds(range.Groups[3].Value));
                _alone = true;
                return;
        }

        Fail |= kind == "fail";
        if (rest.StartsWith("regex:", StringComparison.Ordinal))
        {
            _messages.Add((kind, Pattern(rest[6..].Trim()), string.Empty));
        }
        else if (rest.Length == 0 || rest.StartsWith("msg:", StringComparison.Ordinal))
        {
            _messages.Add((kind, null, rest.Length == 0 ? rest : rest[4..].Trim()));
        }
        else
        {
            throw new QueryException(QueryErrorKind.BadData, $"invalid token {QuotedText.Quote(rest)} after {kind}, expected msg: or regex:");
        }

        Conflict("info");
        Conflict("warn");
        if (_messages.Count(m => m.Kind == "fail") > 1)
        {
            throw new QueryException(QueryErrorKind.BadData, "invalid expect lines, multiple expect fail lines are not allowed");
        }
    }

    private void Conflict(string kind)
    {
        if (_messages.Exists(m => m.Kind == kind) && _messages.Exists(m => m.Kind == "no_" + kind))
        {
            throw new QueryException(QueryErrorKind.BadData, $"invalid expect lines, {kind} and no_{kind} cannot be used together");
        }
    }

    private static Regex Pattern(string pattern) => Re2.Unanchored(pattern).Regex;

    private static string Literal(string quoted)
    {
        var at = 0;
        if (quoted.Length == 0 || quoted[0] is not ('"' or '\'' or '`') || !QuotedText.TryRead(quoted, ref at, out var value, out _) || at != quoted.Length)
        {
            throw new QueryException(QueryErrorKind.BadData, "expected string literal not valid - check that the string is correctly quoted");
        }

        return value;
    }

    [GeneratedRegex(@"(, from buckets .*)? \(\d+:\d+\)$")]
    private static partial Regex Place();

    [GeneratedRegex(@"^expect\s+(ordered|fail|warn|no_warn|info|no_info|string|range)\b(.*)$")]
    private static partial Regex ExpectLine();

    [GeneratedRegex(@"^vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$")]
    private static partial Regex VectorRangeLine();
}
