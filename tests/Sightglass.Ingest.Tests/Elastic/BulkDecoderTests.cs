using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Elastic;
using Sightglass.Ingest.Tests.Records;

namespace Sightglass.Ingest.Tests.Elastic;

public sealed class BulkDecoderTests
{
    private const string Filebeat = """
        {"create":{"_index":"filebeat-8.17.0","_id":null}}
        {"@timestamp":"2025-12-31T10:00:00.123Z","message":"GET /","log":{"level":"warn","file":{"path":"/var/log/a"}},"service":{"name":"shop"},"host":{"name":"h1"},"trace":{"id":"5b8efff798038103d269b633813fc60c"},"span":{"id":"eee19b7ec3c1b174"},"http":{"response":{"status_code":500}},"ok":true,"took":1.5,"none":null,"tags":["a","b"]}
        """;

    public static TheoryData<string, string> Documents() => new()
    {
        { Filebeat, "{service_name=shop,hostname=h1} 2025-12-31 10:00:00.123 warn(13) \"GET /\" trace=5b8efff798038103d269b633813fc60c span=eee19b7ec3c1b174 log.file.path=/var/log/a host.name=h1 http.response.status_code=500:Int ok=True:Bool took=1.5:Double tags=[\"a\",\"b\"] index=filebeat-8.17.0" },
        { "{\"index\":{\"_index\":\"i\"}}\n{\"@timestamp\":1767175200,\"log\":\"from fluent bit\",\"level\":30}\n", "{service_name=i} 2025-12-31 10:00:00 info(9) \"from fluent bit\" index=i" },
        { "{\"index\":{\"_index\":\"i\"}}\n{\"@timestamp\":1767175200123.5,\"message\":\"ms\"}", "{service_name=i} 2025-12-31 10:00:00.1235 \"ms\" index=i" },
        { "{\"index\":{\"_index\":\"i\"}}\n{\"@timestamp\":\"soon\",\"message\":\"m\",\"log\":\"l\"}", "{service_name=i} \"m\" @timestamp=soon log=l index=i" },
        { "{\"index\":{\"_index\":\"i\"}}\n{\"log\":\"l\",\"message\":\"m\"}", "{service_name=i} \"m\" log=l index=i" },
        { "{\"index\":{\"_index\":\"i\"}}\n{\"app\":\"a\",\"service.name\":\"b\",\"\\u0061\\u00e9\":\"x\\ny\"}", "{service_name=b} \"{\"app\":\"a\",\"service.name\":\"b\",\"\\u0061\\u00e9\":\"x\\ny\"}\" app=a aé=x\ny index=i" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Documents_become_rows(string body, string row)
    {
        using var batch = new LogBatch();
        Decode(body, batch).Single().Error.ShouldBeNull();
        RowText.Of(batch, 0).ShouldBe(row.Replace("True:Bool", "true:Bool", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_item_has_its_own_fate()
    {
        using var batch = new LogBatch();
        var items = Decode("""
            {"index":{}}
            {"message":"one"}
            {"delete":{"_index":"x","_id":"7"}}
            {"update":{"_id":"8"}}
            {"doc":{}}

            {"create":{"_id":"9"}}
            {"message":
            {"create":{"_id":"10"}}
            {"message":"two"}
            """, batch, "logs");
        items.Select(i => (i.Action, i.Index, i.Id, Ok: i.Error is null)).ShouldBe(
        [
            (BulkAction.Index, "logs", null, true), (BulkAction.Delete, "x", "7", false), (BulkAction.Update, "logs", "8", false),
            (BulkAction.Create, "logs", "9", false), (BulkAction.Create, "logs", "10", true),
        ]);
        batch.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("{\"index\":{\"_index\":\"i\"}}")]
    [InlineData("{\"index\":{}}\n{\"a\":1}")]
    [InlineData("{\"index\":[]}\n{}")]
    [InlineData("{\"frobnicate\":{\"_index\":\"i\"}}\n{}")]
    [InlineData("[]\n{}")]
    [InlineData("hello")]
    public void A_bad_action_line_refuses_the_request(string body)
    {
        using var batch = new LogBatch();
        Should.Throw<MalformedInputException>(() => Decode(body, batch));
    }

    [Fact]
    public void A_document_that_nests_too_deeply_is_refused_alone()
    {
        using var batch = new LogBatch();
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 70)) + "1" + new string('}', 70);
        Decode("{\"index\":{\"_index\":\"i\"}}\n" + deep + "\n{\"index\":{\"_index\":\"i\"}}\n{\"message\":\"fine\"}\n", batch).Count(i => i.Error is null).ShouldBe(1);
        batch.Count.ShouldBe(1);
    }

    [Fact]
    public void Mutated_bodies_are_taken_or_malformed() =>
        Fuzz.OnlyMalformed([.. Documents().Select(d => Encoding.UTF8.GetBytes((string)((object[])d)[0]))], (bytes, batch) =>
        {
            using var decoder = new BulkDecoder(RowText.Options());
            decoder.Decode(bytes, null, batch, RowText.Now);
        });

    private static List<BulkItem> Decode(string body, LogBatch batch, string? index = null)
    {
        using var decoder = new BulkDecoder(RowText.Options());
        return decoder.Decode(Encoding.UTF8.GetBytes(body), index, batch, RowText.Now);
    }
}
