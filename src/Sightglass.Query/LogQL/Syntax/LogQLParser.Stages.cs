using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Core.Templates;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Filters;
using Sightglass.Query.LogQL.Parsers;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Templates;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Reads the stages of a pipeline.</summary>
internal sealed partial class LogQLParser
{
    // Reads stages until something else comes; with inRange an unwrap with its conditions ends them.
    private void Stages(List<LogStage> stages, bool inRange, out Unwrap? unwrap)
    {
        unwrap = null;
        while (true)
        {
            var token = Current;
            if (token.Kind != LogQLTokenKind.Symbol)
            {
                return;
            }

            switch (token.Text)
            {
                case "|=" or "!=" or "|~" or "!~" or "|>" or "!>":
                    if (unwrap is not null)
                    {
                        throw Unexpected("expecting a label filter after unwrap");
                    }

                    stages.Add(LineFilter());
                    break;
                case "|" when unwrap is not null:
                    _at++;
                    ((List<LabelCondition>)unwrap.Conditions).Add(Condition());
                    break;
                case "|":
                    _at++;
                    if (inRange && TakeWord("unwrap"))
                    {
                        unwrap = UnwrapStage();
                        break;
                    }

                    stages.Add(Stage());
                    break;
                default:
                    return;
            }
        }
    }

    private LineFilterStage LineFilter()
    {
        var symbol = Current.Text;
        _at++;
        var tests = new List<LineTest>();
        do
        {
            tests.Add(LineTestOf(symbol));
        }
        while (TakeWord("or"));

        return new LineFilterStage(symbol[0] == '!', tests);
    }

    private LineTest LineTestOf(string symbol)
    {
        var token = Current;
        if (symbol is "|=" or "!=" && TakeWord("ip"))
        {
            var matcher = Ip(out var address);
            return new LineTest(LineTestKind.Ip, address) { Ip = matcher };
        }

        var text = Text();
        switch (symbol)
        {
            case "|=" or "!=":
                return new LineTest(LineTestKind.Contains, text);
            case "|~" or "!~":
                return new LineTest(LineTestKind.Regex, text) { Expression = Expression(text, token.Position) };
            default:
                return LinePattern.TryParse(text, out var pattern, out var error)
                    ? pattern.Names.Any()
                        ? throw Error(token.Position, "named captures are not allowed in a pattern line filter")
                        : new LineTest(LineTestKind.Pattern, text) { Pattern = pattern }
                    : throw Error(token.Position, $"invalid pattern: {error}");
        }
    }

    private IpMatcher Ip(out string text)
    {
        Expect("(");
        var token = Current;
        text = Text();
        Expect(")");
        return IpMatcher.TryParse(text, out var matcher) ? matcher : throw Error(token.Position, $"ip: invalid pattern \"{text}\"");
    }

    private Re2 Expression(string text, int position)
    {
        try
        {
            return Re2.Unanchored(text);
        }
        catch (QueryException e)
        {
            throw Error(position, e.Message);
        }
    }

    private LogStage Stage()
    {
        var token = Current;
        var next = Next;

        // A stage without arguments may have a line filter after it; otherwise a comparison makes the word a label.
        var filterFollows = token.Text is "json" or "logfmt" or "unpack" or "decolorize" && (next.Is("!=") || next.Is("!~"));
        if (token.Kind == LogQLTokenKind.Identifier && (filterFollows || !IsOperator(next)))
        {
            _at++;
            switch (token.Text)
            {
                case "json":
                    return JsonParser();
                case "logfmt":
                    return LogfmtParser();
                case "unpack":
                    return new UnpackStage();
                case "decolorize":
                    return new DecolorizeStage();
                case "pattern":
                    return Pattern();
                case "regexp":
                    return Regexp();
                case "line_format":
                    var at = Current.Position;
                    var template = Text();
                    return new LineFormatStage(Template("line", template, at), template);
                case "label_format":
                    return LabelFormat();
                case "drop" or "keep":
                    return SelectLabels(token.Text == "keep");
                case "unwrap":
                    throw Error(token.Position, "unwrap is only allowed inside a range aggregation");
                default:
                    _at--;
                    break;
            }
        }

        return new LabelFilterStage(Condition());
    }

