using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>The rooms depend on each other as the architecture says, by project and by namespace.</summary>
public sealed partial class RoomsTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Storage"] = ["Core"],
        ["Metrics"] = ["Core", "Storage"],
        ["Events"] = ["Core", "Storage"],
        ["Query"] = ["Core"],
        ["Ingest"] = ["Core"],
        ["Alerting"] = ["Core", "Query"],
        ["Server"] = ["Core", "Storage", "Metrics", "Events", "Query", "Ingest", "Alerting"],
    };

    public static TheoryData<string> Rooms => [.. Directory.GetDirectories(Path.Combine(SharedInput.RepoRoot, "src"), "Sightglass.*").Select(d => Path.GetFileName(d)["Sightglass.".Length..])];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Project_references_only_what_its_room_may_use(string room)
    {
        var project = XDocument.Load(Path.Combine(Folder(room), $"Sightglass.{room}.csproj"));
        var references = project.Descendants("ProjectReference")
            .Where(r => r.Attribute("ReferenceOutputAssembly")?.Value != "false")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)["Sightglass.".Length..]);
        references.ShouldBeSubsetOf(Allowed[room]);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Sources_name_only_namespaces_of_rooms_below(string room)
    {
        foreach (var file in Directory.EnumerateFiles(Folder(room), "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match match in Using().Matches(File.ReadAllText(file)))
            {
                var used = match.Groups[1].Value;
                (used == room || Allowed[room].Contains(used)).ShouldBeTrue($"{file} uses Sightglass.{used}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_has_a_page(string room) => File.Exists(Path.Combine(Folder(room), "README.md")).ShouldBeTrue();

    private static string Folder(string room) => Path.Combine(SharedInput.RepoRoot, "src", $"Sightglass.{room}");

    [GeneratedRegex(@"^using (?:static )?Sightglass\.([A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}
