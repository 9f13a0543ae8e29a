using Microsoft.Data.Sqlite;

namespace Sightglass.Server.State;

/// <summary>How <c>state.db</c> is opened, on a disk that takes nothing too. See decision 0012.</summary>
internal static class StateFile
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS alert_states (
            rule_group TEXT NOT NULL, rule TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, state INTEGER NOT NULL, value REAL,
            active_at INTEGER NOT NULL, fired_at INTEGER, resolved_at INTEGER, keep_firing_since INTEGER, saved_at INTEGER NOT NULL);
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

    /// <summary>Codes of SQLite: what they say of the disk.</summary>
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;

    /// <summary>Opens or creates the file and brings its tables up to date.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or has to be changed and cannot.</exception>
    public static SqliteConnection Open(string path)
    {
        try
        {
            // Held alone, its index of the log is in memory: the file beside it that needs room at every opening is not made.
            return Open(path, "EXCLUSIVE", patienceSeconds: 1);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Busy)
        {
            // Somebody looks at it with another program, which is no reason not to start.
            return Open(path, "NORMAL", patienceSeconds: 5);
        }
    }

    /// <summary>Whether the file could not be opened because nothing can be written there.</summary>
    public static bool IsNotWritable(SqliteException e) => e.SqliteErrorCode is ReadOnly or InputOutput or Full or CannotOpen;

    /// <summary>A copy in memory of the file and its log as they can be read.</summary>
    /// <exception cref="SqliteException">They cannot be read.</exception>
    public static SqliteConnection OpenCopy(string path)
    {
        // Without locks, which a disk that is read-only does not give: the data folder is held as it is.
        using var file = Connect($"file:{Uri.EscapeDataString(path)}?mode=ro&vfs=unix-none", 1);
        Execute(file, "PRAGMA locking_mode=EXCLUSIVE");
        var copy = Connect(":memory:", 1);
        try
        {
            file.BackupDatabase(copy);
            UpdateTables(copy);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of pages within the file that hold nothing.</summary>
    public static long FreeBytes(SqliteConnection connection) => Number(connection, "PRAGMA freelist_count") * Number(connection, "PRAGMA page_size");

    /// <summary>Bytes of the log beside the file.</summary>
    public static long LogBytes(string path) => new FileInfo(path + "-wal") is { Exists: true } log ? log.Length : 0;

    private static SqliteConnection Open(string path, string locking, int patienceSeconds)
    {
        var connection = Connect(path, patienceSeconds);
        try
        {
            // The log is begun anew after each 1 MiB, so that a reserve of twice that is enough for it; nothing goes to temporary files.
            Execute(connection, $"PRAGMA locking_mode={locking}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=256; PRAGMA temp_store=MEMORY;");
            UpdateTables(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteConnection Connect(string source, int patienceSeconds)
    {
        // Not pooled: a pool would keep the file, and the lock on it, when it is closed.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = patienceSeconds }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void UpdateTables(SqliteConnection connection)
    {
        Execute(connection, Schema);
        if (Number(connection, "SELECT COUNT(*) FROM pragma_table_info('notification_log') WHERE name = 'note'") == 0)
        {
            // A file of an older version lacks it.
            Execute(connection, "ALTER TABLE notification_log ADD COLUMN note TEXT NOT NULL DEFAULT ''");
        }
    }

    private static void Execute(SqliteConnection connection, string sql) => new StateCommands(connection).Execute(sql);

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = StateCommands.Create(connection, sql, []);
        return (long)command.ExecuteScalar()!;
    }
}
