using BenchmarkDotNet.Attributes;
using Sightglass.Core.Bytes;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.RemoteWrite;

namespace Sightglass.Benchmarks.Micro;

/// <summary>A remote write request of 2000 series with a sample each, decoded; bytes allocated a sample have to be none.</summary>
[MemoryDiagnoser]
public class RequestBenchmarks
{
    private const int Series = 2000;

    private readonly MetricBatch _batch = new();
    private byte[] _request = [];

    [GlobalSetup]
    public void SetUp()
    {
        using var request = new ByteWriter();
        using var series = new ByteWriter();
        using var item = new ByteWriter();
        for (var i = 0; i < Series; i++)
        {
            series.Clear();
            foreach (var label in Shapes.Labels(i))
            {
                item.Clear();
                item.WriteByte((1 << 3) | 2);
                item.WriteString(label.Name);
                item.WriteByte((2 << 3) | 2);
                item.WriteString(label.Value);
                series.WriteByte((1 << 3) | 2);
                series.WriteLengthPrefixed(item.Written);
            }

            item.Clear();
            item.WriteByte((1 << 3) | 1);
            item.WriteDouble(i);
            item.WriteByte(2 << 3);
            item.WriteVarint(Shapes.StartMs);
            series.WriteByte((2 << 3) | 2);
            series.WriteLengthPrefixed(item.Written);
            request.WriteByte((1 << 3) | 2);
            request.WriteLengthPrefixed(series.Written);
        }

        _request = request.Written.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Series)]
    public int DecodeRemoteWrite()
    {
        _batch.Clear();
        RemoteWriteDecoder.Decode(_request, _batch, new Rejections(), IngestLimits.Default);
        return _batch.SampleCount;
    }
}
