using System.Text;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Records;

/// <summary>What a receiver adds to the records that it takes.</summary>
/// <param name="Limits">Bounds on records.</param>
/// <param name="Job">The <c>job</c> label, unless <paramref name="Labels"/> has one.</param>
/// <param name="Labels">Labels of every stream; they win over what a record says.</param>
public sealed record RecordOptions(IngestLimits Limits, string Job, LabelSet Labels)
{
    /// <summary>How long logs are kept: a record whose own time is older is stored at the time when it came, with its own as <c>original_timestamp</c>.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(36_500);

    /// <summary>The labels as bytes, <c>job</c> among them.</summary>
    internal (byte[] Name, byte[] Value)[] FixedLabels()
    {
        var labels = new LabelSetBuilder(Labels);
        if (labels.Get("job").Length == 0)
        {
            labels.Set("job", Job);
        }

        var pairs = new List<(byte[], byte[])>();
        foreach (var label in labels.Build().Span)
        {
            pairs.Add((Encoding.UTF8.GetBytes(label.Name), Encoding.UTF8.GetBytes(label.Value)));
        }

        return [.. pairs];
    }
}
