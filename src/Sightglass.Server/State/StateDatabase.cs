using Microsoft.Data.Sqlite;
using Sightglass.Core.Errors;

namespace Sightglass.Server.State;

/// <summary>
/// The SQLite file <c>state.db</c>: what people and alerts changed. One connection, used by one at a time: the state is small and its writes
/// are rare. Write-ahead log; a transaction survives a killed process.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS alert_states (
            rule_group TEXT NOT NULL, rule TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, state INTEGER NOT NULL, value REAL,
            active_at INTEGER NOT NULL, fired_at INTEGER, resolved_at INTEGER, last_sent_at INTEGER, keep_firing_since INTEGER, saved_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS alert_states_group ON alert_states (rule_group);
        CREATE TABLE IF NOT EXISTS alert_series (
            id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, alertname TEXT NOT NULL, labels TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS alert_series_name ON alert_series (alertname);
        CREATE TABLE IF NOT EXISTS alert_events (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, series INTEGER NOT NULL, alertname TEXT NOT NULL, kind INTEGER NOT NULL,
            actor TEXT NOT NULL, detail TEXT NOT NULL, value REAL, rule_group TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS alert_events_at ON alert_events (at);
        CREATE INDEX IF NOT EXISTS alert_events_series ON alert_events (series, at);
        CREATE INDEX IF NOT EXISTS alert_events_name ON alert_events (alertname, at);
        CREATE TABLE IF NOT EXISTS alert_open (
            fingerprint TEXT NOT NULL, kind INTEGER NOT NULL, detail TEXT NOT NULL, at INTEGER NOT NULL, labels TEXT NOT NULL,
            actor TEXT NOT NULL, value REAL, rule_group TEXT NOT NULL, PRIMARY KEY (fingerprint, kind, detail));
        CREATE TABLE IF NOT EXISTS notifications (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, receiver TEXT NOT NULL, integration TEXT NOT NULL,
            group_key TEXT NOT NULL, group_labels TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, alerts TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS notification_log (
            group_key TEXT NOT NULL, receiver TEXT NOT NULL, at INTEGER NOT NULL, firing TEXT NOT NULL, resolved TEXT NOT NULL, expires_at INTEGER NOT NULL,
            note TEXT NOT NULL DEFAULT '', PRIMARY KEY (group_key, receiver));
        CREATE TABLE IF NOT EXISTS silences (
            id TEXT PRIMARY KEY, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            created_by TEXT NOT NULL, comment TEXT NOT NULL, annotations TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS acknowledgements (
            fingerprint TEXT PRIMARY KEY, labels TEXT NOT NULL, at INTEGER NOT NULL, by_whom TEXT NOT NULL, comment TEXT NOT NULL, expires_at INTEGER);
        CREATE TABLE IF NOT EXISTS oncall_overrides (
            id TEXT PRIMARY KEY, rotation TEXT NOT NULL, person TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
            created_by TEXT NOT NULL, created_at INTEGER NOT NULL, comment TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS escalations (
            id TEXT PRIMARY KEY, policy TEXT NOT NULL, group_key TEXT NOT NULL, started_at INTEGER NOT NULL, state TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS written_rules (
            namespace TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (namespace, name));
        CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        """;

    /// <summary>Its name in the data folder.</summary>
    public const string FileName = "state.db";

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <summary>Opens or creates the file.</summary>
    /// <exception cref="StorageFailedException">It cannot be opened.</exception>
    public StateDatabase(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path }.ToString());
        Guard(() =>
        {
            _connection.Open();
            Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
            Execute(Schema);
            AddColumn("notification_log", "note", "TEXT NOT NULL DEFAULT ''");
        });
    }

    /// <summary>Told of each write that failed.</summary>
    public Action<StorageFailedException>? Failed { get; set; }

    /// <summary>A file of an older version lacks it.</summary>
    private void AddColumn(string table, string column, string type)
    {
        if (Read("SELECT COUNT(*) FROM pragma_table_info($table) WHERE name = $column", static row => row.Long(0), ("$table", table), ("$column", column))[0] == 0)
        {
            Execute($"ALTER TABLE {table} ADD COLUMN {column} {type}");
        }
    }

    /// <summary>Runs <paramref name="work"/> in a transaction.</summary>
    /// <exception cref="StorageFailedException">The file could not be written or read.</exception>
    public void Write(Action<StateCommands> work)
    {
        lock (_gate)
        {
            try
            {
                Guard(() => InTransaction(work));
            }
            catch (StorageFailedException e)
            {
                Failed?.Invoke(e);
                throw;
            }
        }
    }

    /// <summary>
    /// By statements of our own: on a full disk SQLite ends a transaction by itself, and the library's transaction objects would take it for running for
    /// ever after.
    /// </summary>
    private void InTransaction(Action<StateCommands> work)
    {
        Execute("BEGIN");
        try
        {
            work(new StateCommands(_connection));
            Execute("COMMIT");
        }
        catch
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                Execute("ROLLBACK");
            }

            throw;
        }
    }

    /// <summary>Reads all rows of a query.</summary>
    /// <exception cref="StorageFailedException">The file could not be read.</exception>
    public List<T> Read<T>(string sql, Func<StateRow, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var rows = new List<T>();
        lock (_gate)
        {
            try
            {
                using var command = StateCommands.Create(_connection, sql, parameters);
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    rows.Add(read(new StateRow(reader)));
                }
            }
            catch (SqliteException e)
            {
                throw new StorageFailedException($"state.db: {e.Message}", e);
            }
        }

        return rows;
    }

    /// <summary>Copies the database to a new file, as it is between two transactions.</summary>
    /// <exception cref="StorageFailedException">The file could not be written.</exception>
    public void CopyTo(string path)
    {
        lock (_gate)
        {
            Guard(() =>
            {
                // Not pooled: the copy is closed, and complete, on return.
                using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
                copy.Open();
                _connection.BackupDatabase(copy);
            });
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private static void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (SqliteException e)
        {
            throw new StorageFailedException($"state.db: {e.Message}", e);
        }
    }

    private void Execute(string sql)
    {
        using var command = StateCommands.Create(_connection, sql, []);
        command.ExecuteNonQuery();
    }
}

/// <summary>Statements within one transaction.</summary>
internal readonly struct StateCommands(SqliteConnection connection)
{
    public void Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Create(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    internal static SqliteCommand Create(SqliteConnection connection, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this folder; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value switch
            {
                null or double.NaN => DBNull.Value,
                DateTimeOffset time => time.UtcTicks,
                _ => value,
            });
        }

        return command;
    }
}

/// <summary>The row that a reader stands at.</summary>
internal readonly struct StateRow(SqliteDataReader reader)
{
    public string Text(int column) => reader.GetString(column);

    public int Int(int column) => reader.GetInt32(column);

    public long Long(int column) => reader.GetInt64(column);

    /// <summary>SQLite keeps a NaN as NULL.</summary>
    public double Number(int column) => reader.IsDBNull(column) ? double.NaN : reader.GetDouble(column);

    public double? NumberOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);

    public DateTimeOffset Time(int column) => new(reader.GetInt64(column), TimeSpan.Zero);

    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : Time(column);
}
