using Sightglass.TestKit;

namespace Sightglass.Alerting.Tests;

public sealed class FilePatternTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FilePatternTests()
    {
        foreach (var name in new[] { "a.yml", "b.yml", "c-d.yml", "x[1].yml", "sub/a.yml", "sob/b.yml" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.PathOf(name))!);
            File.WriteAllText(_folder.PathOf(name), string.Empty);
        }
    }

    [Theory]
    [InlineData("a.yml", "a.yml")]
    [InlineData("gone.yml", "")]
    [InlineData("*.yml", "a.yml b.yml c-d.yml x[1].yml")]
    [InlineData("?.yml", "a.yml b.yml")]
    [InlineData("[ab].yml", "a.yml b.yml")]
    [InlineData("[^a].yml", "b.yml")]
    [InlineData("[b-z].yml", "b.yml")]
    [InlineData("[z-b].yml", "")]
    [InlineData("c[\\-x]d.yml", "c-d.yml")]
    [InlineData("x\\[1\\].yml", "x[1].yml")]
    [InlineData("s[ou]b/*.yml", "sob/b.yml sub/a.yml")]
    [InlineData("s*/b.*", "sob/b.yml")]
    public void Wildcards_are_those_of_Go(string pattern, string expected) =>
        string.Join(' ', FilePattern.Expand(pattern, _folder.FullPath).Select(f => Path.GetRelativePath(_folder.FullPath, f))).ShouldBe(expected);

    [Theory]
    [InlineData("[")]
    [InlineData("[a")]
    [InlineData("[]")]
    [InlineData("[a-]")]
    [InlineData("[-a]")]
    [InlineData("a\\")]
    [InlineData("gone/[/x")]
    public void What_is_no_pattern_is_an_error(string pattern) =>
        Should.Throw<FormatException>(() => FilePattern.Expand(pattern, _folder.FullPath)).Message.ShouldStartWith("syntax error in pattern");

    public void Dispose() => _folder.Dispose();
}
