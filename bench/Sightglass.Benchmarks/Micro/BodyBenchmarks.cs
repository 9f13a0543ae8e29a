using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Events.Columns;
using Sightglass.Events.Querying;

namespace Sightglass.Benchmarks.Micro;

/// <summary>The bodies of a block of 16,384 log records: written, read whole, one text read, and a phrase looked for.</summary>
[MemoryDiagnoser]
public class BodyBenchmarks
{
    private const int Rows = 16 << 10;

    private readonly ByteWriter _target = new(4 << 20);
    private readonly ColumnEncoder _encoder = new(3);
    private readonly RowBitmap _all = RowBitmap.All(Rows);
    private readonly ContainsTest _phrase = new("deadline exceeded", ignoreCase: false);
    private ValueVector _values = ValueVector.Constant(1, AttributeType.Int, 0);
    private byte[] _stored = [];

    [Params("templates", "plain")]
    public string Shape { get; set; } = string.Empty;

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        var builder = new ValueBuilder();
        for (var i = 0; i < Rows; i++)
        {
            builder.Add(AttributeType.String, Encoding.UTF8.GetBytes(Line(random)));
        }

        _values = builder.View();
        Encode();
        _stored = _target.Written.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Encode()
    {
        _target.Clear();
        _encoder.Encode(_values, null, Rows, _target, Shape == "templates" ? TemplateCut.Words : TemplateCut.None);
        return _target.Length;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int DecodeAll() => Column().Values.Count;

    [Benchmark]
    public int DecodeOne()
    {
        Column().Read(Rows / 2, out _, out var text);
        return text.Length;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int FindPhrase() => ColumnScan.Run(Column(), false, _phrase, _all).PopCount();

    private ColumnView Column() => ColumnDecoder.TryDecode(_stored, Rows, null, _stored, static _ => null, static detail => throw new InvalidOperationException(detail))!;

    private static string Line(Random random)
    {
        var (a, b) = (random.Next(1_000_000), random.Next(100));
        return random.Next(5) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"GET /api/v1/orders/{a} 200 in {a / 100.0}ms"),
            1 => string.Create(CultureInfo.InvariantCulture, $"{{\"method\":\"GET\",\"status\":{b + 200},\"user\":\"usr_{a:x8}\",\"took\":{b / 8.0}}}"),
            2 => string.Create(CultureInfo.InvariantCulture, $"Connection from 10.1.{b}.{a % 256}:{a % 65536} refused, attempt {b}"),
            3 => string.Create(CultureInfo.InvariantCulture, $"Call to orders failed: deadline exceeded after {b} ms"),
            _ => string.Create(CultureInfo.InvariantCulture, $"Published {new Guid(a, 1, 2, 3, 4, 5, 6, 7, 8, 9, (byte)b)} to orders.v1"),
        };
    }
}
