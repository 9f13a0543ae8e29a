using Sightglass.Alerting.Rules;

namespace Sightglass.Server.State;

/// <summary>Rule groups written by API, in <c>state.db</c>.</summary>
internal sealed class WrittenRuleStore(StateDatabase database) : IWrittenRuleStore
{
    public IReadOnlyList<WrittenRuleGroup> Load() => database.Read(
        "SELECT namespace, name, text FROM written_rules", static row => new WrittenRuleGroup(row.Text(0), row.Text(1), row.Text(2)));

    public void Save(WrittenRuleGroup group) => database.Write(commands => commands.Execute(
        "INSERT OR REPLACE INTO written_rules VALUES ($namespace, $name, $text)", ("$namespace", group.Namespace), ("$name", group.Name), ("$text", group.Text)));

    public void Delete(IReadOnlyList<WrittenRuleGroup> groups) => database.Write(commands =>
    {
        foreach (var group in groups)
        {
            commands.Execute("DELETE FROM written_rules WHERE namespace = $namespace AND name = $name", ("$namespace", group.Namespace), ("$name", group.Name));
        }
    });
}
