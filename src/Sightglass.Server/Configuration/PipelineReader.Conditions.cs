using System.Globalization;
using Sightglass.Alerting;
using Sightglass.Ingest.Pipeline;
using YamlDotNet.RepresentationModel;
using LogLevel = Sightglass.Ingest.Pipeline.LogLevel;

namespace Sightglass.Server.Configuration;

/// <summary>Conditions: a mapping of fields, each with a value, a list of values, or a mapping of comparisons. All have to hold.</summary>
internal static partial class PipelineReader
{
    private const string Comparisons = "is, not, contains, not_contains, matches, not_matches, at_least, at_most or exists";

    private static LogCondition Condition(YamlSection options, string key)
    {
        if (options.Section(key) is not { } section)
        {
            return LogCondition.Always;
        }

        var tests = new List<FieldTest>();
        foreach (var field in section.Keys.ToArray())
        {
            switch (section.Node(field))
            {
                case YamlScalarNode:
                    tests.Add(Is(section, field, field, [section.Text(field)!], negated: false));
                    break;
                case YamlSequenceNode:
                    tests.Add(Is(section, field, field, section.Texts(field), negated: false));
                    break;
                default:
                    AddComparisons(section.Section(field) ?? throw section.Error(field, $"{field}: want a value, a list, or a mapping of {Comparisons}"), field, tests);
                    break;
            }
        }

        return tests.Count > 0 ? new LogCondition(tests) : throw options.Error(key, $"{key}: a condition names at least one field");
    }

    private static void AddComparisons(YamlSection section, string field, List<FieldTest> tests)
    {
        foreach (var comparison in section.Keys.ToArray())
        {
            var negated = comparison is "not" || comparison.StartsWith("not_", StringComparison.Ordinal);
            tests.Add(comparison switch
            {
                "is" or "not" => Is(section, comparison, field, Values(section, comparison), negated),
                "contains" or "not_contains" => new FieldTest(field, FieldComparison.Contains, negated) { Texts = Values(section, comparison) },
                "matches" or "not_matches" => new FieldTest(field, FieldComparison.Matches, negated) { Expression = LogsReader.Expression(section, comparison) },
                "at_least" or "at_most" => new FieldTest(field, comparison == "at_least" ? FieldComparison.AtLeast : FieldComparison.AtMost, false) { Bound = Bound(section, comparison, field) },
                "exists" => new FieldTest(field, FieldComparison.Exists, section.Bool(comparison) == false),
                _ => throw section.Error(comparison, $"{field}: got {comparison}, want {Comparisons}"),
            });
        }
    }

    private static List<string> Values(YamlSection section, string key) => section.Node(key) is YamlSequenceNode ? section.Texts(key) : [section.Text(key)!];

    private static FieldTest Is(YamlSection section, string key, string field, IReadOnlyList<string> texts, bool negated)
    {
        foreach (var text in texts)
        {
            if (field == "level" && text.Length > 0 && LogLevel.NumberOf(text) == 0)
            {
                throw section.Error(key, $"level: got \"{text}\", want {string.Join(", ", LogLevel.All)}");
            }
        }

        return new FieldTest(field, FieldComparison.Is, negated) { Texts = texts };
    }

    private static double Bound(YamlSection section, string key, string field)
    {
        var text = section.Text(key)!;
        if (field == "level")
        {
            return LogLevel.NumberOf(text) is > 0 and var number ? number : throw section.Error(key, $"level: got \"{text}\", want {string.Join(", ", LogLevel.All)}");
        }

        return double.TryParse(text, CultureInfo.InvariantCulture, out var bound) ? bound : throw section.Error(key, $"{key}: got \"{text}\", want a number");
    }
}
