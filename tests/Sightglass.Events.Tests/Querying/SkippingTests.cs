using System.Globalization;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.TestKit;

namespace Sightglass.Events.Tests.Querying;

/// <summary>Filters may only leave out blocks in which nothing is: substrings and expressions find the same with and without them.</summary>
public sealed class SkippingTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_piece_of_any_line_is_found_in_as_many_lines_as_have_it()
    {
        using var store = new EventStore(new EventStoreOptions { Folder = _folder.FullPath, TimeProvider = new ManualTimeProvider(Now), RunInBackground = false });
        var random = new Random(11);
        var lines = new List<string>();
        for (var part = 0; part < 6; part++)
        {
            using var batch = LogBatch.Rent();
            batch.AddAttribute(batch.AddText("service.name"), AttributeType.String, batch.AddText($"s{part}").Packed);
            batch.EndResource(ResourceKind.Otlp);
            for (var i = 0; i < 200; i++)
            {
                var line = Line(random);
                lines.Add(line);
                batch.AddRow(new LogRow { TimeUnixNano = Nano(Now) - i, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(line).Packed });
            }

            store.Append(batch);
            store.Flush();
        }

        for (var round = 0; round < 150; round++)
        {
            var from = lines[random.Next(lines.Count)];
            var start = random.Next(from.Length);
            var needle = from.Substring(start, random.Next(1, Math.Min(24, from.Length - start) + 1));
            var want = lines.Count(l => l.Contains(needle, StringComparison.Ordinal));
            Count(store, new ContainsPredicate(Body, needle)).ShouldBe(want, needle);
            var loud = Loud(needle);
            Count(store, new ContainsPredicate(Body, loud, IgnoreCase: true)).ShouldBe(lines.Count(l => Loud(l).Contains(loud, StringComparison.Ordinal)), loud);
            var pattern = System.Text.RegularExpressions.Regex.Escape(needle[..^1]) + "." + (round % 2 == 0 ? string.Empty : "?");
            var expression = new System.Text.RegularExpressions.Regex(pattern, System.Text.RegularExpressions.RegexOptions.CultureInvariant);
            Count(store, new MatchesPredicate(Body, Re2.Unanchored(pattern.Replace("\\ ", " ", StringComparison.Ordinal)))).ShouldBe(lines.Count(expression.IsMatch), pattern);
        }
    }

    // Only the case of ASCII letters is ignored.
    private static string Loud(string text) => string.Concat(text.Select(static c => char.IsAsciiLetterLower(c) ? char.ToUpperInvariant(c) : c));

    private static ColumnRef Body => ColumnRef.Field(EventFields.Body);

    private static int Count(EventStore store, EventPredicate where) =>
        Answers.Rows(store, new EventPlan { Signal = EventSignal.Logs, MinTimeUnixNano = 0, MaxTimeUnixNano = long.MaxValue, Where = where }).Count;

    private static string Line(Random random)
    {
        var line = new StringBuilder();
        for (var word = random.Next(2, 7); word > 0; word--)
        {
            line.Append(random.Next(5) switch
            {
                0 => $"usr_{random.Next():x8}",
                1 => Guid.NewGuid().ToString(),
                2 => $"order={random.NextInt64().ToString(CultureInfo.InvariantCulture)}",
                3 => $"Grüße{random.Next(100)}",
                _ => "connection refused",
            });
            line.Append(" -/:"[random.Next(4)]);
        }

        return line.ToString();
    }

    private static long Nano(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
