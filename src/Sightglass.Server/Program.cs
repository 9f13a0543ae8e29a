using Sightglass.Server.CommandLine;

return await CommandTree.Build().Parse(args).InvokeAsync();
