using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Server.RemoteRead;

/// <summary>A selection of this server's store together with what others answered; where several have a sample at a time, the store's stands.</summary>
internal sealed class JoinedSelection : ISeriesSelection
{
    private readonly ISeriesSelection _own;
    private readonly List<(LabelSet Labels, int Own, List<RemoteSeries> Others)> _series = [];

    public JoinedSelection(ISeriesSelection own, IReadOnlyList<SortedDictionary<LabelSet, RemoteSeries>> others, IReadOnlyList<string> warnings)
    {
        _own = own;
        Warnings = [.. own.Warnings, .. warnings];
        var all = new SortedDictionary<LabelSet, (int Own, List<RemoteSeries> Others)>();
        for (var i = 0; i < own.Count; i++)
        {
            all.Add(own.Labels(i), (i, []));
        }

        foreach (var (labels, samples) in others.SelectMany(o => o))
        {
            if (!all.TryGetValue(labels, out var known))
            {
                all.Add(labels, known = (-1, []));
            }

            known.Others.Add(samples);
        }

        _series.AddRange(all.Select(s => (s.Key, s.Value.Own, s.Value.Others)));
    }

    public int Count => _series.Count;

    public IReadOnlyList<string> Warnings { get; }

    public LabelSet Labels(int series) => _series[series].Labels;

    public void Read(int series, SampleBuffer buffer)
    {
        var (_, own, others) = _series[series];
        if (own >= 0)
        {
            _own.Read(own, buffer);
        }
        else
        {
            buffer.Clear();
        }

        if (others.Count == 0)
        {
            return;
        }

        if (buffer.Count == 0 && others.Count == 1)
        {
            others[0].Read(buffer);
            if (Ascends(buffer.TimestampsMs))
            {
                return;
            }
        }

        var samples = new SortedDictionary<long, (double Value, NativeHistogram? Histogram)>();
        Gather(buffer, samples);
        var scratch = new SampleBuffer();
        foreach (var other in others)
        {
            scratch.Clear();
            other.Read(scratch);
            Gather(scratch, samples);
        }

        buffer.Clear();
        foreach (var (time, (value, histogram)) in samples)
        {
            if (histogram is null)
            {
                buffer.Add(time, value);
            }
            else
            {
                buffer.Add(time, histogram);
            }
        }
    }

    public void Dispose() => _own.Dispose();

    private static bool Ascends(ReadOnlySpan<long> times)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] <= times[i - 1])
            {
                return false;
            }
        }

        return true;
    }

    private static void Gather(SampleBuffer from, SortedDictionary<long, (double Value, NativeHistogram? Histogram)> into)
    {
        var histograms = from.Histograms;
        for (var i = 0; i < from.Count; i++)
        {
            into.TryAdd(from.TimestampsMs[i], (from.Values[i], histograms.IsEmpty ? null : histograms[i]));
        }
    }
}
