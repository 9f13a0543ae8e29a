using Sightglass.Alerting;
using Sightglass.Ingest.Pipeline;
using Sightglass.Metrics.Limits;

namespace Sightglass.Server.Configuration;

/// <summary>Reads the block <c>limits</c>: what senders may bring.</summary>
internal static class LimitsReader
{
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static SeriesLimits Read(YamlSection? section)
    {
        var limits = SeriesLimits.Default;
        if (section is null)
        {
            return limits;
        }

        if (section.Section("metrics") is { } metrics)
        {
            limits = new SeriesLimits
            {
                MaxActiveSeries = Count(metrics, "max_active_series", limits.MaxActiveSeries),
                MaxActiveSeriesPerSender = Count(metrics, "max_active_series_per_sender", limits.MaxActiveSeriesPerSender),
                MaxActiveSeriesPerMetric = Count(metrics, "max_active_series_per_metric", limits.MaxActiveSeriesPerMetric),
                MaxValuesPerLabel = Count(metrics, "max_values_per_label", limits.MaxValuesPerLabel),
                MaxNewSeriesPerMinute = Count(metrics, "max_new_series_per_minute", limits.MaxNewSeriesPerMinute),
                NewSeriesBurst = Count(metrics, "new_series_burst", limits.NewSeriesBurst),
            };
            metrics.RejectUnknown();
        }

        if (section.Section("logs") is { } logs)
        {
            Count(logs, "max_active_streams", 0);
            logs.RejectUnknown();
        }

        section.RejectUnknown();
        return limits;
    }

    /// <summary>How many streams of logs may be active in one tenant.</summary>
    /// <exception cref="AlertingConfigurationException">Something in it is not as it has to be.</exception>
    public static int Streams(YamlSection? section) =>
        section?.Section("logs") is { } logs ? Count(logs, "max_active_streams", PipelineConfiguration.DefaultMaxActiveStreams) : PipelineConfiguration.DefaultMaxActiveStreams;

    private static int Count(YamlSection section, string key, int otherwise)
    {
        var value = section.Integer(key) ?? otherwise;
        return value is >= 0 and <= int.MaxValue ? (int)value : throw section.Error(key, $"{key}: got {value}, want 0 (no limit) to {int.MaxValue}");
    }
}
