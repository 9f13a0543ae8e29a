using Microsoft.Data.Sqlite;
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

    [Fact]
    public void The_reserve_is_room_within_the_file_and_its_log()
    {
        _database.Reserve(StateReserve.Bytes);
        new FileInfo(_folder.PathOf("state.db-wal")).Length.ShouldBeGreaterThanOrEqualTo(StateReserve.Bytes);
        Free().ShouldBeGreaterThanOrEqualTo(StateReserve.Bytes);
        var before = new FileInfo(_folder.PathOf("state.db")).Length;
        _database.Reserve(StateReserve.Bytes);
        new FileInfo(_folder.PathOf("state.db")).Length.ShouldBe(before, "once is enough");
        File.Exists(_folder.PathOf("state.db-shm")).ShouldBeFalse();
    }

    [SmallDiskFact]
    public void The_reserve_is_written_to_when_the_disk_is_full_and_kept_over_a_kill()
    {
        using var disk = SmallDisk.Mount(16 << 20);
        using (var database = new StateDatabase(disk.PathOf("state.db")))
        {
            database.Reserve(StateReserve.Bytes);
            disk.LeaveOnly(0);
            Write(database, 0, 500);
            KillAndCopy(disk);
        }

        disk.LeaveOnly(0);
        using var again = new StateDatabase(disk.PathOf("killed.db"));
        again.IsCopy.ShouldBeFalse();
        again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0)).ShouldBe([500]);
        Write(again, 500, 1_000);
    }

    [SmallDiskFact]
    public void Without_a_reserve_a_full_disk_is_read_and_written_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(4 << 20);
        using (var database = new StateDatabase(disk.PathOf("state.db")))
        {
            Write(database, 0, 20);
            KillAndCopy(disk);
        }

        disk.LeaveOnly(0);
        using var again = new StateDatabase(disk.PathOf("killed.db")) { Failed = _failures.Add };
        again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0)).ShouldBe([20]);
        Should.Throw<StorageFailedException>(() => Write(again, 20, 5_000));
        _failures.Count.ShouldBe(1);
        again.Reserve(StateReserve.Bytes);
        disk.MakeRoom();
        var kept = again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0))[0];
        Write(again, 10_000, 10_001);
        again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0)).ShouldBe([kept + 1]);
    }

    [SmallDiskFact]
    public void A_file_that_is_read_only_is_read_from_a_copy_until_it_can_be_written()
    {
        using var disk = SmallDisk.Mount(4 << 20);
        using (var database = new StateDatabase(disk.PathOf("state.db")))
        {
            Write(database, 0, 20);
            KillAndCopy(disk);
        }

        disk.IsReadOnly = true;
        using var again = new StateDatabase(disk.PathOf("killed.db")) { Failed = _failures.Add };
        again.IsCopy.ShouldBeTrue();
        again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0)).ShouldBe([20]);
        Should.Throw<StorageFailedException>(() => Write(again, 20, 21));
        again.Reserve(StateReserve.Bytes);
        disk.IsReadOnly = false;
        Write(again, 20, 21);
        again.IsCopy.ShouldBeFalse();
        again.Read("SELECT COUNT(*) FROM keys", static row => row.Long(0)).ShouldBe([21]);
        _failures.Count.ShouldBe(1);
    }

    [Fact]
    public void What_somebody_else_has_open_is_opened_all_the_same()
    {
        _database.Dispose();
        using var shell = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _folder.PathOf("state.db"), Pooling = false }.ToString());
        shell.Open();
        using var command = shell.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM keys";
        command.ExecuteScalar();
        using var again = new StateDatabase(_folder.PathOf("state.db"));
        Write(again, 0, 1);
        again.IsCopy.ShouldBeFalse();
    }

    private long Free() => _database.Read("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size", static row => row.Long(0))[0];

    private static void Write(StateDatabase database, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            database.Write(c => c.Execute("INSERT INTO keys VALUES ($name, $value)", ("$name", $"{i}"), ("$value", new string('x', 500))));
        }
    }

    /// <summary>What a killed process leaves: the files as they are while it has them open.</summary>
    private static void KillAndCopy(SmallDisk disk)
    {
        disk.MakeRoom();
        foreach (var suffix in (string[])[string.Empty, "-wal"])
        {
            File.Copy(disk.PathOf("state.db" + suffix), disk.PathOf("killed.db" + suffix));
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}
