using Sightglass.Core.Model;

namespace Sightglass.Query.TraceQL.Evaluation;

/// <summary>A whole trace that is looked at: its spans in order of their start, joined to a tree.</summary>
internal sealed class TraceData
{
    public TraceData(TraceId id, List<SpanData> spans)
    {
        Id = id;
        spans.Sort(static (a, b) => a.StartUnixNano != b.StartUnixNano ? a.StartUnixNano.CompareTo(b.StartUnixNano) : string.CompareOrdinal(a.SpanId, b.SpanId));
        Spans = spans;
        var byId = new Dictionary<string, SpanData>(StringComparer.Ordinal);
        foreach (var span in spans)
        {
            byId.TryAdd(span.SpanId, span);
        }

        foreach (var span in spans)
        {
            if (span.ParentId.Length > 0 && byId.TryGetValue(span.ParentId, out var parent) && parent != span)
            {
                span.Parent = parent;
                parent.Children.Add(span);
            }
        }

        Root = spans.Find(static s => s.ParentId.Length == 0);
        StartUnixNano = spans.Min(static s => s.StartUnixNano);
        DurationNano = spans.Max(static s => s.EndUnixNano) - StartUnixNano;
        Number();
    }

    public TraceId Id { get; }

    public IReadOnlyList<SpanData> Spans { get; }

    /// <summary>The span without a parent, or null when it has not come (yet).</summary>
    public SpanData? Root { get; }

    public long StartUnixNano { get; }

    public long DurationNano { get; }

    public string RootName => Root?.Name ?? string.Empty;

    public string RootService => Root?.Resource("service.name").Text ?? string.Empty;

    // Iterative: a chain of spans may be as long as a trace is allowed to be. Spans that are each other's ancestors keep 0.
    private void Number()
    {
        var next = 1;
        var stack = new Stack<(SpanData Span, int Child)>();
        foreach (var root in Spans.Where(static s => s.Parent is null))
        {
            root.NestedLeft = next++;
            stack.Push((root, 0));
            while (stack.TryPop(out var top))
            {
                if (top.Child == top.Span.Children.Count)
                {
                    top.Span.NestedRight = next++;
                    continue;
                }

                stack.Push((top.Span, top.Child + 1));
                var child = top.Span.Children[top.Child];
                child.NestedLeft = next++;
                stack.Push((child, 0));
            }
        }
    }
}
