using System.Text;
using System.Text.Json;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Otlp;
using Sightglass.Ingest.Records;

namespace Sightglass.Ingest.Elastic;

/// <summary>
/// Decodes the body of <c>_bulk</c>: a line with the action, and a line with the document for those that have one. A document that does not parse, or an
/// action that a log does not know, is refused alone; an action line that does not parse leaves no way to tell what follows, and refuses the whole request.
/// </summary>
internal sealed class BulkDecoder(RecordOptions options) : IDisposable
{
    private readonly RecordWriter _writer = new(ElasticFields.Map, options);
    private readonly JsonRecord _json = new();

    // One index follows the other: the last name is kept instead of making a string for each item.
    private string _lastIndex = string.Empty;

    /// <summary>Adds the documents of <paramref name="body"/> to <paramref name="batch"/> and tells what became of each.</summary>
    public List<BulkItem> Decode(ReadOnlySpan<byte> body, string? index, LogBatch batch, long now)
    {
        var items = new List<BulkItem>();
        var count = new ItemCount(options.Limits);
        _writer.Use(batch);
        var number = 0;
        while (NextLine(ref body, ref number, out var line))
        {
            count.Take();
            var item = Action(line, number, index);
            if (item.Action == BulkAction.Delete)
            {
                items.Add(item with { Error = "delete is not supported: logs are not changed one by one" });
                continue;
            }

            if (!NextLine(ref body, ref number, out var document))
            {
                throw new MalformedInputException($"the action of line {number} has no document");
            }

            items.Add(item.Action == BulkAction.Update
                ? item with { Error = "update is not supported: logs are not changed one by one" }
                : item with { Error = Document(document, item.Index, now) });
        }

        return items;
    }

    /// <summary>Adds one document; null, or why it is refused.</summary>
    public string? Single(ReadOnlySpan<byte> document, string index, LogBatch batch, long now)
    {
        _writer.Use(batch);
        return Document(document, index, now);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _json.Dispose();
    }

    private string? Document(ReadOnlySpan<byte> document, string index, long now)
    {
        _writer.Begin(now);
        try
        {
            _json.ReadWhole(document, options.Limits.MaxNestingDepth, _writer);
        }
        catch (MalformedInputException e)
        {
            return e.Message;
        }

        var name = Encoding.UTF8.GetBytes(index);
        _writer.Attribute("index"u8, name);
        _writer.Service(name, int.MaxValue - 1);
        return _writer.End(document);
    }

    private static bool NextLine(ref ReadOnlySpan<byte> body, ref int number, out ReadOnlySpan<byte> line)
    {
        line = default;
        while (body.Length > 0)
        {
            var end = body.IndexOf((byte)'\n');
            line = (end < 0 ? body : body[..end]).TrimEnd((byte)'\r');
            body = end < 0 ? default : body[(end + 1)..];
            number++;
            if (line.TrimStart((byte)' ').Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private BulkItem Action(ReadOnlySpan<byte> line, int number, string? index)
    {
        var json = new Utf8JsonReader(line);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject || !json.Read() || json.TokenType != JsonTokenType.PropertyName)
            {
                throw new MalformedInputException($"action line {number}: want an object with one action");
            }

            BulkAction action = json.ValueTextEquals("create"u8) ? BulkAction.Create
                : json.ValueTextEquals("index"u8) ? BulkAction.Index
                : json.ValueTextEquals("update"u8) ? BulkAction.Update
                : json.ValueTextEquals("delete"u8) ? BulkAction.Delete
                : throw new MalformedInputException($"action line {number}: got \"{json.GetString()}\", want create, index, update or delete");
            string? id = null;
            var into = index;
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw new MalformedInputException($"action line {number}: want an object");
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isIndex = json.ValueTextEquals("_index"u8);
                var isId = json.ValueTextEquals("_id"u8);
                json.Read();
                if (isIndex && json.TokenType == JsonTokenType.String)
                {
                    into = json.ValueTextEquals(_lastIndex) ? _lastIndex : json.GetString()!;
                }
                else if (isId && json.TokenType == JsonTokenType.String)
                {
                    id = json.GetString();
                }
                else
                {
                    json.Skip();
                }
            }

            _lastIndex = into ?? string.Empty;
            return new BulkItem(action, _lastIndex, id, into is null ? throw new MalformedInputException($"action line {number}: index is missing") : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MalformedInputException($"action line {number}: {e.Message}", -1, e);
        }
    }
}
