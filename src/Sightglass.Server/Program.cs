using Sightglass.Server.CommandLine;
using Sightglass.Server.Hosting;

// Serves, as far as one look tells; whoever only asks does not need a server's code.
if (args is [] or ["demo", ..] or [['-', ..], ..])
{
    SightglassServer.Prepare();
}

return ServeArguments.TryRead(args) is { } serve
    ? await CommandTree.Guarded(() => ServeCommand.RunAsync(serve.Read, demo: false, CancellationToken.None))
    : await CommandTree.Build().Parse(args).InvokeAsync();
