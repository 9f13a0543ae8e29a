using System.Security.Cryptography;
using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Ingest.Elastic;
using Sightglass.Ingest.Fluent;
using Sightglass.Ingest.Gelf;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;
using Sightglass.Ingest.Seq;

namespace Sightglass.Ingest;

/// <summary>
/// Takes decompressed bodies of the HTTP protocols that bring logs only: Elasticsearch's bulk, Seq's events, GELF, Fluentd's HTTP input, the journal's upload.
/// Thread-safe. A body that does not parse is <see cref="Core.Errors.MalformedInputException"/>, a sender over its rate
/// <see cref="Core.Errors.LimitExceededException"/>; single records that are refused are counted in the result.
/// </summary>
public sealed class LogReceiver(LogIntake intake)
{
    private volatile SourceRateLimit _rate = SourceRateLimit.None;
    private volatile byte[][] _seqKeys = [];

    /// <summary>How much one sender may send.</summary>
    public SourceRateLimit Rate
    {
        get => _rate;
        set => _rate = value;
    }

    /// <summary>API keys of which Seq's senders need one; without any they need none.</summary>
    public void SetSeqKeys(IReadOnlyList<string> keys) => _seqKeys = [.. keys.Select(k => SHA256.HashData(Encoding.UTF8.GetBytes(k)))];

    /// <summary>Whether a sender with this key may send Seq's events.</summary>
    public bool IsSeqKey(string key)
    {
        var keys = _seqKeys;
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return keys.Length == 0 || Array.Exists(keys, k => CryptographicOperations.FixedTimeEquals(k, given));
    }

    /// <summary>Takes the body of Elasticsearch's <c>_bulk</c>; <paramref name="index"/> is that of the path, or null.</summary>
    public BulkResult ElasticBulk(ReadOnlySpan<byte> body, string? index, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        using var decoder = new BulkDecoder(Options("elasticsearch"));
        var items = decoder.Decode(body, index, batch, intake.Now);
        return Close(items, batch, body.Length, source);
    }

    /// <summary>Takes one document of Elasticsearch.</summary>
    public BulkResult ElasticDocument(ReadOnlySpan<byte> body, string index, string? id, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        using var decoder = new BulkDecoder(Options("elasticsearch"));
        var wrong = decoder.Single(body, index, batch, intake.Now);
        return Close([new BulkItem(BulkAction.Index, index, id, wrong)], batch, body.Length, source);
    }

    /// <summary>Takes events of Seq, as CLEF or in the older form.</summary>
    public AppendResult Seq(ReadOnlySpan<byte> body, bool clef, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        using var decoder = new ClefDecoder(Options("seq"));
        var rejections = new Rejections();
        if (clef)
        {
            decoder.Decode(body, batch, rejections, intake.Now);
        }
        else
        {
            decoder.DecodeRaw(body, batch, rejections, intake.Now);
        }

        return Store(batch, rejections, body.Length, source);
    }

    /// <summary>Takes GELF messages, one a line.</summary>
    public AppendResult Gelf(ReadOnlySpan<byte> body, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        using var decoder = new GelfDecoder(Options("gelf"));
        var rejections = new Rejections();
        var count = new ItemCount(intake.Limits);
        decoder.Writer.Use(batch);
        while (body.TrimEnd("\r\n \0"u8).Length > 0)
        {
            count.Take();
            var frame = GelfFraming.Instance.Next(body, ended: true, int.MaxValue);
            if (decoder.TryAdd(body.Slice(frame.Start, frame.Length), intake.Now) is { } wrong)
            {
                rejections.Add("invalid_message", $"GELF message: {wrong}");
            }

            body = body[frame.Consumed..];
        }

        return Store(batch, rejections, batch.ArenaBytes, source);
    }

    /// <summary>Takes what Fluentd's HTTP input does: records as JSON or MessagePack, with the tag of the path and, perhaps, a time.</summary>
    public AppendResult Fluent(ReadOnlySpan<byte> body, bool json, string tag, long? timeUnixNano, IngestSource source)
    {
        using var batch = LogBatch.Rent();
        using var decoder = new FluentDecoder(Options("fluentd"));
        var rejections = new Rejections();
        var utf8 = Encoding.UTF8.GetBytes(tag);
        decoder.Use(batch);
        if (json)
        {
            decoder.Json(utf8, body, timeUnixNano, rejections, intake.Now);
        }
        else
        {
            decoder.Binary(utf8, body, timeUnixNano, rejections, intake.Now);
        }

        return Store(batch, rejections, body.Length, source);
    }

    /// <summary>Takes entries of a journal in the export format as they come, to the end of the stream, which may be open for days.</summary>
    public async Task JournalAsync(Stream body, IngestSource source, CancellationToken cancellation)
    {
        var settings = new MessageSettings(() => new JournalDecoder(Options("journald")), Rate);
        using var connection = new FramedConnection(JournalFraming.Instance, () => settings, intake, source);
        await connection.RunAsync(body, cancellation);
    }

    private RecordOptions Options(string job) => intake.Options(job, LabelSet.Empty);

    private AppendResult Store(LogBatch batch, Rejections rejections, long bytes, IngestSource source)
    {
        LogIntake.Admit(source, Rate, batch.Count, bytes);
        return intake.Store(batch, rejections, source);
    }

    private BulkResult Close(List<BulkItem> items, LogBatch batch, long bytes, IngestSource source)
    {
        var rejections = new Rejections();
        foreach (var item in items)
        {
            if (item.Error is { } error)
            {
                rejections.Add("invalid_document", $"document: {error}");
            }
        }

        LogIntake.Admit(source, Rate, batch.Count, bytes);
        var stored = batch.Count > 0 ? intake.Store(batch, rejections, source) : Count(rejections, source);
        return new BulkResult(items, stored.Stored, stored.Rejected > rejections.Items ? stored.FirstReason : null);
    }

    private static AppendResult Count(Rejections rejections, IngestSource source)
    {
        rejections.CountIn(source);
        return new AppendResult(0, (int)rejections.Items, rejections.First);
    }
}
