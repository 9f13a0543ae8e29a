using Sightglass.Server.Tests.Prometheus;

namespace Sightglass.Server.Tests.Loki;

public sealed class LokiProbesTests
{
    [Fact]
    public async Task A_server_that_serves_is_ready_and_tells_its_level()
    {
        await using var server = await RunningServer.StartAsync(string.Empty);
        (await server.SendAsync(HttpMethod.Get, "/ready")).ShouldBe((200, "ready\n"));
        (await server.SendAsync(HttpMethod.Get, "/log_level")).ShouldBe((200, "{\"message\":\"Current log level is info\"}"));
    }
}