    private static bool IsOperator(LogQLToken token) => token.Kind == LogQLTokenKind.Symbol && token.Text is "=" or "==" or "!=" or "=~" or "!~" or ">" or ">=" or "<" or "<=";

    private LogStage JsonParser()
    {
        var picks = new List<(string, IReadOnlyList<JsonPathStep>)>();
        var texts = new List<string>();
        foreach (var (label, path, position) in Picks())
        {
            texts.Add(path);
            picks.Add((label, JsonPathStep.Parse(path) ?? throw Error(position, $"cannot parse expression [{path}]: not a path into JSON")));
        }

        return picks.Count == 0 ? new JsonStage() : new JsonExpressionStage(picks, texts);
    }

    private LogfmtStage LogfmtParser()
    {
        var strict = false;
        var keepEmpty = false;
        while (Current.Kind == LogQLTokenKind.Flag)
        {
            strict |= Current.Text == "--strict";
            keepEmpty |= Current.Text == "--keep-empty";
            if (Current.Text is not ("--strict" or "--keep-empty"))
            {
                throw Unexpected("expecting --strict or --keep-empty");
            }

            _at++;
        }

        return new LogfmtStage(strict, keepEmpty, [.. Picks().Select(static p => (p.Label, p.Path))]);
    }

    // label="path", label, …: what json and logfmt pick.
    private List<(string Label, string Path, int Position)> Picks()
    {
        var picks = new List<(string, string, int)>();
        if (Current.Kind != LogQLTokenKind.Identifier || Current.Text is "or" or "and" or "unless" or "offset")
        {
            return picks;
        }

        do
        {
            var position = Current.Position;
            var label = Identifier();
            var path = label;
            if (Take("="))
            {
                position = Current.Position;
                path = Text();
            }

            picks.Add((label, path, position));
        }
        while (Take(","));
        return picks;
    }

    private PatternStage Pattern()
    {
        var token = Current;
        var text = Text();
        if (!LinePattern.TryParse(text, out var pattern, out var error))
        {
            throw Error(token.Position, $"invalid pattern: {error}");
        }

        return pattern.Names.Any() ? new PatternStage(pattern, text) : throw Error(token.Position, "invalid pattern: at least one capture is required");
    }

    private RegexpStage Regexp()
    {
        var token = Current;
        var text = Text();
        var regex = Expression(text, token.Position).Regex;
        var names = RegexpStage.Named(regex).ToList();
        if (names.Count == 0)
        {
            throw Error(token.Position, "at least one named capture must be supplied");
        }

        if (names.Find(n => GoExpansion.NamesOf(regex.ToString()).Count(g => g == n) > 1) is { } twice)
        {
            throw Error(token.Position, $"duplicate extracted label name '{twice}'");
        }

        return new RegexpStage(regex, text);
    }

    private LabelFormatStage LabelFormat()
    {
        var formats = new List<LabelFormat>();
        do
        {
            var position = Current.Position;
            var label = Identifier();
            if (label == LogEntry.ErrorLabel)
            {
                throw Error(position, $"{label} cannot be formatted");
            }

            if (formats.Exists(f => f.Label == label))
            {
                throw Error(position, $"multiple label name '{label}' not allowed in a single format operation");
            }

            Expect("=");
            var at = Current.Position;
            if (Current.Kind == LogQLTokenKind.Identifier)
            {
                formats.Add(new LabelFormat(label, Identifier(), null));
                continue;
            }

            var text = Text();
            formats.Add(new LabelFormat(label, text, Template("label", text, at)));
        }
        while (Take(","));
        return new LabelFormatStage(formats);
    }

    private GoTemplate Template(string name, string text, int position)
    {
        try
        {
            return GoTemplate.Parse(text, name);
        }
        catch (TemplateException e)
        {
            throw Error(position, $"invalid template: {e.Reason}");
        }
    }

    private SelectLabelsStage SelectLabels(bool keep)
    {
        var items = new List<(string, LabelMatcher?)>();
        do
        {
            if (IsOperator(Next))
            {
                var matcher = Matcher();
                items.Add((matcher.Name, matcher));
            }
            else
            {
                items.Add((Identifier(), null));
            }
        }
        while (Take(","));
        return new SelectLabelsStage(keep, items);
    }

