using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pushgateway;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Pushgateway;

public sealed class PushgatewayStoreTests : IBatchSink, IDisposable
{
    private static readonly LabelSet Job = LabelSet.Of("job", "x");

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _reports = [];
    private readonly List<string> _appended = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Put_replaces_the_group_and_post_the_families_it_names()
    {
        var store = Open();
        Push(store, "# TYPE a gauge\na 1\nb{l=\"1\"} 2\nb{l=\"2\"} 3\n");
        Push(store, "b 5\nc 6\n", replace: false);
        Shown(store).ShouldBe(["a{job=\"x\"} 1", "b{job=\"x\"} 5", "c{job=\"x\"} 6"]);
        Push(store, "d 7\n");
        Shown(store).ShouldBe(["d{job=\"x\"} 7"]);
        store.Delete(Job);
        store.Groups.ShouldBeEmpty();
    }

    [Fact]
    public void The_grouping_key_wins_over_pushed_labels()
    {
        var store = Open();
        Push(store, "a{job=\"other\",instance=\"own\"} 1\n");
        Shown(store).ShouldBe(["a{instance=\"own\", job=\"x\"} 1"]);
    }

    [Theory]
    [InlineData("a 1 1000\n", "must not have timestamps")]
    [InlineData("a 1\na 2\n", "collected before")]
    [InlineData("a{job=\"1\"} 1\na{job=\"2\"} 2\n", "collected before")]
    [InlineData("a{ 1\n", "line 1")]
    [InlineData("# TYPE t counter\nt 1\n", "t is a Counter")]
    [InlineData("t{instance=\"i\"} 1\n# TYPE t gauge\n", "")]
    public void A_bad_push_changes_nothing_but_the_time_of_the_failure(string body, string reason)
    {
        var store = Open();
        store.Push(LabelSet.Of("job", "x", "instance", "i"), "# TYPE t gauge\nt 1\n"u8, PushFormat.Text, replace: true);
        Push(store, "good 1\n");
        _time.Advance(TimeSpan.FromSeconds(5));
        Should.Throw<MalformedInputException>(() => Push(store, body)).Message.ShouldContain(reason);
        var group = store.Groups.Single(g => g.Key == Job);
        group.Families.Keys.ShouldBe(["good"]);
        group.LastPushSuccessful.ShouldBeFalse();
        (group.LastFailure!.Value - group.LastPush!.Value).ShouldBe(TimeSpan.FromSeconds(5));
        Push(store, "good 2\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Push(store, "good 2\n");
        store.Groups.Single(g => g.Key == Job).LastPushSuccessful.ShouldBeTrue();
    }

    [Fact]
    public void Histograms_and_summaries_are_one_family_each()
    {
        var store = Open();
        Push(store, "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n");
        store.Groups.Single().Families.Keys.Order(StringComparer.Ordinal).ShouldBe(["h", "s"]);
        Push(store, "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 9\nh_sum 3\nh_count 9\n", replace: false);
        store.Groups.Single().Families["h"].Samples.Count.ShouldBe(3);
    }

    [Fact]
    public void Groups_are_there_after_a_restart()
    {
        var store = Open();
        Push(store, "# HELP a what it is\n# TYPE a gauge\na NaN\nb +Inf\n");
        var before = store.Groups.Single();
        var after = Open().Groups.Single();
        (after.Key, after.LastPush, after.LastFailure).ShouldBe((before.Key, before.LastPush, before.LastFailure));
        after.Families["a"].Metadata.ShouldBe(new MetricMetadata("a", MetricType.Gauge, "what it is", string.Empty));
        Shown(Open()).ShouldBe(["a{job=\"x\"} NaN", "b{job=\"x\"} Infinity"]);
        store.Delete(Job);
        Open().Groups.ShouldBeEmpty();
    }

    [Fact]
    public void A_damaged_file_is_set_aside_alone()
    {
        var store = Open();
        Push(store, "a 1\n");
        store.Push(LabelSet.Of("job", "y"), "b 1\n"u8, PushFormat.Text, replace: true);
        File.WriteAllText(Directory.GetFiles(_folder.FullPath, "*.json").Order(StringComparer.Ordinal).First(), "{ torn");
        Open().Groups.Count.ShouldBe(1);
        _reports.ShouldHaveSingleItem().ShouldContain("set aside");
    }

    [Fact]
    public async Task What_is_pushed_is_stored_at_every_interval_and_marked_stale_when_it_is_gone()
    {
        var store = Open();
        await using var exposer = new PushgatewayExposer(store, this, new IngestLedger(_time).Source("scrape", "pushgateway"), TimeSpan.FromSeconds(15), _time, _reports.Add);
        exposer.ExposeOnce();
        _appended.ShouldBeEmpty();
        Push(store, "a 1\n");
        exposer.ExposeOnce();
        var seconds = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        _appended.Order(StringComparer.Ordinal).ShouldBe(["a{job=\"x\"} 1", "push_failure_time_seconds{job=\"x\"} 0", FormattableString.Invariant($"push_time_seconds{{job=\"x\"}} {seconds}")]);
        _appended.Clear();
        store.Delete(Job);
        exposer.ExposeOnce();
        exposer.ExposeOnce();
        _appended.Order(StringComparer.Ordinal).ShouldBe(["a{job=\"x\"} stale", "push_failure_time_seconds{job=\"x\"} stale", "push_time_seconds{job=\"x\"} stale"]);
    }

    [Fact]
    public void Damaged_bodies_are_refused_as_such()
    {
        var store = Open();
        var text = Encoding.UTF8.GetBytes("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 3\nh_count 2\n");
        byte[] protobuf = [24, 0x0a, 6, .. "pbtest"u8, 0x12, 2, .. "hp"u8, 0x18, 1, 0x22, 8, 0x12, 6, 9, 0, 0, 0, 0, 0];
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
        {
            var damaged = (i % 2 == 0 ? text : protobuf).ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                store.Push(Job, damaged.AsSpan(0, random.Next(damaged.Length + 1)), i % 2 == 0 ? PushFormat.Text : PushFormat.Protobuf, replace: true);
            }
            catch (Exception e) when (e is MalformedInputException or LimitExceededException)
            {
            }
        }
    }

    public AppendResult Append(MetricBatch batch)
    {
        for (var i = 0; i < batch.SampleCount; i++)
        {
            _appended.Add(FormattableString.Invariant($"{LabelSet.FromKey(batch.SeriesKey(batch.SampleSeries[i]))} {(SpecialValues.IsStale(batch.SampleValues[i]) ? "stale" : batch.SampleValues[i])}"));
        }

        return AppendResult.All(batch.SampleCount);
    }

    public AppendResult Append(LogBatch batch) => default;

    public AppendResult Append(SpanBatch batch) => default;

    private static void Push(PushgatewayStore store, string body, bool replace = true) => store.Push(Job, Encoding.UTF8.GetBytes(body), PushFormat.Text, replace);

    private static string[] Shown(PushgatewayStore store) =>
    [
        .. store.Groups.SelectMany(static g => g.Families.Values).SelectMany(static f => f.Samples)
            .Select(static s => FormattableString.Invariant($"{s.Labels} {s.Value}")).Order(StringComparer.Ordinal),
    ];

    private PushgatewayStore Open() => new(_folder.FullPath, IngestLimits.Default, _time, _reports.Add);
}
