using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;

namespace Sightglass.Events.Tests;

/// <summary>Makes batches and plans from a seed. Few distinct times, words and keys, so that plans find something and rows collide.</summary>
internal sealed class RandomEvents(int seed, DateTimeOffset now)
{
    public static readonly string[] Keys = ["user.id", "http.status", "latency", "ok", "payload", "nested", "level", "ключ"];
    private static readonly string[] Words = ["error", "timeout", "GET /api/v1/orders", "conn=12", "ünïcode", "user_42", "a-b-c", "x"];

    /// <summary>Streams that stand for all with as many attributes.</summary>
    private static readonly EventStream[] Standing = [.. Enumerable.Range(0, 10).Select(n =>
        new EventStream(new Hash128(1, (ulong)n), ResourceKind.Labels, [.. Enumerable.Range(0, n).Select(i => new EventAttribute($"a{i}", AttributeValue.Of(1L)))], string.Empty))];

    private readonly Random _random = new(seed);

    /// <summary>Bodies are lines as programs write them, with values of attributes in them.</summary>
    private readonly bool _lines = seed % 2 == 0;
    private readonly long _now = (now - DateTimeOffset.UnixEpoch).Ticks * 100;

    public int Next(int max) => _random.Next(max);

    public long Time() => _now - (_random.Next(3) * 86_400_000_000_000L) - (_random.Next(40) * 1_000_000L);

    public LogBatch Logs(int rows)
    {
        var batch = LogBatch.Rent();
        AddOwners(batch);
        for (var i = 0; i < rows; i++)
        {
            var line = _lines ? Line(batch) : string.Empty;
            if (!_lines)
            {
                AddAttributes(batch, _random.Next(5));
            }

            var row = new LogRow
            {
                TimeUnixNano = Time(),
                ObservedTimeUnixNano = _random.Next(2) * Time(),
                Resource = _random.Next(batch.Resources.Count),
                Scope = _random.Next(batch.Scopes.Count + 1) - 1,
                SeverityNumber = (byte)_random.Next(25),
                SeverityText = batch.AddText(Pick(["", "INFO", "WARN"])),
                TraceId = Trace(),
                SpanId = (ulong)_random.Next(3),
                Flags = (uint)_random.Next(2),
                EventName = batch.AddText(Pick(["", "", "login"])),
                DroppedAttributes = (uint)_random.Next(2),
            };
            (row.BodyType, row.BodyBits) = _lines ? (AttributeType.String, batch.AddText(line).Packed) : _random.Next(4) == 0 ? Value(batch) : (AttributeType.String, batch.AddText(Text()).Packed);
            batch.AddRow(row);
        }

        return batch;
    }

    public SpanBatch Spans(int rows)
    {
        var batch = SpanBatch.Rent();
        AddOwners(batch);
        for (var i = 0; i < rows; i++)
        {
            AddAttributes(batch, _random.Next(5));
            var start = Time();
            batch.AddRow(new SpanRow
            {
                TraceId = new TraceId(7, (ulong)_random.Next(1, 30)),
                SpanId = (ulong)_random.NextInt64(1, long.MaxValue),
                ParentSpanId = (ulong)_random.Next(3),
                TraceState = batch.AddText(Pick(["", "a=b"])),
                Name = batch.AddText(Text()),
                Kind = (byte)_random.Next(6),
                StartUnixNano = start,
                EndUnixNano = start + _random.Next(1_000_000),
                StatusCode = (byte)_random.Next(3),
                StatusMessage = batch.AddText(Pick(["", "boom"])),
                Flags = (uint)_random.Next(2),
                Resource = _random.Next(batch.Resources.Count),
                Scope = _random.Next(batch.Scopes.Count + 1) - 1,
                Events = batch.AddText(new byte[_random.Next(4)]),
                Links = batch.AddText(new byte[_random.Next(2)]),
                DroppedAttributes = (uint)_random.Next(2),
                DroppedEvents = (uint)_random.Next(2),
                DroppedLinks = (uint)_random.Next(2),
            });
        }

        return batch;
    }

