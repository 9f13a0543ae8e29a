using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Shop.Telemetry;

namespace Shop.Orders;

/// <summary>The orders, in SQLite. Every statement is a span.</summary>
internal sealed class OrderStore
{
    private const string FileName = "orders.db";
    private readonly string _connectionString;
    private readonly TimeProvider _time;

    public OrderStore(ShopOptions options, TimeProvider time)
    {
        _time = time;
        SQLitePCL.Batteries_V2.Init();
        Directory.CreateDirectory(options.Data);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(options.Data, FileName) }.ToString();
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS orders (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                user_id TEXT NOT NULL,
                status TEXT NOT NULL,
                amount_cents INTEGER NOT NULL,
                currency TEXT NOT NULL,
                payment_method TEXT NOT NULL,
                created_at TEXT NOT NULL);
            """;
        command.ExecuteNonQuery();
    }

    public long Insert(OrderRequest order, string userId) => Execute(
        "INSERT",
        "INSERT INTO orders (user_id, status, amount_cents, currency, payment_method, created_at) VALUES ($user, 'pending', $amount, $currency, $method, $created) RETURNING id",
        [("$user", userId), ("$amount", order.AmountCents), ("$currency", order.Currency), ("$method", order.PaymentMethod), ("$created", _time.GetUtcNow().ToString("O"))],
        command => (long)command.ExecuteScalar()!);

    public void SetStatus(long id, string status) => Execute(
        "UPDATE",
        "UPDATE orders SET status = $status WHERE id = $id",
        [("$status", status), ("$id", id)],
        command => command.ExecuteNonQuery());

    public Order? Find(long id) => Execute(
        "SELECT",
        "SELECT id, status, amount_cents, currency, payment_method, created_at FROM orders WHERE id = $id",
        [("$id", id)],
        command =>
        {
            using var row = command.ExecuteReader();
            return row.Read()
                ? new Order(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4), row.GetString(5))
                : null;
        });

    private T Execute<T>(string operation, string sql, ReadOnlySpan<(string Name, object Value)> parameters, Func<SqliteCommand, T> run)
    {
        using var activity = ShopActivity.Source.StartActivity($"{operation} orders", ActivityKind.Client);
        // The current names and the older ones that many dashboards still ask for.
        activity?.SetTag("db.system.name", "sqlite").SetTag("db.system", "sqlite");
        activity?.SetTag("db.query.text", sql).SetTag("db.statement", sql);
        activity?.SetTag("db.namespace", FileName).SetTag("db.collection.name", "orders").SetTag("db.operation.name", operation);
        try
        {
            using var connection = new SqliteConnection(_connectionString);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, value) in parameters)
            {
                command.Parameters.AddWithValue(name, value);
            }

            return run(command);
        }
        catch (SqliteException exception)
        {
            activity.Fail(exception);
            throw;
        }
    }
}
