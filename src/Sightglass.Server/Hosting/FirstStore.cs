using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Metrics;
using Sightglass.Query.PromQL;
using Sightglass.Server.Api.Prometheus;
using Sightglass.Server.Configuration;
using Sightglass.Server.RemoteRead;
using Sightglass.Storage;

namespace Sightglass.Server.Hosting;

/// <summary>
/// What the first answer after a start needs: the data folder, the metrics and PromQL over them. Dashboards and whoever was woken ask for these; everything else opens
/// while they are answered.
/// </summary>
internal sealed class FirstStore : IDisposable
{
    private readonly DataFolder _folder;
    private readonly RemoteReadStore _remoteRead;

    private FirstStore(DataFolder folder, ServerConfiguration configuration, TimeProvider time, Action<string> report)
    {
        _folder = folder;
        Limits = configuration.PromQL.Limits;
        Metrics = MetricStore.Open(new MetricStoreOptions
        {
            Folder = Path.Combine(folder.Root, "metrics"),
            Retention = configuration.MetricRetention,
            RetentionRules = configuration.RetentionRules.Metrics,
            Downsampling = configuration.Downsampling,
            MaxExemplars = configuration.MaxExemplars,
            SeriesLimits = configuration.SeriesLimits,
            TimeProvider = time,
            Limits = IngestLimits.Default,
            Report = report,
        });
        _remoteRead = new RemoteReadStore(Metrics, Limits, time);
        PromQL = new PromQLEngine(_remoteRead, Limits, time, configuration.PromQL.Options) { DefaultSubqueryStep = configuration.EvaluationInterval };
        QueryLog = new QueryLog(time, report);
        Follow(configuration);
    }

    /// <summary>Where everything is stored.</summary>
    public string Root => _folder.Root;

    public QueryLimits Limits { get; }

    public MetricStore Metrics { get; }

    /// <summary>Over <see cref="Metrics"/>, and with <c>remote_read</c> over what other servers have.</summary>
    public PromQLEngine PromQL { get; }

    /// <summary>Where PromQL queries are written down, if the configuration says so.</summary>
    public QueryLog QueryLog { get; }

    /// <summary>Takes the data folder and opens the metrics in it.</summary>
    /// <exception cref="StorageFailedException">The folder is in use, or cannot be used.</exception>
    public static FirstStore Open(ServerConfiguration configuration, TimeProvider time, Action<string> report)
    {
        var folder = DataFolder.Open(configuration.DataPath);
        try
        {
            return new FirstStore(folder, configuration, time, report);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Puts a configuration in force while serving.</summary>
    public void Follow(ServerConfiguration configuration)
    {
        PromQL.DefaultSubqueryStep = configuration.EvaluationInterval;
        QueryLog.Path = configuration.QueryLogFile;
        _remoteRead.Update(configuration.RemoteRead);
        Metrics.SeriesLimits = configuration.SeriesLimits;
    }

    public void Dispose()
    {
        _remoteRead.Dispose();
        Metrics.Dispose();
        _folder.Dispose();
    }
}