    public EventPlan Plan(EventSignal signal)
    {
        var (from, to) = (Time(), Time());
        string[] fields = signal == EventSignal.Logs
            ? [EventFields.Time, EventFields.TraceId, EventFields.SpanId, EventFields.Flags, EventFields.ScopeName, EventFields.ScopeVersion, EventFields.DroppedAttributes,
                EventFields.ObservedTime, EventFields.SeverityNumber, EventFields.SeverityText, EventFields.Body, EventFields.EventName]
            : [EventFields.Time, EventFields.TraceId, EventFields.SpanId, EventFields.Flags, EventFields.ParentSpanId, EventFields.TraceState, EventFields.Name, EventFields.Kind,
                EventFields.Duration, EventFields.StatusCode, EventFields.StatusMessage, EventFields.Events, EventFields.Links, EventFields.DroppedEvents, EventFields.DroppedLinks];
        var wanted = Pick(["a", "b", "c"]);
        return new EventPlan
        {
            Signal = signal,
            MinTimeUnixNano = _random.Next(3) == 0 ? Math.Min(from, to) : 0,
            MaxTimeUnixNano = _random.Next(3) == 0 ? Math.Max(from, to) : long.MaxValue,
            Streams = _random.Next(3) == 0 ? s => s.Attributes.Any(a => a.Value.ToString() == wanted) : null,
            Where = Predicate(fields, 0),
            Columns = [.. fields.Select(ColumnRef.Field), new(ColumnScope.Any, "service.name"), new(ColumnScope.Resource, "host"), new(ColumnScope.Scope, "lib"), new(ColumnScope.Attribute, "level")],
            AllAttributes = true,
            Order = (EventOrder)_random.Next(3),
            Limit = _random.Next(3) == 0 ? _random.Next(20) : _random.Next(2) == 0 ? long.MaxValue : 200,
        };
    }

    /// <summary>A plan that counts rows by some columns and by cells of time.</summary>
    public EventPlan FoldedPlan(EventSignal signal)
    {
        var (from, to) = (Time(), Time());
        var (min, max) = (Math.Min(from, to), Math.Max(from, to) + 1);
        string[] fields = signal == EventSignal.Logs ? [EventFields.SeverityNumber, EventFields.SeverityText, EventFields.TraceId] : [EventFields.Kind, EventFields.Name, EventFields.StatusCode];
        ColumnRef[] columns = [.. fields.Select(ColumnRef.Field), new(ColumnScope.Attribute, "level"), new(ColumnScope.Attribute, Pick(Keys))];
        var whole = _random.Next(3) == 0;
        return new EventPlan
        {
            Signal = signal,
            MinTimeUnixNano = whole ? long.MinValue : min,
            MaxTimeUnixNano = whole ? long.MaxValue : max,
            Streams = _random.Next(4) == 0 ? static s => s.Attributes.Count % 2 == 0 : null,
            Where = whole || _random.Next(2) == 0 ? EventPredicate.True : Predicate(fields, 1),
            Columns = [.. columns.Where(_ => _random.Next(whole ? 8 : 2) == 0)],
            Fold = new EventFold
            {
                OriginUnixNano = Time(),
                WidthNano = whole || _random.Next(3) == 0 ? 0 : Math.Max(1, (max - min) / _random.Next(1, 40)),
                Streams = _random.Next(2) == 0 ? static s => Standing[s.Attributes.Count] : null,
                Scopes = _random.Next(2) == 0 ? static _ => null : null,
            },
        };
    }

