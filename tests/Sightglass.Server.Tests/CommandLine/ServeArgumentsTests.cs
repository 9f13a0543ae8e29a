using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Tests.CommandLine;

public sealed class ServeArgumentsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("--config a.yml", true)]
    [InlineData("--data d --listen 127.0.0.1:1 --otlp-grpc h:2 --otlp-http h:3 --config c", true)]
    [InlineData("demo", false)]
    [InlineData("--help", false)]
    [InlineData("--data", false)]
    [InlineData("--data d demo", false)]
    [InlineData("--data d --data e", false)]
    [InlineData("--data --listen", false)]
    [InlineData("--data=d --listen=e", false)]
    [InlineData("--config @file", false)]
    [InlineData("check config", false)]
    public void Nothing_but_a_servers_options_is_read_without_the_tree_of_commands(string line, bool taken) =>
        (ServeArguments.TryRead(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) is not null).ShouldBe(taken);

    [Fact]
    public void Every_option_reaches_the_configuration_as_the_tree_would_have_it()
    {
        string[] line = ["--data", "d", "--listen", "127.0.0.1:1", "--otlp-grpc", "127.0.0.1:2", "--otlp-http", "127.0.0.1:3"];
        var arguments = ServeArguments.TryRead(line);
        arguments.ShouldBe(new ServeArguments(null, "d", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"));
        CommandTree.Build().Parse(line).Errors.ShouldBeEmpty();
        var configuration = arguments!.Read();
        (configuration.DataPath, configuration.Listen, configuration.OtlpGrpc, configuration.OtlpHttp).ShouldBe(("d", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"));
    }
}
