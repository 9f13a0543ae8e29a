using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;
using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.LogQL.Tree;

namespace Sightglass.Query.LogQL.Syntax;

/// <summary>Reads LogQL by recursive descent; every error carries its place.</summary>
internal sealed partial class LogQLParser
{
    private readonly string _query;
    private readonly QueryLimits _limits;
    private readonly List<LogQLToken> _tokens;
    private int _at;
    private int _depth;

    private LogQLParser(string query, QueryLimits limits)
    {
        _query = query;
        _limits = limits;
        _tokens = LogQLLexer.Read(query);
    }

    private LogQLToken Current => _tokens[_at];

    private LogQLToken Next => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    /// <summary>Reads a whole query.</summary>
    /// <exception cref="QueryException">It is not LogQL, or says something that is not supported.</exception>
    public static LogQLNode Parse(string query, QueryLimits limits)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(query);
        if (size > limits.MaxQueryBytes)
        {
            throw new LimitExceededException(nameof(limits.MaxQueryBytes), limits.MaxQueryBytes, size, "query");
        }

        var parser = new LogQLParser(query, limits);
        var node = parser.Expression();
        return parser.Current.Kind == LogQLTokenKind.End ? node : throw parser.Unexpected();
    }

    /// <summary>Reads a bare stream selector, as <c>match[]</c> has it.</summary>
    public static IReadOnlyList<LabelMatcher> ParseSelector(string query, QueryLimits limits)
    {
        var parser = new LogQLParser(query, limits);
        var matchers = parser.Selector(requireMatch: false);
        return parser.Current.Kind == LogQLTokenKind.End ? matchers : throw parser.Unexpected();
    }

    private LogQLNode Expression()
    {
        // A selector, alone or in brackets, begins a log query; all else is a metric.
        var ahead = _at;
        while (_tokens[ahead].Is("("))
        {
            ahead++;
        }

        return _tokens[ahead].Is("{") ? Log() : Current.IsWord("variants") ? Variants() : Binary(0);
    }

    private LogNode Log()
    {
        var start = Current.Position;
        var brackets = 0;
        while (Take("("))
        {
            brackets++;
        }

        var matchers = Selector(requireMatch: true);
        var stages = new List<LogStage>();
        while (true)
        {
            Stages(stages, inRange: false, out _);
            if (brackets == 0 || !Take(")"))
            {
                break;
            }

            brackets--;
        }

        return brackets == 0 ? new LogNode(start, matchers, stages) : throw Unexpected("expecting )");
    }

    private List<LabelMatcher> Selector(bool requireMatch)
    {
        var start = Current.Position;
        Expect("{");
        var matchers = new List<LabelMatcher>();
        while (!Take("}"))
        {
            if (matchers.Count > 0 && !Take(","))
            {
                throw Unexpected("expecting } or ,");
            }

            matchers.Add(Matcher());
        }

        if (requireMatch && matchers.TrueForAll(static m => m.MatchesEmpty))
        {
            throw Error(start, "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will");
        }

        return matchers;
    }

    private LabelMatcher Matcher()
    {
        var name = Identifier();
        var type = Current.Text switch
        {
            "=" when Current.Kind == LogQLTokenKind.Symbol => MatchType.Equal,
            "!=" => MatchType.NotEqual,
            "=~" => MatchType.Regex,
            "!~" => MatchType.NotRegex,
            _ => throw Unexpected("expecting = or != or =~ or !~"),
        };
        _at++;
        var value = Current;
        return Matching(type, name, Text(), value.Position);
    }

    private LabelMatcher Matching(MatchType type, string name, string value, int position)
    {
        try
        {
            return new LabelMatcher(type, name, value);
        }
        catch (QueryException e)
        {
            throw Error(position, e.Message);
        }
    }

    private string Identifier()
    {
        var token = Current;
        if (token.Kind != LogQLTokenKind.Identifier)
        {
            throw Unexpected("expecting IDENTIFIER");
        }

        _at++;
        return token.Text;
    }

    private string Text()
    {
        var token = Current;
        if (token.Kind != LogQLTokenKind.String)
        {
            throw Unexpected("expecting STRING");
        }

        _at++;
        return token.Text;
    }

    private bool Take(string symbol)
    {
        if (!Current.Is(symbol))
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TakeWord(string word)
    {
        if (!Current.IsWord(word))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw Unexpected($"expecting {symbol}");
        }
    }

    private void Enter(int position)
    {
        if (++_depth > _limits.MaxExpressionDepth)
        {
            throw Error(position, $"expression nests deeper than {_limits.MaxExpressionDepth}");
        }
    }

    private QueryException Unexpected(string? want = null) =>
        Error(Current.Position, $"syntax error: unexpected {Current.Describe()}{(want is null ? string.Empty : ", " + want)}");

    private QueryException Error(int position, string message) => LogQLError.At(_query, position, message);
}
