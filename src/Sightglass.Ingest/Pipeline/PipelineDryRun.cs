using System.Text;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Parsers;
using Sightglass.Ingest.Pipeline.Redaction;
using Sightglass.Ingest.Syslog;
using Sightglass.Ingest.Tail;

namespace Sightglass.Ingest.Pipeline;

/// <summary>Where the lines of a dry run come from.</summary>
/// <param name="Receiver">The receiver.</param>
/// <param name="Labels">Labels of the stream.</param>
/// <param name="Files">How followed files are read; null for other receivers.</param>
public sealed record DryRunSource(string Receiver, LabelSet Labels, TailConfiguration? Files);

/// <summary>What a stage did with a record.</summary>
/// <param name="Stage">The stage: pipeline, number and name.</param>
/// <param name="Outcome">What it did, in words.</param>
public sealed record DryRunStep(string Stage, string Outcome);

/// <summary>What became of a record.</summary>
/// <param name="Text">The record as it came.</param>
/// <param name="Steps">What every stage did.</param>
/// <param name="IsParsed">False where it did not parse.</param>
/// <param name="IsKept">False where a pipeline took it out.</param>
public sealed record DryRunRecord(string Text, IReadOnlyList<DryRunStep> Steps, bool IsParsed, bool IsKept);

/// <summary>
/// Shows what a configuration does to lines, stage by stage, and stores nothing. Samplers count on from line to line, as they do while serving. Not thread-safe.
/// </summary>
public sealed class PipelineDryRun
{
    private const string Unchanged = "unchanged";

    private readonly CompiledPipelines _compiled;
    private readonly DryRunSource _source;
    private readonly LogIntake _intake;
    private readonly IngestSource _counts;
    private readonly LogRowView _view = new();
    private readonly LineParser? _parser;
    private readonly IMessageDecoder? _decoder;

    /// <summary>Makes one of a configuration.</summary>
    public PipelineDryRun(PipelineConfiguration configuration, DryRunSource source, LogIntake intake)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(intake);
        _compiled = new CompiledPipelines(configuration, new LogMetrics(intake.Time));
        _source = source;
        _intake = intake;
        _counts = intake.Ledger.Source(source.Receiver, "dry run");
        _parser = source.Files is { } files ? new LineParser(files.Parser, files.TimeZone ?? intake.Time.LocalTimeZone, intake.Retention) : null;
        _decoder = source.Receiver switch
        {
            SyslogReceiver.Receiver => new SyslogDecoder(intake.Options(SyslogReceiver.Receiver, source.Labels), intake.Time.LocalTimeZone),
            GelfReceiver.Receiver => new GelfDecoder(intake.Options(GelfReceiver.Receiver, source.Labels)),
            _ => null,
        };
    }

    /// <summary>Runs over all lines of a text.</summary>
    public IEnumerable<DryRunRecord> Run(ReadOnlyMemory<byte> text)
    {
        var cutter = new RecordCutter(_parser?.Wrapper ?? LineWrapper.None, _source.Files?.MultiLine, _intake.Limits.MaxLogLineBytes);
        while (text.Length > 0)
        {
            var size = cutter.Next(text.Span, everything: true, out var record);
            if (size == 0)
            {
                yield break;
            }

            var records = cutter.Split(record) ?? [record.ToArray()];
            text = text[size..];
            foreach (var result in records.SelectMany(Ran))
            {
                yield return result;
            }
        }

        IEnumerable<DryRunRecord> Ran(byte[] line)
        {
            if (line.Length > _intake.Limits.MaxLogLineBytes)
            {
                yield return new DryRunRecord(
                    Encoding.UTF8.GetString(line.AsSpan(0, 64)) + "…",
                    [new DryRunStep("read", $"{line.Length} bytes, limit {nameof(IngestLimits.MaxLogLineBytes)} is {_intake.Limits.MaxLogLineBytes}")], IsParsed: false, IsKept: false);
            }
            else if (line.Length > 0)
            {
                yield return One(line);
            }
        }
    }

    private DryRunRecord One(byte[] line)
    {
        using var batch = LogBatch.Rent();
        batch.Receiver = _source.Receiver;
        var steps = new List<DryRunStep>();
        var unparsed = (_parser?.Unparsed ?? 0) + _counts.Unparsed + _counts.RejectedItems;
        Read(line, batch);
        var isParsed = (_parser?.Unparsed ?? 0) + _counts.Unparsed + _counts.RejectedItems == unparsed;
        if (batch.Count == 0)
        {
            return new DryRunRecord(Encoding.UTF8.GetString(line), [new DryRunStep("read", _counts.LastError?.Message ?? "nothing in it")], isParsed, IsKept: false);
        }

        _view.Use(batch, _compiled.Counters.Count);
        _view.Begin(0);
        var fields = RecordFields.Of(_view);
        steps.Add(new DryRunStep("read", (isParsed ? string.Empty : "did not parse, kept as it is; ") + fields.Text));
        if (_compiled.Configuration.RedactSecrets)
        {
            SecretRedactor.Redact(batch, _view.Counts[_compiled.WellKnown..]);
            _view.Begin(0);
            steps.Add(new DryRunStep(PipelineFigure.WellKnown, Compare(ref fields)));
        }

        var isKept = _compiled.Pipelines.All(p => Through(p, batch, ref fields, steps));
        steps.Add(new DryRunStep(isKept ? "stored" : "not stored", isKept ? fields.Text : string.Empty));
        return new DryRunRecord(Encoding.UTF8.GetString(line), steps, isParsed, isKept);
    }

    private bool Through(CompiledPipeline pipeline, LogBatch batch, ref RecordFields fields, List<DryRunStep> steps)
    {
        var name = pipeline.Configuration.Name;
        if (!pipeline.IsFor(batch.Receiver))
        {
            steps.Add(new DryRunStep(name, $"not for receiver {batch.Receiver}"));
            return true;
        }

        if (pipeline.StreamsOf(batch) is { } streams && !streams[batch.Rows[0].Resource])
        {
            steps.Add(new DryRunStep(name, "not for this stream"));
            return true;
        }

        _view.Begin(0);
        foreach (var step in pipeline.Steps)
        {
            var stage = $"{name}: {step.Name}";
            if (!step.IsFor(_view))
            {
                steps.Add(new DryRunStep(stage, "not for this record"));
                continue;
            }

            var observed = _view.Observations.Count;
            if (!step.Apply(_view))
            {
                steps.Add(new DryRunStep(stage, "dropped"));
                return false;
            }

            steps.Add(new DryRunStep(stage, _view.Observations.Count > observed ? _view.Observations[^1].ToString() : Compare(ref fields)));
        }

        _view.End();
        return true;
    }

    private string Compare(ref RecordFields fields)
    {
        var before = fields;
        fields = RecordFields.Of(_view);
        return fields.ChangesSince(before) is { Length: > 0 } changes ? changes : Unchanged;
    }

    private void Read(byte[] line, LogBatch batch)
    {
        if (_decoder is not null)
        {
            _decoder.Writer.Use(batch);
            _decoder.Add(line, _counts, _intake.Now);
            return;
        }

        foreach (var label in _source.Labels.Span)
        {
            batch.AddAttribute(Encoding.UTF8.GetBytes(label.Name), AttributeType.String, Encoding.UTF8.GetBytes(label.Value));
        }

        var resource = batch.EndResource(ResourceKind.Labels);
        (_parser ?? new LineParser(ParserConfiguration.Plain, TimeZoneInfo.Utc, _intake.Retention)).Add(batch, resource, line, _intake.Time.GetUtcNow());
    }
}
