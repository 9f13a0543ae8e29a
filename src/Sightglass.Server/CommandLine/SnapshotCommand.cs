using System.CommandLine;
using System.Text.Json;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Events;
using Sightglass.Events.Deletion;
using Sightglass.Metrics;
using Sightglass.Query.LogQL;
using Sightglass.Query.TraceQL;
using Sightglass.Server.Hosting;
using Sightglass.Server.State;
using Sightglass.Storage;

namespace Sightglass.Server.CommandLine;

/// <summary><c>sightglass snapshot</c>: has a running server make a snapshot, or makes one of a data folder that no server has open.</summary>
internal static class SnapshotCommand
{
    public static Command Build()
    {
        var server = QueryCommand.Server();
        server.Description = "Address of the running server; its server.enable_admin_api has to be on.";
        var data = new Option<string?>("--data") { Description = "Data folder that no server has open; instead of --server." };
        var skipHead = new Option<bool>("--skip-head") { Description = "Leave out what is in memory only." };
        var command = new Command("snapshot", "Make a snapshot of the data, in the folder snapshots of the data folder.") { server, data, skipHead };
        command.SetAction((result, cancellation) => CommandTree.Guarded(async () =>
        {
            var folder = result.GetValue(data);
            Console.WriteLine(folder is null
                ? await AskAsync(result.GetValue(server)!, result.GetValue(skipHead), cancellation)
                : Path.Combine(folder, SnapshotMaker.FolderName, OfStopped(folder, result.GetValue(skipHead))));
            return 0;
        }));
        return command;
    }

    /// <summary>Makes a snapshot of a folder that no server has open, and returns its name.</summary>
    /// <exception cref="StorageFailedException">It is no data folder, is in use, or cannot be read or written.</exception>
    internal static string OfStopped(string path, bool skipHead)
    {
        if (!File.Exists(Path.Combine(path, DataFolder.VersionFile)))
        {
            throw new StorageFailedException($"{path} is no data folder: it has no file {DataFolder.VersionFile}");
        }

        using var folder = DataFolder.Open(path);
        using var state = new StateDatabase(Path.Combine(path, StateDatabase.FileName));

        // Nothing is dropped for its age here: the configuration that says what is kept is not at hand.
        using var metrics = MetricStore.Open(new MetricStoreOptions { Folder = Path.Combine(path, "metrics"), Retention = TimeSpan.Zero, Report = Console.Error.WriteLine });
        using var events = new EventStore(new EventStoreOptions
        {
            Folder = Path.Combine(path, "events"),
            LogRetention = TimeSpan.Zero,
            SpanRetention = TimeSpan.Zero,
            RunInBackground = false,
            DeletionFilter = FilterOf,
            OnCorruption = e => Console.Error.WriteLine(e.Message),
        });
        return new SnapshotMaker(path, metrics, events, state, TimeProvider.System).Make(skipHead);
    }

    /// <summary>Reads the query of a deletion.</summary>
    internal static EventFilter FilterOf(EventSignal signal, string query)
    {
        if (signal == EventSignal.Spans)
        {
            return new EventFilter(static _ => true, TraceQLDeletion.Filter(query));
        }

        var rows = LogQLDeletion.Filter(query);
        return new EventFilter(rows.Streams, rows.Where) { Rows = rows.Rows };
    }

    private static async Task<string> AskAsync(Uri server, bool skipHead, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.ToString().TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        using var answer = await http.PostAsync(new Uri($"api/v1/admin/tsdb/snapshot?skip_head={(skipHead ? "true" : "false")}", UriKind.Relative), null, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new StorageFailedException(QueryErrorText.Of(text, string.Empty, (int)answer.StatusCode));
        }

        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("data").GetProperty("name").GetString()!;
    }
}
