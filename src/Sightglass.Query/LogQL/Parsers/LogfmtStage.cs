using Sightglass.Query.LogQL.Pipeline;
using Sightglass.Query.Syntax;

namespace Sightglass.Query.LogQL.Parsers;

/// <summary><c>| logfmt</c>, of all pairs or of picked ones.</summary>
/// <param name="strict">Marks a line with a word that is no pair as an error.</param>
/// <param name="keepEmpty">Keeps keys without a value.</param>
/// <param name="picks">Label and key; none takes all.</param>
internal sealed class LogfmtStage(bool strict, bool keepEmpty, IReadOnlyList<(string Label, string Key)> picks) : LogStage
{
    public const string Error = "LogfmtParserErr";

    private readonly LabelNames _names = new(static key => LabelNames.Sanitize(key));
    private LabelNeeds? _wanted;

    /// <inheritdoc/>
    public override string ToString() =>
        "| logfmt" + (strict ? " --strict" : string.Empty) + (keepEmpty ? " --keep-empty" : string.Empty)
        + (picks.Count > 0 ? " " : string.Empty) + string.Join(',', picks.Select(static p => $"{p.Label}={QuotedText.Quote(p.Key)}"));

    /// <inheritdoc/>
    public override bool Process(LogEntry entry)
    {
        var slice = entry.LineSlice;
        if (!entry.WantsMore)
        {
            return true;
        }

        var scanner = new LogfmtScanner(entry.Line);
        while (scanner.Next())
        {
            if (strict && scanner.Error is not null)
            {
                break;
            }

            if (scanner.Value.Length == 0 && !keepEmpty && picks.Count == 0)
            {
                continue;
            }

            var key = entry.Line.Slice(scanner.Key.Start, scanner.Key.Length);
            if (picks.Count == 0)
            {
                var name = _names[key];
                if (_wanted is null || _wanted.Contains(name))
                {
                    entry.Extract(name, Value(entry, slice, ref scanner));
                    if (!entry.WantsMore)
                    {
                        break;
                    }
                }

                continue;
            }

            foreach (var (label, wantedKey) in picks)
            {
                if (key.SequenceEqual(wantedKey))
                {
                    entry.Extract(label, Value(entry, slice, ref scanner));
                }
            }
        }

        if (strict && scanner.Error is { } error)
        {
            entry.SetParserError(Error, error);
            return true;
        }

        foreach (var (label, _) in picks)
        {
            if (!entry.TryGet(label, out _))
            {
                entry.Extract(label, default);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Limit(LabelNeeds needs) => _wanted = needs;

    private static TextSlice Value(LogEntry entry, TextSlice line, ref LogfmtScanner scanner)
    {
        var value = scanner.Value;
        return scanner.Unescaped is { } text
            ? entry.Append(text)
            : new TextSlice(line.Start + value.Start, value.Length);
    }
}
