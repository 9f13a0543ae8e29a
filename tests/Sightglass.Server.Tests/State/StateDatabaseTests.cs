using Sightglass.Core.Errors;
using Sightglass.Server.State;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.State;

/// <summary>A transaction that fails leaves the database ready for the next.</summary>
public sealed class StateDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<StorageFailedException> _failures = [];
    private readonly StateDatabase _database;

    public StateDatabaseTests() => _database = new StateDatabase(_folder.PathOf("state.db")) { Failed = _failures.Add };

    public static TheoryData<string> Ways => ["ROLLBACK", "COMMIT", "no sql", "PRAGMA max_page_count=1"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void After_a_failure_the_next_transaction_is_as_any_other(string statement)
    {
        for (var i = 0; i < 3; i++)
        {
            Should.Throw<StorageFailedException>(() => _database.Write(c =>
            {
                c.Execute("INSERT INTO keys VALUES ($name, 'lost')", ("$name", $"lost{i}"));
                // As SQLite itself does on a full disk: the transaction is over before anybody has ended it.
                c.Execute(statement);
                c.Execute("INSERT INTO keys VALUES ($name, $value)", ("$name", $"big{i}"), ("$value", new string('x', 1 << 20)));
                c.Execute("COMMIT");
                c.Execute("still no sql");
            }));
        }

        _failures.Count.ShouldBe(3);
        _database.Write(static c => c.Execute("PRAGMA max_page_count=100000"));
        _database.Write(static c => c.Execute("INSERT INTO keys VALUES ('kept', 'x')"));
        _database.Read("SELECT value FROM keys WHERE name = 'kept'", static row => row.Text(0)).ShouldBe(["x"]);
    }

    [Fact]
    public void What_throws_something_else_is_undone_too()
    {
        Should.Throw<FormatException>(() => _database.Write(static c =>
        {
            c.Execute("INSERT INTO keys VALUES ('lost', 'x')");
            throw new FormatException();
        }));
        _failures.ShouldBeEmpty();
        _database.Write(static c => c.Execute("INSERT INTO keys VALUES ('kept', 'x')"));
        _database.Read("SELECT name FROM keys", static row => row.Text(0)).ShouldBe(["kept"]);
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}
