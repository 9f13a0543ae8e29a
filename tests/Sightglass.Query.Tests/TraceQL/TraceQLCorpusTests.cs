using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.TraceQL.Syntax;
using Sightglass.Query.TraceQL.Validation;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.TraceQL;

/// <summary>Tempo's own examples, section by section.</summary>
public sealed class TraceQLCorpusTests
{
    [SharedTheory]
    [InlineData("valid", 200)]
    [InlineData("parse_fails", 80)]
    [InlineData("validate_fails", 60)]
    [InlineData("unsupported", 15)]
    public void Every_example_is_taken_as_its_section_says(string section, int atLeast)
    {
        var examples = Section(section).ToList();
        examples.Count.ShouldBeGreaterThan(atLeast);
        var wrong = new List<string>();
        foreach (var query in examples)
        {
            var (got, position, message) = Verdict(query);
            if (got != section || (got != "valid" && (position < 0 || position > query.Length)))
            {
                wrong.Add($"{query} -> {got} at {position}: {message}");
            }
        }

        wrong.ShouldBeEmpty(string.Join('\n', wrong));
    }

    private static (string Section, int Position, string Message) Verdict(string query)
    {
        try
        {
            var root = TraceQLParser.Parse(query, QueryLimits.Default);
            try
            {
                new TraceQLValidator(query).Check(root);
                return ("valid", 0, string.Empty);
            }
            catch (QueryException e)
            {
                return (e.Message.Contains("not supported yet", StringComparison.Ordinal) ? "unsupported" : "validate_fails", e.Position, e.Message);
            }
        }
        catch (QueryException e)
        {
            return ("parse_fails", e.Position, e.Message);
        }
    }

    // The file has one list of quoted scalars in each section; no more YAML than that is read.
    private static IEnumerable<string> Section(string name)
    {
        var inside = false;
        foreach (var line in File.ReadLines(SharedInput.PathOf("conformance/traceql/examples.yaml")))
        {
            if (line.Length > 0 && char.IsAsciiLetter(line[0]))
            {
                inside = line.StartsWith(name + ":", StringComparison.Ordinal);
                continue;
            }

            var text = line.Trim();
            if (!inside || !text.StartsWith("- ", StringComparison.Ordinal))
            {
                continue;
            }

            text = text[2..].TrimStart();
            var end = text.LastIndexOf(text[0]);
            if (text[0] == '\'')
            {
                // A comment after the query may have a quote of its own.
                end = 1;
                while (text[end] != '\'' || (end + 1 < text.Length && text[end + 1] == '\''))
                {
                    end += text[end] == '\'' ? 2 : 1;
                }

                yield return text[1..end].Replace("''", "'", StringComparison.Ordinal);
            }
            else
            {
                yield return System.Text.RegularExpressions.Regex.Unescape(text[1..end]);
            }
        }
    }
}
