using Sightglass.Alerting;
using Sightglass.Ingest.Aggregation;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Tests.Configuration;

public sealed class MetricPipelineReaderTests
{
    [Fact]
    public void Without_the_block_nothing_happens()
    {
        ConfigurationLoader.Load("/etc/c.yml", "{}").MetricPipeline.ShouldBe(MetricPipelineConfiguration.Default);
        ConfigurationLoader.Load("/etc/c.yml", "pipelines: { redact_secrets: true }").MetricPipeline.ShouldBe(MetricPipelineConfiguration.Default);
    }

    [Fact]
    public void Everything_that_may_be_said_is_read()
    {
        var read = Read("""
                relabel_configs:
                - { action: labeldrop, regex: pod_uid }
                aggregation:
                  keep_input: true
                  drop_input: true
                  rules:
                  - name: one
                    match: ['a{b="c"}', '{__name__=~"d.*"}']
                    interval: 2m30s
                    by: [job, __name__, env, job]
                    outputs: [total, "quantiles(0, 0.5,1)"]
                    staleness_interval: 10m
                    ignore_first_sample_interval: 0s
                    ignore_old_samples: true
                    ignore_first_intervals: 2
                    flush_on_shutdown: false
                    no_align_flush_to_interval: true
                    dedup_interval: 30s
                    drop_input_labels: [x]
                    input_relabel_configs: [{ action: drop, source_labels: [y], regex: z }]
                    output_relabel_configs: [{ target_label: agg, replacement: "1" }]
                    enable_windows: false
                  - { match: e, interval: 1s, outputs: [avg], keep_metric_names: true, without: [pod] }
            """);
        (read.Relabel.Count, read.KeepInput, read.DropInput, read.Aggregation.Count).ShouldBe((1, true, true, 2));
        var one = read.Aggregation[0];
        (one.Name, one.Match.Count, one.Interval, one.IntervalText).ShouldBe(("one", 2, TimeSpan.FromSeconds(150), "2m30s"));
        one.By.ShouldBe(["env", "job"]);
        one.Outputs.Select(o => o.Name).ShouldBe(["total", "quantiles"]);
        one.Outputs[1].Quantiles.ShouldBe([0, 0.5, 1]);
        (one.StalenessInterval, one.IgnoreFirstSampleInterval, one.DedupInterval).ShouldBe((TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        (one.IgnoreOldSamples, one.IgnoreFirstIntervals, one.FlushOnShutdown, one.NoAlignFlushToInterval).ShouldBe((true, 2, false, true));
        (one.DropInputLabels.Count, one.InputRelabel.Count, one.OutputRelabel.Count).ShouldBe((1, 1, 1));
        var two = read.Aggregation[1];
        (two.Name, two.KeepMetricNames, two.StalenessInterval, two.IgnoreFirstSampleInterval, two.FlushOnShutdown).ShouldBe(("rule 2", true, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), true));
        two.Without.ShouldBe(["pod"]);
        two.Fingerprint.ShouldNotBe(one.Fingerprint);
    }

    [Theory]
    [InlineData("{ outputs: [avg] }", "an aggregation needs interval")]
    [InlineData("{ interval: 1m }", "an aggregation needs outputs")]
    [InlineData("{ interval: 500ms, outputs: [avg] }", "interval: want at least 1s")]
    [InlineData("{ interval: 0s, outputs: [avg] }", "interval: want more than 0s")]
    [InlineData("{ interval: 1m, outputs: [average] }", "outputs: got \"average\", want some of avg, count_samples")]
    [InlineData("{ interval: 1m, outputs: [avg, avg] }", "outputs: avg stands there twice")]
    [InlineData("{ interval: 1m, outputs: [histogram_bucket] }", "histogram_bucket is not offered")]
    [InlineData("{ interval: 1m, outputs: ['quantiles(2)'] }", "want numbers from 0 to 1")]
    [InlineData("{ interval: 1m, outputs: ['quantiles()'] }", "want numbers from 0 to 1")]
    [InlineData("{ interval: 1m, outputs: [avg], by: [a], without: [b] }", "without: cannot be set together with by")]
    [InlineData("{ interval: 1m, outputs: [avg, max], keep_metric_names: true }", "keep_metric_names: the results of several outputs")]
    [InlineData("{ interval: 1m, outputs: [avg], staleness_interval: 30s }", "staleness_interval: want at least as much as interval")]
    [InlineData("{ interval: 1m, outputs: [avg], dedup_interval: 25s }", "dedup_interval: interval has to be a multiple of it")]
    [InlineData("{ interval: 1m, outputs: [avg], match: 'a{' }", "match: a{: ")]
    [InlineData("{ interval: 1m, outputs: [avg], enable_windows: true }", "enable_windows: not offered")]
    [InlineData("{ interval: 1m, outputs: [avg], ignore_first_intervals: -1 }", "ignore_first_intervals: got -1")]
    [InlineData("{ interval: 1m, outputs: [avg], intervall: 1m }", "unknown key \"intervall\"")]
    public void What_is_wrong_is_told_with_its_line(string rule, string error)
    {
        var e = Should.Throw<AlertingConfigurationException>(() => Read($"    aggregation: {{ rules: [{rule}] }}"));
        e.Message.ShouldContain(error);
        e.Message.ShouldContain("3");
    }

    private static MetricPipelineConfiguration Read(string metrics) => ConfigurationLoader.Load("/etc/c.yml", "pipelines:\n  metrics:\n" + metrics).MetricPipeline;
}
