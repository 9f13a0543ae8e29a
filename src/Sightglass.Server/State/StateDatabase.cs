using Microsoft.Data.Sqlite;
using Sightglass.Core.Errors;

namespace Sightglass.Server.State;

/// <summary>
/// The SQLite file <c>state.db</c>: what people and alerts changed. One connection, used by one at a time: the state is small and its writes
/// are rare. Write-ahead log; a transaction survives a killed process. On a disk that takes nothing it is read all the same; see decision 0012.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    /// <summary>Its name in the data folder.</summary>
    public const string FileName = "state.db";

    private readonly Lock _gate = new();
    private readonly string _path;
    private SqliteConnection _connection;
    private bool _disposed;

    /// <summary>Opens or creates the file; where it can only be read, a copy of it in memory that takes nothing.</summary>
    /// <exception cref="StorageFailedException">It cannot be opened.</exception>
    public StateDatabase(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        _path = path;
        _connection = Guard(() =>
        {
            try
            {
                return StateFile.Open(path);
            }
            catch (SqliteException e) when (StateFile.IsNotWritable(e))
            {
                IsCopy = true;
                return StateFile.OpenCopy(path);
            }
        });
    }

    /// <summary>Told of each write that failed.</summary>
    public Action<StorageFailedException>? Failed { get; set; }

    /// <summary>Whether what is read is a copy in memory, because the file could not be written when it was last tried.</summary>
    public bool IsCopy { get; private set; }

    /// <summary>Runs <paramref name="work"/> in a transaction.</summary>
    /// <exception cref="StorageFailedException">The file could not be written or read.</exception>
    public void Write(Action<StateCommands> work)
    {
        lock (_gate)
        {
            try
            {
                Guard(() =>
                {
                    TakeUpFile();
                    InTransaction(work);
                    return true;
                });
            }
            catch (StorageFailedException e)
            {
                Failed?.Invoke(e);
                throw;
            }
        }
    }

    /// <summary>
    /// Sees to it that the file has room for itself: free pages within it and a log that is long enough, both of <paramref name="bytes"/>, that are
    /// written over when the disk is full. See decision 0012.
    /// </summary>
    public void Reserve(int bytes)
    {
        lock (_gate)
        {
            try
            {
                if (_disposed || IsCopy || (StateFile.LogBytes(_path) >= bytes && StateFile.FreeBytes(_connection) >= bytes / 2))
                {
                    return;
                }

                InTransaction(c => c.Execute("CREATE TABLE IF NOT EXISTS reserve (room BLOB)"));
                InTransaction(c => c.Execute("INSERT INTO reserve VALUES (zeroblob($bytes))", ("$bytes", bytes)));
                Execute("PRAGMA wal_checkpoint(PASSIVE)");
            }
            catch (SqliteException)
            {
                // The disk has no room to set aside: what is there is what there is.
            }

            Forget();
        }
    }

    private void Forget()
    {
        try
        {
            InTransaction(static c => c.Execute("DROP TABLE IF EXISTS reserve"));
        }
        catch (SqliteException)
        {
            // It goes with the next.
        }
    }

    /// <summary>Goes on with the file where there was only a copy of it: it is tried with every write.</summary>
    private void TakeUpFile()
    {
        if (IsCopy)
        {
            var copy = _connection;
            _connection = StateFile.Open(_path);
            IsCopy = false;
            copy.Dispose();
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
                return true;
            });
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _connection.Dispose();
        }
    }

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new StorageFailedException($"state.db: {e.Message}", e);
        }
    }

    private void Execute(string sql) => new StateCommands(_connection).Execute(sql);
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
