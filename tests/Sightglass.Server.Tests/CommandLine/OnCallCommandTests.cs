using System.Text.Json;
using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class OnCallCommandTests
{
    [Theory]
    [InlineData(null, null, "sightglass/v1/oncall")]
    [InlineData(null, "2026-01-01T00:00:00Z", "sightglass/v1/oncall?at=2026-01-01T00%3A00%3A00Z")]
    [InlineData("a b", "1", "sightglass/v1/oncall/a%20b?from=1")]
    public void The_server_is_asked_for_what_is_said(string? rotation, string? at, string path) => OnCallCommand.Path(rotation, at).ShouldBe(path);

    [Fact]
    public void Rotations_are_lines_and_so_are_shifts()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var rotations = JsonDocument.Parse("""
            {"rotations":[{"name":"first","now":{"person":"ana","to":"2026-01-05T08:00:00Z"},"next":{"person":"ben","from":"2026-01-05T08:00:00Z"}},{"name":"x","now":null,"next":null}]}
            """);
        OnCallCommand.Print(rotations.RootElement, output);
        using var shifts = JsonDocument.Parse("""{"shifts":[{"person":"ana","from":"2026-01-04T08:00:00Z","to":"2026-01-05T08:00:00Z","layer":"","override":"1"}]}""");
        OnCallCommand.Print(shifts.RootElement, output);
        var at = new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero).ToLocalTime().ToString("yyyy-MM-dd HH:mm zzz", System.Globalization.CultureInfo.InvariantCulture);
        var lines = output.ToString().Split('\n');
        lines[0].ShouldBe($"first  ana     until {at}  next ben from {at}");
        lines[1].ShouldBe("x      nobody");
        lines[2].ShouldEndWith($"{at}  ana  override");
    }
}
