using Sightglass.Core.Model;

namespace Sightglass.Ingest.Pipeline;

/// <summary>A configuration made ready to run. Thread-safe.</summary>
internal sealed class CompiledPipelines
{
    private readonly List<PipelineFigures.Counter> _counters = [];

    public CompiledPipelines(PipelineConfiguration configuration, LogMetrics metrics)
    {
        Configuration = configuration;
        WellKnown = Redaction.SecretRules.CountersOf(new CounterSource(PipelineFigure.WellKnown, string.Empty, _counters));
        Pipelines = [.. configuration.Logs.Select(l => new CompiledPipeline(l, metrics, _counters))];
    }

    public PipelineConfiguration Configuration { get; }

    /// <summary>The first number under which redactions of all records are counted, by rule.</summary>
    public int WellKnown { get; }

    public CompiledPipeline[] Pipelines { get; }

    /// <summary>What is counted under which number.</summary>
    public IReadOnlyList<PipelineFigures.Counter> Counters => _counters;

    /// <summary>Runs all pipelines over all records, and takes out those that they drop.</summary>
    public void Run(LogRowView view)
    {
        var batch = view.Batch;
        bool[]? removed = null;
        foreach (var pipeline in Pipelines)
        {
            if (!pipeline.IsFor(batch.Receiver))
            {
                continue;
            }

            var streams = pipeline.StreamsOf(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                if ((removed is not null && removed[i]) || (streams is not null && !streams[batch.Rows[i].Resource]))
                {
                    continue;
                }

                view.Begin(i);
                if (pipeline.Apply(view))
                {
                    view.End();
                }
                else
                {
                    (removed ??= new bool[batch.Count])[i] = true;
                }
            }
        }

        if (removed is not null)
        {
            batch.RemoveRows(removed);
        }
    }
}

/// <summary>One pipeline made ready to run. Thread-safe.</summary>
internal sealed class CompiledPipeline
{
    private readonly int _records;

    public CompiledPipeline(LogPipelineConfiguration configuration, LogMetrics metrics, List<PipelineFigures.Counter> counters)
    {
        Configuration = configuration;
        _records = new CounterSource(configuration.Name, string.Empty, counters).Of(PipelineCount.Records);
        Steps = [.. configuration.Processors.Select((p, i) => new PipelineStep(p, new CounterSource(configuration.Name, $"{i + 1} {p.Kind}", counters), metrics))];
    }

    public LogPipelineConfiguration Configuration { get; }

    public PipelineStep[] Steps { get; }

    public bool IsFor(string receiver) => Configuration.Receivers.Count == 0 || Configuration.Receivers.Contains(receiver, StringComparer.Ordinal);

    /// <summary>Which of the batch's resources are of the pipeline's streams; null for all.</summary>
    public bool[]? StreamsOf(LogBatch batch)
    {
        if (Configuration.Streams.Count == 0)
        {
            return null;
        }

        var holds = new bool[batch.Resources.Count];
        for (var i = 0; i < holds.Length; i++)
        {
            var resource = batch.Resources[i].Attributes;
            holds[i] = Configuration.Streams.All(m => m.Matches(StreamLabel(batch, resource, m.Name)));
        }

        return holds;
    }

    /// <summary>Runs every step; false takes the record out.</summary>
    public bool Apply(LogRowView view)
    {
        view.Count(_records);
        foreach (var step in Steps)
        {
            if (!step.Apply(view))
            {
                return false;
            }
        }

        return true;
    }

    // Attributes of OTLP are labels with underscores.
    private static string StreamLabel(LogBatch batch, AttributeRange range, string name)
    {
        for (var i = range.Start; i < range.Start + range.Count; i++)
        {
            if (IsLabel(batch.AttributeKey(i), name) && batch.AttributeTypeOf(i) == AttributeType.String)
            {
                return System.Text.Encoding.UTF8.GetString(batch.AttributeBytes(i));
            }
        }

        return string.Empty;
    }

    private static bool IsLabel(ReadOnlySpan<byte> key, string name)
    {
        if (key.Length != name.Length)
        {
            return false;
        }

        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] != name[i] && !(name[i] == '_' && !char.IsAsciiLetterOrDigit((char)key[i])))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One processor of a pipeline with the condition that it is under.</summary>
internal sealed class PipelineStep
{
    private readonly LogCondition _where;
    private readonly LogProcessor _processor;
    private readonly int _dropped;

    public PipelineStep(ProcessorConfiguration configuration, CounterSource counters, LogMetrics metrics)
    {
        Name = counters.Processor;
        _dropped = counters.Of(PipelineCount.Dropped);

        // A filter is its condition.
        _where = configuration is FilterConfiguration ? LogCondition.Always : configuration.Where;
        _processor = LogProcessor.Create(configuration, counters, metrics);
    }

    /// <summary>Number and name.</summary>
    public string Name { get; }

    /// <summary>Whether the record is one that the step is for.</summary>
    public bool IsFor(LogRowView view) => _where.Holds(view);

    /// <summary>Changes the record if it is for it; false takes it out.</summary>
    public bool Apply(LogRowView view)
    {
        if (!_where.Holds(view) || _processor.Apply(view))
        {
            return true;
        }

        view.Count(_dropped);
        return false;
    }
}
