using BenchmarkDotNet.Attributes;
using Sightglass.Core.Bytes;
using Sightglass.Metrics.Blocks;

namespace Sightglass.Benchmarks.Micro;

/// <summary>A block of 1000 samples, encoded and decoded.</summary>
[MemoryDiagnoser]
public class BlockBenchmarks
{
    private const int Samples = 1000;

    private readonly ByteWriter _target = new(64 << 10);
    private readonly double[] _read = new double[Samples];
    private readonly long[] _readTimes = new long[Samples];
    private double[] _values = [];
    private long[] _times = [];
    private byte[] _block = [];
    private byte[] _column = [];

    [Params("counter", "gauge", "doubles")]
    public string Shape { get; set; } = string.Empty;

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        double counter = 0;
        _values = [.. Enumerable.Range(0, Samples).Select(i => Shape switch { "counter" => counter += random.Next(100), "gauge" => Math.Round(random.NextDouble() * 100, 2), _ => random.NextDouble() })];
        _times = [.. Enumerable.Range(0, Samples).Select(i => 1_767_225_600_000L + (i * 15_000))];
        BlockCodec.Write(_target, _values);
        _block = _target.Written.ToArray();
        _target.Clear();
        TimeCodec.Write(_target, _times);
        _column = _target.Written.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Samples)]
    public int EncodeValues()
    {
        _target.Clear();
        BlockCodec.Write(_target, _values);
        return _target.Length;
    }

    [Benchmark(OperationsPerInvoke = Samples)]
    public bool DecodeValues() => BlockCodec.TryRead(_block, _read);

    [Benchmark(OperationsPerInvoke = Samples)]
    public int EncodeTimes()
    {
        _target.Clear();
        TimeCodec.Write(_target, _times);
        return _target.Length;
    }

    [Benchmark(OperationsPerInvoke = Samples)]
    public bool DecodeTimes() => TimeCodec.TryRead(_column, _readTimes);
}
