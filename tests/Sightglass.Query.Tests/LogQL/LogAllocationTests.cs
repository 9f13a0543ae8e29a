using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>A metric query may cost objects for each series and page, not for each line.</summary>
public sealed class LogAllocationTests
{
    private const int Pages = 50;
    private const int RowsPerPage = 1000;

    [Theory]
    [InlineData("""sum by (app) (count_over_time({app="a"}[5m]))""", "")]
    [InlineData("""sum by (app) (rate({app="a"} | logfmt | status >= 500 [5m]))""", "status=503 path=/x msg=\"a b\" n=7")]
    [InlineData("""sum by (status) (count_over_time({app="a"} | json [5m]))""", """{"status":200,"user":{"name":"x","id":12},"msg":"hello world"}""")]
    [InlineData("""sum by (m) (bytes_rate({app="a"} | pattern "<_> <m> <_>" [5m]))""", "10.0.0.1 GET /index.html")]
    [InlineData("""sum by (detected_level) (count_over_time({app="a"}[5m]))""", "ts=1 level=warn msg=x")]
    [InlineData("""max by (app) (max_over_time({app="a"} | logfmt | unwrap duration(d) [5m]))""", "d=15ms x=y")]
    public void Lines_cost_no_objects(string query, string line)
    {
        var engine = new LogQLEngine(new RepeatingStore(line), QueryLimits.Default);
        engine.Query(query, 1000, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = engine.Query(query, 1000, CancellationToken.None);
        var perLine = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Pages * RowsPerPage);
        result.Series.Count.ShouldBe(1);
        result.Statistics.LinesProcessed.ShouldBe(Pages * RowsPerPage);

        // What is left is the query's own cost, the fake columns among it; one object for each line would be 24 at least. Values of an unwrap are
        // kept: 16 bytes each, in arrays that double.
        perLine.ShouldBeLessThan(query.Contains("unwrap", StringComparison.Ordinal) ? 70 : 8);
    }

    /// <summary>What a template costs for each line: its output, the values of its functions, and nothing for running it.</summary>
    [Theory]
    [InlineData("""{app="a"} | logfmt | label_format x="{{.m}}-{{.n}}" """, 100)]
    [InlineData("""{app="a"} | logfmt | label_format x="{{ .m | ToUpper }}{{ if eq .n \"7\" }}seven{{ end }}" """, 500)]
    [InlineData("""{app="a"} | logfmt | label_format x="{{ define \"w\" }}{{ $.m }}{{ $y := .n }}{{ $y }}{{ end }}{{ template \"w\" . }}" """, 200)]
    public void Templates_cost_their_output_and_values(string stages, int most)
    {
        var query = $"sum by (x) (count_over_time({stages} [5m]))";
        var engine = new LogQLEngine(new RepeatingStore("m=abcdef n=7 j=[1,2,3]"), QueryLimits.Default);
        engine.Query(query, 1000, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();
        engine.Query(query, 1000, CancellationToken.None);
        var perLine = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Pages * RowsPerPage);
        perLine.ShouldBeLessThan(most);
    }

    private sealed class RepeatingStore(string line) : IEventStore
    {
        public IEventCursor Query(EventPlan plan, CancellationToken cancellation) => new Cursor(plan, Encoding.UTF8.GetBytes(line));

        public AppendResult Append(LogBatch batch) => throw new NotSupportedException();

        public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

        public IReadOnlyList<EventStream> Streams(EventSignal signal, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation) => [];

        public IReadOnlyList<string> AttributeKeys(EventSignal signal, ColumnScope scope, long minTimeUnixNano, long maxTimeUnixNano, CancellationToken cancellation) => [];

        public IReadOnlyList<AttributeValue> ColumnValues(EventSignal signal, ColumnRef column, long minTimeUnixNano, long maxTimeUnixNano, int limit, CancellationToken cancellation) => [];
    }

    private sealed class Cursor : IEventCursor
    {
        private static readonly EventStream Stream = new(new Hash128(1, 2), ResourceKind.Labels, [new EventAttribute("app", AttributeValue.Of("a"))], string.Empty);
        private readonly int _pages;
        private int _page;

        public Cursor(EventPlan plan, byte[] line)
        {
            // The rows have no severity number, and the only condition that comes here asks for one or for none.
            _pages = plan.Where is ComparePredicate { Op: CompareOp.NotEqual } ? 0 : Pages;
            plan.Streams!(Stream).ShouldBeTrue();
            foreach (var column in plan.Columns)
            {
                var values = new EventColumn();
                for (var i = 0; i < RowsPerPage; i++)
                {
                    if (column.Name == EventFields.Body)
                    {
                        values.Add(AttributeType.String, line);
                    }
                    else
                    {
                        values.Add(AttributeType.None, 0);
                    }
                }

                Page.Columns.Add(values);
            }

            for (var i = 0; i < RowsPerPage; i++)
            {
                Page.TimesUnixNano.Add(500);
                Page.Streams.Add(Stream);
                Page.Scopes.Add(null);
            }
        }

        public EventPage Page { get; } = new();

        public bool Next() => _page++ < _pages;

        public void Dispose()
        {
        }
    }
}
