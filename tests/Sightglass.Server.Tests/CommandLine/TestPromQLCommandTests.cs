using Sightglass.Server.CommandLine;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests.CommandLine;

public class TestPromQLCommandTests
{
    [Fact]
    public void Every_file_has_a_line_and_every_failure_its_place()
    {
        using var folder = new TemporaryFolder();
        var good = folder.PathOf("a.test");
        var bad = folder.PathOf("b.test");
        File.WriteAllText(good, "load 1m\n  m 1 2\n\neval instant at 1m m\n  m 2\n");
        File.WriteAllText(bad, "load 1m\n  m 1 2\n\neval instant at 1m m\n  m 3\n");
        using var output = new StringWriter { NewLine = "\n" };
        TestPromQLCommand.Run([good], output, TimeProvider.System, default).ShouldBe(0);
        TestPromQLCommand.Run([folder.FullPath], output, TimeProvider.System, default).ShouldBe(1);
        output.ToString().ShouldBe($"""
            {good}: 1 passed, 0 failed
            {good}: 1 passed, 0 failed
            {bad}: 0 passed, 1 failed
              {bad}:4: m
                expected: m 3 @ 60000 ms
                got:      2 @ 60000 ms

            """.ReplaceLineEndings("\n"));
        Should.Throw<FileNotFoundException>(() => TestPromQLCommand.Run([folder.PathOf("c.test")], output, TimeProvider.System, default));
    }
}
