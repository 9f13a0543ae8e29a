using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>What a template alone says of its texts.</summary>
internal enum Verdict
{
    /// <summary>No text passes.</summary>
    None,

    /// <summary>It takes a look at the texts.</summary>
    Some,

    /// <summary>Every text passes.</summary>
    All,
}

/// <summary>Says from the constant pieces of a template, and from what kinds of bytes vary between them, whether its texts pass a test.</summary>
internal static class TemplateJudge
{
    public static Verdict Judge(Template template, ValueTest test)
    {
        switch (test)
        {
            case ExistsTest:
                return Verdict.All;
            case ContainsTest contains:
                return Contains(template, contains.Search);
            case CompareTest { Op: CompareOp.Equal } equal:
                return equal.Value.Type == AttributeType.String && MayEqual(template, equal.Bytes) ? Verdict.Some : Verdict.None;
            case MatchesTest matches:
                return Matches(template, matches);
            default:
                return Verdict.Some;
        }
    }

    private static Verdict Matches(Template template, MatchesTest test)
    {
        if (template.Variables.Length == 0)
        {
            return test.Test(AttributeType.String, 0, template.Pieces[0]) ? Verdict.All : Verdict.None;
        }

        foreach (var required in test.Searches)
        {
            if (Contains(template, required) == Verdict.None)
            {
                return Verdict.None;
            }
        }

        if (test.IsLocal)
        {
            foreach (var piece in template.Pieces)
            {
                if (piece.Length > 0 && test.Test(AttributeType.String, 0, piece))
                {
                    return Verdict.All;
                }
            }
        }

        return Verdict.Some;
    }

    private static Verdict Contains(Template template, SubstringSearch search) => TemplateNeedle.IsInPiece(template, search) ? Verdict.All
        : TemplateNeedle.MayBeIn(template, search) ? Verdict.Some : Verdict.None;

    private static bool MayEqual(Template template, ReadOnlySpan<byte> text)
    {
        var least = 0;
        long most = 0;
        foreach (var piece in template.Pieces)
        {
            least += piece.Length;
        }

        foreach (var variable in template.Variables)
        {
            most += variable.Longest;
        }

        return text.Length >= least && text.Length <= least + most && text.StartsWith(template.Pieces[0]) && text.EndsWith(template.Pieces[^1]);
    }
}
