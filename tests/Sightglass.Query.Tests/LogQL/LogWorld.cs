using System.Globalization;
using System.Text;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;
using Sightglass.TestKit;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>A store with log lines and the engine over it. Times are seconds after <see cref="Epoch"/>.</summary>
internal sealed class LogWorld
{
    public const long Second = 1_000_000_000;

    // 2026-01-01T00:00:00Z
    public const long Epoch = 1_767_225_600 * Second;

    public LogWorld() => Engine = new LogQLEngine(Store, QueryLimits.Default);

    public InMemoryEventStore Store { get; } = new();

    public LogQLEngine Engine { get; }

    /// <summary>Adds a line to a stream of Loki's kind: labels as <c>a=b,c=d</c>, metadata likewise.</summary>
    public LogWorld Line(double seconds, string labels, string line, string metadata = "")
    {
        using var batch = LogBatch.Rent();
        AddPairs(batch, labels);
        var resource = batch.EndResource(ResourceKind.Labels);
        AddPairs(batch, metadata);
        batch.AddRow(new LogRow { TimeUnixNano = At(seconds), Resource = resource, Scope = -1, BodyType = AttributeType.String, BodyBits = batch.AddText(line).Packed });
        Store.Append(batch);
        return this;
    }

    /// <summary>Adds what <paramref name="fill"/> puts into a batch.</summary>
    public LogWorld Batch(Action<LogBatch> fill)
    {
        using var batch = LogBatch.Rent();
        fill(batch);
        Store.Append(batch);
        return this;
    }

    public static long At(double seconds) => Epoch + (long)(seconds * Second);

    /// <summary>Lines of a query over the first hour, oldest first.</summary>
    public IReadOnlyList<LogLine> Lines(string query, int limit = 1000, LogDirection direction = LogDirection.Forward) =>
        Engine.QueryRange(new LogQLRange(query, Epoch, At(3600)) { Limit = limit, Direction = direction }, CancellationToken.None).Lines;

    /// <summary>Texts of the lines of a query.</summary>
    public string[] Texts(string query) => [.. Lines(query).Select(static l => l.Line)];

    /// <summary>Labels of the first line that are neither of the stream nor made by us, as <c>a=b c=d</c>.</summary>
    public string Found(string query) =>
        string.Join(' ', Lines(query)[0].Labels.Where(static l => l.Source != LogLabelSource.Stream && l.Name != "detected_level").Select(static l => $"{l.Name}={l.Value}"));

    /// <summary>An instant metric query as lines <c>{labels} value</c>.</summary>
    public string[] Vector(string query, double seconds)
    {
        var result = Engine.Query(query, At(seconds), CancellationToken.None);
        return result.Kind == LogQLResultKind.Scalar
            ? [result.Scalar.ToString(CultureInfo.InvariantCulture)]
            : [.. result.Series.Select(static s => $"{s.Labels} {s.Values[0].ToString("0.######", CultureInfo.InvariantCulture)}")];
    }

    /// <summary>A metric query over a range as lines <c>{labels} step:value …</c>, with steps counted from the start.</summary>
    public string[] Matrix(string query, double start, double end, double step) =>
    [
        .. Engine.QueryRange(new LogQLRange(query, At(start), At(end)) { StepNano = (long)(step * Second) }, CancellationToken.None).Series
            .Select(s => $"{s.Labels} {string.Join(' ', s.Values.Select((v, i) => $"{(s.TimesUnixNano[i] - Epoch) / Second}:{v.ToString("0.######", CultureInfo.InvariantCulture)}"))}"),
    ];

    private static void AddPairs(LogBatch batch, string pairs)
    {
        foreach (var pair in pairs.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            batch.AddAttribute(Encoding.UTF8.GetBytes(pair[..at]), AttributeType.String, Encoding.UTF8.GetBytes(pair[(at + 1)..]));
        }
    }
}