    private EventPredicate Predicate(string[] fields, int depth) => ((depth > 2 ? 5 : 0) + _random.Next(depth > 2 ? 5 : 10)) switch
    {
        0 => EventPredicate.True,
        1 or 2 => new AndPredicate([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Predicate(fields, depth + 1))]),
        3 when _random.Next(3) == 0 => OneOf(fields),
        3 => new OrPredicate([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Predicate(fields, depth + 1))]),
        4 => new NotPredicate(Predicate(fields, depth + 1)),
        5 => new ExistsPredicate(Column(fields)),
        6 => new ContainsPredicate(Column(fields), Pick(["err", "or", "GET /api", "=1", "timeout after", "user_0", "1.2", ":1", "in 1", " refused", "1", "api", "v1", "user_42", "T", "b"]), _random.Next(2) == 0),
        7 => new MatchesPredicate(Column(fields), _random.Next(2) == 0 ? Re2.Unanchored(Pick(["e.r", "^GET", "1+", "(?i)TIME", "after 0+1", "refused$", "user_[0-9a-f]+0", "\\bin\\b", "[^a]in"])) : Re2.Anchored(Pick(["error", "error|timeout", "us.*"]))),
        _ => new ComparePredicate(Column(fields), (CompareOp)_random.Next(6), Literal()),
    };

    /// <summary>One column equal to one of several values: ids as when whole traces are read, or texts.</summary>
    private OrPredicate OneOf(string[] fields)
    {
        var ids = _random.Next(2) == 0;
        var column = ids ? ColumnRef.Field(EventFields.TraceId) : Column(fields);
        return new OrPredicate([.. Enumerable.Range(0, _random.Next(2, 6)).Select(_ => new ComparePredicate(
            column, CompareOp.Equal, ids ? AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(new TraceId(7, (ulong)_random.Next(1, 60)).ToString())) : AttributeValue.Of(Pick(Words))))]);
    }

    private ColumnRef Column(string[] fields) => _random.Next(6) switch
    {
        0 => ColumnRef.Field(Pick(fields)),
        1 => ColumnRef.Field(fields.Contains(EventFields.Body) ? EventFields.Body : EventFields.Name),
        2 => new ColumnRef(ColumnScope.Resource, Pick(["service.name", "host"])),
        3 => new ColumnRef(ColumnScope.Scope, "lib"),
        4 => new ColumnRef(ColumnScope.Any, Pick(["service.name", "level", "user.id"])),
        _ => new ColumnRef(ColumnScope.Attribute, Pick(Keys)),
    };

    private AttributeValue Literal() => _random.Next(6) switch
    {
        0 => AttributeValue.Of((long)_random.Next(30)),
        1 => AttributeValue.Of(_random.Next(300) / 4.0),
        2 => AttributeValue.Of(_random.Next(2) == 0),
        3 => AttributeValue.OfBytes(AttributeType.Bytes, Convert.FromHexString(new TraceId(7, (ulong)_random.Next(1, 30)).ToString())),
        4 => AttributeValue.Of(Time()),
        _ => AttributeValue.Of(Text()),
    };

    private void AddOwners(EventBatch batch)
    {
        for (var i = 0; i < 3; i++)
        {
            batch.AddAttribute("service.name"u8, AttributeType.String, Encoding.UTF8.GetBytes(Pick(["a", "b", "c"])));
            batch.AddAttribute("host"u8, AttributeType.Int, _random.Next(2));
            batch.EndResource((ResourceKind)_random.Next(2), batch.AddText(Pick(["", "http://schema"])));
        }

        batch.AddAttribute("lib"u8, AttributeType.String, "x"u8);
        batch.EndScope(batch.AddText(Pick(["scope", ""])), batch.AddText("1.0"));
        batch.EndScope(batch.AddText("other"), default, batch.AddText("u"));
    }

    private void AddAttributes(EventBatch batch, int count)
    {
        var start = _random.Next(Keys.Length);
        for (var i = 0; i < count; i++)
        {
            var key = batch.AddText(Keys[(start + i) % Keys.Length]);
            var (type, bits) = Value(batch);
            batch.AddAttribute(key, type, bits);
        }
    }

    /// <summary>Adds attributes of a row and makes the line that says the same.</summary>
    private string Line(EventBatch batch)
    {
        var user = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"user_{_random.Next(50):x4}{_random.Next(20):x4}");
        var (status, latency, count) = (_random.Next(20), _random.Next(300) / 4.0, _random.Next(1000));
        batch.AddAttribute("user.id"u8, AttributeType.String, Encoding.UTF8.GetBytes(user));
        batch.AddAttribute(batch.AddText("http.status"), AttributeType.Int, status);
        if (_random.Next(4) > 0)
        {
            batch.AddAttribute(batch.AddText("latency"), AttributeType.Double, BitConverter.DoubleToInt64Bits(latency));
        }

        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(_random.Next(40) == 0 ? Text() : string.Empty)}{_random.Next(6) switch
        {
            0 => $"GET /api/v1/orders/{count} {status} in {latency}ms user={user}",
            1 => $"{{\"user\":\"{user}\",\"status\":{status},\"took\":{latency}}}",
            2 => $"{Pick(["error", "timeout"])} after {count:d4} of {new Guid(count, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)}.",
            3 => $"connection from 10.1.{_random.Next(256)}.{_random.Next(3)}:{count} refused",
            4 => "timeout",
            _ => $"{Pick(Words)} {Pick(Words)}",
        }}");
    }

    private (AttributeType Type, long Bits) Value(EventBatch batch) => _random.Next(8) switch
    {
        0 => (AttributeType.Int, _random.Next(30)),
        1 => (AttributeType.Double, BitConverter.DoubleToInt64Bits(_random.Next(300) / 4.0)),
        2 => (AttributeType.Bool, _random.Next(2)),
        3 => (AttributeType.Bytes, batch.AddText(new byte[] { 1, 2, (byte)_random.Next(3) }).Packed),
        4 => (AttributeType.Composite, batch.AddText(new byte[] { 0x2a, 0x04, 0x0a, 0x02, 0x18, (byte)_random.Next(9) }).Packed),
        _ => (AttributeType.String, batch.AddText(Text()).Packed),
    };

    private string Text() => _random.Next(5) == 0 ? "" : $"{Pick(Words)} {Pick(Words)}{(_random.Next(3) == 0 ? _random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture) : "")}";

    private TraceId Trace() => _random.Next(2) == 0 ? default : new TraceId(7, (ulong)_random.Next(1, 30));

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
