using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class ServerOptionTests
{
    [Theory]
    [InlineData("http://h:1/x", 0)]
    [InlineData("ftp://h", 1)]
    [InlineData("nothing", 1)]
    public void The_servers_address_is_read(string text, int errors)
    {
        var result = CommandTree.Build().Parse(["query", "promql", "up", "--server", text]);
        result.Errors.Count.ShouldBe(errors);
        if (errors == 0)
        {
            result.GetValue<Uri>("--server").ShouldBe(new Uri(text));
        }
    }
}
