using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Sightglass.Core.Errors;

namespace Sightglass.Core.Model;

/// <summary>
/// A regular expression with RE2's syntax and meaning, run in linear time. Anchored expressions that are literals, alternations of
/// literals, or a literal between <c>.*</c> or <c>.+</c> are compared without a regex engine. Immutable and thread-safe.
/// </summary>
public sealed class Re2
{
    /// <summary>Longest expression accepted, in characters.</summary>
    public const int MaxPatternLength = 64 << 10;

    /// <summary>From so many literals on a hash set is faster than comparing one after the other.</summary>
    private const int HashFrom = 8;

    private readonly bool _anchored;
    private readonly Re2Shape? _shape;
    private readonly FrozenSet<string>? _set;
    private Regex? _regex;
    private IReadOnlyList<string>? _required;
    private bool _requiredIgnoresCase;

    private Re2(string pattern, bool anchored, Re2Shape? shape)
    {
        Pattern = pattern;
        _anchored = anchored;
        _shape = shape;
        Literals = shape?.Literals;
        _set = Literals is { Count: >= HashFrom } ? Literals.ToFrozenSet(StringComparer.Ordinal) : null;
        if (shape is null)
        {
            _regex = Compile(pattern, anchored);
        }
    }

    /// <summary>The expression as written.</summary>
    public string Pattern { get; }

    /// <summary>For an anchored expression that is a literal or an alternation of literals: those, else null.</summary>
    public IReadOnlyList<string>? Literals { get; }

    /// <summary>True when what matches in a part of a text surely matches in the text: nothing in the pattern asks what stands around it.</summary>
    public bool IsLocal => !_anchored && !LooksAround(Pattern);

    /// <summary>Texts that every text with a match has in it; may be none though there are some. Lets a store skip.</summary>
    public IReadOnlyList<string> Required => _required ??= ReadRequired();

    /// <summary>Whether <see cref="Required"/> is without regard to the case of ASCII letters.</summary>
    public bool RequiredIgnoresCase => Required.Count > 0 && _requiredIgnoresCase;

    /// <summary>For an anchored expression that starts with a literal: a text that every match starts with, else empty. Lets an index skip.</summary>
    public string Prefix => _shape?.Prefix ?? string.Empty;

    /// <summary>The translated expression; made when it is asked for where <see cref="IsMatch"/> does without.</summary>
    public Regex Regex => _regex ??= Compile(Pattern, _anchored);

    /// <summary>An expression that has to match the whole text, as in label matchers; <c>.</c> matches a line break too.</summary>
    /// <exception cref="QueryException">It is not a valid expression.</exception>
    public static Re2 Anchored(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new Re2(pattern, anchored: true, Re2Shape.TryParse(pattern));
    }

    /// <summary>An expression that may match anywhere in the text, as in LogQL's line filters.</summary>
    /// <exception cref="QueryException">It is not a valid expression.</exception>
    public static Re2 Unanchored(string pattern) => new(pattern, anchored: false, null);

    /// <summary>Whether the expression matches.</summary>
    public bool IsMatch(string text)
    {
        if (_shape is null)
        {
            return _regex!.IsMatch(text);
        }

        if (_set is not null)
        {
            return _set.Contains(text);
        }

        return _shape.IsMatch(text);
    }

    private IReadOnlyList<string> ReadRequired()
    {
        (var texts, _requiredIgnoresCase) = Re2Literals.Of(Pattern);
        return texts;
    }

    private static Regex Compile(string pattern, bool anchored)
    {
        if (pattern.Length > MaxPatternLength)
        {
            throw new LimitExceededException(nameof(MaxPatternLength), MaxPatternLength, pattern.Length, "regular expression");
        }

        try
        {
            Re2Syntax.Check(pattern);
        }
        catch (ArgumentException e)
        {
            throw new QueryException(QueryErrorKind.BadData, $"error parsing regexp: {e.Message}", inner: e);
        }

        try
        {
            var translated = Re2Translator.Translate(pattern);
            return new Regex(
                anchored ? $@"\A(?s:{translated})\z" : translated,
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new QueryException(QueryErrorKind.BadData, $"error parsing regexp: {e.Message}: `{pattern}`", inner: e);
        }
    }

    /// <summary>Whether a pattern may have an anchor or a word boundary in it.</summary>
    private static bool LooksAround(string pattern)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    if (i < pattern.Length && "bBAzZ".Contains(pattern[i], StringComparison.Ordinal))
                    {
                        return true;
                    }

                    break;
                case '$':
                case '^' when i == 0 || pattern[i - 1] != '[' || (i > 1 && pattern[i - 2] == '\\'):
                    return true;
            }
        }

        return false;
    }
}
