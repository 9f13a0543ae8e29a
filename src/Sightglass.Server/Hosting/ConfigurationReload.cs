using Sightglass.Alerting;
using Sightglass.Server.Configuration;

namespace Sightglass.Server.Hosting;

/// <summary>How the last reading of the configuration went.</summary>
/// <param name="Succeeded">False when the file had an error and the configuration before it is in force.</param>
/// <param name="LoadedAt">When the configuration in force was read.</param>
internal sealed record ReloadState(bool Succeeded, DateTimeOffset LoadedAt);

/// <summary>
/// Reads the configuration again and puts it in force, all of it or nothing: rules, scrape jobs, the Alertmanager's configuration, followed
/// files. What only a start can change is refused when it changed. Thread-safe; one reload at a time.
/// </summary>
internal sealed class ConfigurationReload(Func<ServerConfiguration> read, Engines engines) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Reads and puts in force; null, or why the configuration before stays in force.</summary>
    public async Task<string?> RunAsync()
    {
        await _one.WaitAsync();
        try
        {
            var next = await Task.Run(read);
            if (RefusedChange(engines.Configuration, next) is { } refused)
            {
                engines.ReloadFailed();
                return $"{refused} cannot change without a restart";
            }

            await engines.ApplyAsync(next);
            return null;
        }
        catch (Exception e) when (e is AlertingConfigurationException or FormatException or IOException or UnauthorizedAccessException)
        {
            engines.ReloadFailed();
            return e.Message;
        }
#pragma warning disable CA1031 // A signal has nobody who would see what was thrown, and a reload that failed unseen is believed in.
        catch (Exception e)
#pragma warning restore CA1031
        {
            engines.ReloadFailed();
            return $"unexpected {e.GetType().Name}: {e.Message}";
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>The first setting that differs and is used only at the start; null when there is none.</summary>
    private static string? RefusedChange(ServerConfiguration now, ServerConfiguration next)
    {
        (string Name, object Now, object Next)[] fixedAtStart =
        [
            ("server.listen", now.Listen, next.Listen),
            ("server.external_url", now.ExternalUrl?.ToString() ?? string.Empty, next.ExternalUrl?.ToString() ?? string.Empty),
            ("server.otlp_grpc", now.OtlpGrpc, next.OtlpGrpc),
            ("server.otlp_http", now.OtlpHttp, next.OtlpHttp),
            ("server.enable_lifecycle", now.EnableLifecycle, next.EnableLifecycle),
            ("server.enable_admin_api", now.EnableAdminApi, next.EnableAdminApi),
            ("storage.path", now.DataPath, next.DataPath),
            ("storage.retention.metrics", now.MetricRetention, next.MetricRetention),
            ("storage.retention.logs", now.LogRetention, next.LogRetention),
            ("storage.retention.traces", now.TraceRetention, next.TraceRetention),
            ("storage.exemplars", now.MaxExemplars, next.MaxExemplars),
            ("promql", ConfigurationDifference.SectionText(now, "promql"), ConfigurationDifference.SectionText(next, "promql")),
        ];
        return fixedAtStart.FirstOrDefault(s => !s.Now.Equals(s.Next)).Name;
    }
}