    // As Loki's grammar: "and" binds tighter than "or"; a comma, or nothing at all, has no rank of its own and takes all that
    // follows to its right: a="1", b="2" or c="3" is a="1" and (b="2" or c="3").
    private LabelCondition Condition(string? before = null)
    {
        var left = OneCondition();
        while (Joint() is { } joint && !(before is "and" or "or" && joint is "and" or "or" && (before == "and" || joint == "or")))
        {
            Enter(Current.Position);
            _at += joint.Length > 0 ? 1 : 0;
            left = new CombinedCondition(joint != "or", left, Condition(joint));
            _depth--;
        }

        return left;
    }

    // What stands between two conditions; empty for nothing at all, null when no condition follows.
    private string? Joint() =>
        Current.IsWord("or") || Current.IsWord("and") || Current.Is(",") ? Current.Text
        : Current.Is("(") || (Current.Kind == LogQLTokenKind.Identifier && IsOperator(Next)) ? string.Empty : null;

    private LabelCondition OneCondition()
    {
        Enter(Current.Position);
        if (Take("("))
        {
            var inside = Condition();
            Expect(")");
            _depth--;
            return inside;
        }

        var name = Identifier();
        if (!IsOperator(Current))
        {
            throw Unexpected("expecting a comparison");
        }

        var symbol = Current.Text;
        _at++;
        _depth--;
        var value = Current;
        if (value.Kind == LogQLTokenKind.String && symbol != "==")
        {
            _at++;
            var type = symbol switch { "=" => MatchType.Equal, "!=" => MatchType.NotEqual, "=~" => MatchType.Regex, "!~" => MatchType.NotRegex, _ => throw Error(value.Position, $"{symbol} compares with a number, duration or size, not with a string") };
            return new TextCondition(Matching(type, name, value.Text, value.Position));
        }

        if (value.IsWord("ip") && symbol is "=" or "!=")
        {
            _at++;
            return OfText(new IpCondition(name, symbol == "!=", Ip(out var text), text), name, value.Position);
        }

        var op = symbol switch
        {
            "=" or "==" => CompareOp.Equal,
            "!=" => CompareOp.NotEqual,
            ">" => CompareOp.Greater,
            ">=" => CompareOp.GreaterOrEqual,
            "<" => CompareOp.Less,
            "<=" => CompareOp.LessOrEqual,
            _ => throw Unexpected("expecting STRING"),
        };
        var positive = Take("+");
        var negative = !positive && Take("-");
        value = Current;
        var kind = value.Kind switch
        {
            LogQLTokenKind.Number => QuantityKind.Number,
            LogQLTokenKind.Duration when !positive => QuantityKind.Duration,
            LogQLTokenKind.Bytes when !negative && !positive => QuantityKind.Bytes,
            _ => throw Unexpected($"expecting BYTES {(symbol is "=" or "!=" ? "or STRING " : string.Empty)}or NUMBER or DURATION"),
        };
        _at++;
        if (kind == QuantityKind.Number && value.Text.StartsWith('0') && value.Text.Length > 1 && char.IsAsciiLetter(value.Text[1]) && value.Text[1] is not ('e' or 'E'))
        {
            throw Error(value.Position, $"unable to parse literal as a float: {value.Text}");
        }

        return OfText(new QuantityCondition(name, op, kind, negative ? -value.Number : value.Number, value.Text), name, value.Position);
    }

    // Errors are told in words.
    private LabelCondition OfText(LabelCondition condition, string name, int position) => name is LogEntry.ErrorLabel or LogEntry.ErrorDetailsLabel
        ? throw Error(position, $"{name} is a string label and cannot be compared with {condition}")
        : condition;

    private Unwrap UnwrapStage()
    {
        var name = Identifier();
        if (!Take("("))
        {
            return new Unwrap(name, QuantityKind.Number, string.Empty, new List<LabelCondition>());
        }

        var kind = name switch
        {
            "duration" or "duration_seconds" => QuantityKind.Duration,
            "bytes" => QuantityKind.Bytes,
            _ => throw Error(_tokens[_at - 2].Position, $"unknown conversion \"{name}\", expecting bytes, duration or duration_seconds"),
        };
        var label = Identifier();
        Expect(")");
        return new Unwrap(label, kind, name, new List<LabelCondition>());
    }
}
