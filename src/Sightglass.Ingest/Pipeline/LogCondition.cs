using System.Buffers.Text;
using System.Text;
using System.Text.RegularExpressions;

namespace Sightglass.Ingest.Pipeline;

/// <summary>How a field is compared.</summary>
public enum FieldComparison
{
    /// <summary>It is one of the texts.</summary>
    Is,

    /// <summary>One of the texts is in it.</summary>
    Contains,

    /// <summary>The expression matches somewhere in it.</summary>
    Matches,

    /// <summary>It is a number (or a level) not below.</summary>
    AtLeast,

    /// <summary>It is a number (or a level) not above.</summary>
    AtMost,

    /// <summary>The record has it.</summary>
    Exists,
}

/// <summary>A comparison of one field.</summary>
/// <param name="Field">Name of the field.</param>
/// <param name="Comparison">How.</param>
/// <param name="Negated">Whether the opposite is wanted.</param>
public sealed record FieldTest(string Field, FieldComparison Comparison, bool Negated)
{
    /// <summary>Texts to compare with.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The expression of <see cref="FieldComparison.Matches"/>, linear in the length of the text.</summary>
    public Regex? Expression { get; init; }

    /// <summary>The bound, for levels the lowest OpenTelemetry severity number of theirs.</summary>
    public double Bound { get; init; }
}

/// <summary>Comparisons that all have to hold. Immutable.</summary>
/// <param name="Tests">The comparisons.</param>
public sealed record LogCondition(IReadOnlyList<FieldTest> Tests)
{
    private readonly Prepared[] _prepared = [.. Tests.Select(t => new Prepared(LogField.Of(t.Field), t, [.. t.Texts.Select(Encoding.UTF8.GetBytes)]))];

    /// <summary>Holds for every record.</summary>
    public static LogCondition Always { get; } = new([]);

    internal bool Holds(LogRowView row)
    {
        foreach (ref readonly var test in _prepared.AsSpan())
        {
            if (test.Holds(row) == test.Test.Negated)
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Prepared(LogField Field, FieldTest Test, byte[][] Texts)
    {
        public bool Holds(LogRowView row)
        {
            if (Field.Kind == LogFieldKind.Level && Test.Comparison is FieldComparison.AtLeast or FieldComparison.AtMost)
            {
                var severity = row.Severity;
                return severity != 0 && (Test.Comparison == FieldComparison.AtLeast ? severity >= Test.Bound : LogLevel.Floor(severity) <= Test.Bound);
            }

            if (!row.TryText(Field, out var text))
            {
                // What is not there is an empty text, as a label is.
                return Test.Comparison == FieldComparison.Is && Array.Exists(Texts, t => t.Length == 0);
            }

            switch (Test.Comparison)
            {
                case FieldComparison.Is:
                    foreach (var wanted in Texts)
                    {
                        if (text.SequenceEqual(wanted))
                        {
                            return true;
                        }
                    }

                    return false;
                case FieldComparison.Contains:
                    foreach (var wanted in Texts)
                    {
                        if (text.IndexOf(wanted) >= 0)
                        {
                            return true;
                        }
                    }

                    return false;
                case FieldComparison.Matches:
                    return Test.Expression!.IsMatch(row.Characters(text));
                case FieldComparison.Exists:
                    return true;
                default:
                    return Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length
                        && (Test.Comparison == FieldComparison.AtLeast ? number >= Test.Bound : number <= Test.Bound);
            }
        }
    }
}

/// <summary>Levels by name, from OpenTelemetry's severity numbers.</summary>
public static class LogLevel
{
    private static readonly string[] Names = ["trace", "debug", "info", "warn", "error", "fatal"];
    private static readonly byte[][] NameBytes = [.. Names.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The names, from the lowest.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The lowest severity number of a level; 0 where there is none of the name.</summary>
    public static int NumberOf(string name) => (Array.IndexOf(Names, name) * 4) + 1 is var number and > 0 ? number : 0;

    internal static int Floor(int severity) => severity is > 0 and <= 24 ? ((severity - 1) / 4 * 4) + 1 : 0;

    internal static ReadOnlySpan<byte> NameOf(int severity) => severity is > 0 and <= 24 ? NameBytes[(severity - 1) / 4] : default;
}
