using System.CommandLine;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Pipeline;
using Sightglass.Ingest.Tail;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass test pipeline CONFIG &lt; lines</c>: shows what a configuration does to lines, stage by stage, and stores nothing.</summary>
internal static class TestPipelineCommand
{
    /// <summary>The most that is read: a dry run is for looking at, line by line.</summary>
    private const int MaxInputBytes = 64 << 20;

    public static Command Build()
    {
        var file = new Argument<FileInfo>("CONFIG") { Description = "The configuration." };
        var receiver = new Option<string?>("--receiver") { Description = $"The receiver that the lines come by: {string.Join(", ", PipelineReader.Receivers)}. The default is files where the configuration has logs, else loki." };
        var logs = new Option<string?>("--logs") { Description = "Name of the entry of logs whose parser, multiline and labels hold; needed where there are several." };
        var labels = new Option<string[]>("--label") { Description = "A label of the stream, NAME=VALUE." };
        var command = new Command("pipeline", "Show what the pipelines of a configuration do to the lines on standard input, and store nothing.") { file, receiver, logs, labels };
        command.SetAction((result, _) => CommandTree.Guarded(() => Task.FromResult(Run(
            ConfigurationLoader.Load(result.GetValue(file)!.FullName), result.GetValue(receiver), result.GetValue(logs), result.GetValue(labels) ?? [], Console.OpenStandardInput(), Console.Out, TimeProvider.System))));
        return command;
    }

    /// <summary>Prints every record with what each stage did, and a summary; 1 when a record did not parse.</summary>
    /// <exception cref="FormatException">The arguments do not fit the configuration.</exception>
    internal static int Run(ServerConfiguration configuration, string? receiver, string? entry, IReadOnlyList<string> labels, Stream input, TextWriter output, TimeProvider time)
    {
        receiver ??= configuration.Logs.Count > 0 ? FileTailer.Receiver : "loki";
        if (!PipelineReader.Receivers.Contains(receiver, StringComparer.Ordinal))
        {
            throw new FormatException($"--receiver: got \"{receiver}\", want {string.Join(", ", PipelineReader.Receivers)}");
        }

        if (entry is not null && receiver != FileTailer.Receiver)
        {
            throw new FormatException($"--logs: receiver {receiver} does not read files");
        }

        var files = receiver == FileTailer.Receiver ? Entry(configuration.Logs, entry) : null;
        var set = new LabelSetBuilder(files?.Labels ?? LabelSet.Empty);
        if (set.Get("job").Length == 0)
        {
            set.Set("job", files?.Name ?? receiver);
        }

        foreach (var label in labels)
        {
            var sign = label.IndexOf('=', StringComparison.Ordinal);
            set.Set(sign > 0 ? label[..sign] : throw new FormatException($"--label: got \"{label}\", want NAME=VALUE"), label[(sign + 1)..]);
        }

        var intake = new LogIntake(new NoSink(), new IngestLedger(time), IngestLimits.Default, time, output.WriteLine) { Retention = configuration.LogRetention };
        var dryRun = new PipelineDryRun(configuration.Pipelines, new DryRunSource(receiver, set.Build(), files), intake);
        var (records, unparsed, dropped) = (0, 0, 0);
        foreach (var record in dryRun.Run(Read(input)))
        {
            records++;
            unparsed += record.IsParsed ? 0 : 1;
            dropped += record.IsKept ? 0 : 1;
            output.WriteLine($"{records}: {record.Text.ReplaceLineEndings("\n   ")}");
            foreach (var step in record.Steps)
            {
                output.WriteLine($"   {step.Stage}{(step.Outcome.Length > 0 ? ": " : string.Empty)}{step.Outcome}");
            }
        }

        output.WriteLine($"{records} records: {records - dropped} stored, {dropped} dropped, {unparsed} did not parse");
        return unparsed > 0 ? 1 : 0;
    }

    private static TailConfiguration? Entry(IReadOnlyList<TailConfiguration> logs, string? name) => (name, logs.Count) switch
    {
        (null, 0) => null,
        (null, 1) => logs[0],
        (null, _) => throw new FormatException($"--logs: the configuration has several entries, say which: {string.Join(", ", logs.Select(l => l.Name))}"),
        _ => logs.FirstOrDefault(l => l.Name == name) ?? throw new FormatException($"--logs: got \"{name}\", want one of {string.Join(", ", logs.Select(l => l.Name))}"),
    };

    private static ReadOnlyMemory<byte> Read(Stream input)
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (input.Read(buffer) is > 0 and var read)
        {
            text.Write(buffer, 0, read);
            if (text.Length > MaxInputBytes)
            {
                throw new FormatException($"standard input: more than {MaxInputBytes} bytes, limit {nameof(MaxInputBytes)}");
            }
        }

        return text.GetBuffer().AsMemory(0, (int)text.Length);
    }

    /// <summary>A dry run stores nothing.</summary>
    private sealed class NoSink : IBatchSink
    {
        public AppendResult Append(MetricBatch batch) => throw new System.Diagnostics.UnreachableException("BUG: a dry run stores metrics");

        public AppendResult Append(LogBatch batch) => throw new System.Diagnostics.UnreachableException("BUG: a dry run stores logs");

        public AppendResult Append(SpanBatch batch) => throw new System.Diagnostics.UnreachableException("BUG: a dry run stores spans");
    }
}
